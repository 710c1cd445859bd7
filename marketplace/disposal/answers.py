"""What the database answers to a bid, and how that is told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused

HIGHEST_LIMIT = 10**17  # minor units


class Outcome(StrEnum):
    """What the database said to a bid. The first seven are in the book; the others have no paddle to be booked under."""

    ACCEPTED = "ACCEPTED"
    RAISED = "RAISED"
    TOO_LOW = "TOO_LOW"
    TOO_HIGH = "TOO_HIGH"
    LEADING = "LEADING"
    NOT_OPEN = "NOT_OPEN"
    CLOSED = "CLOSED"
    NO_PADDLE = "NO_PADDLE"
    NOT_ALLOWED = "NOT_ALLOWED"
    SIGNED_OUT = "SIGNED_OUT"
    KEY_REUSED = "KEY_REUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a bid, and how the auction stands after it. Amounts in minor units; `hash` is the bid's link in the chain. `leads`: whether its bidder
    does now; a bid may be taken and outdone at once by a rival's limit.
    """

    outcome: Outcome
    sequence: int | None
    paddle: int | None
    amount_minor: int
    at: datetime | None
    standing_minor: int | None
    lowest_minor: int | None
    ends_at: datetime | None
    hash: bytes | None
    version: int | None
    leads: bool

    @property
    def accepted(self) -> bool:
        return self.outcome in (Outcome.ACCEPTED, Outcome.RAISED)


def require_limit(amount: Money, limit: Money | None) -> None:
    """Refuse a limit in another currency, below the bid, or so high that it can only be a slip of the finger."""
    if limit is None:
        return
    if limit.currency != amount.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="limit", currency=amount.currency)
    if limit < amount or limit.minor <= 0:
        raise Invalid("limit_below_bid", "The limit is below the bid.", field="limit")
    if limit.minor > HIGHEST_LIMIT:
        raise Invalid("bid_too_high", "This is more than any bid can be. Check the figure.", field="limit")


def refusal(answer: Answer, currency: str) -> Refused | None:
    """Why a bid does not stand, in words; None where it does."""
    lowest = Money(answer.lowest_minor, currency) if answer.lowest_minor is not None else None
    match answer.outcome:
        case Outcome.ACCEPTED | Outcome.RAISED:
            return None
        case Outcome.TOO_LOW:
            return Conflict(
                "bid_too_low", "The next bid must be at least %(least)s.", field="amount", least=_told(lowest)
            )
        case Outcome.TOO_HIGH:
            return Conflict("bid_too_high", "This is more than ten times the next bid of %(least)s. Check the figure.",
                            field="amount", least=_told(lowest))  # fmt: skip
        case Outcome.LEADING:
            return Conflict("already_leading", "You lead already.", field="amount")
        case Outcome.NOT_OPEN:
            return Conflict("sale_not_open", "The sale has not begun.")
        case Outcome.CLOSED:
            return Conflict("sale_ended", "The sale has ended.")
        case Outcome.KEY_REUSED:
            return Conflict("idempotency_key_reused", "This idempotency key came with another request before.")
        case Outcome.UNKNOWN:
            return NotFound("auction_unknown", "There is no such auction.")
        case Outcome.NOT_ALLOWED:
            return NotAllowed("not_allowed", "Your role does not allow this.", capability="place_bid")
    return NotAllowed("bidder_not_admitted", "A bid needs a deposit and admission to this sale.")


def _told(money: Money | None) -> object:
    return {"minor": money.minor, "currency": money.currency} if money else "–"
