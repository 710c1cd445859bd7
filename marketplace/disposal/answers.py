"""What the database answers to a bid, and how that is told."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused

HIGHEST_LIMIT = 10**17  # minor units


class Outcome(StrEnum):
    """What the database said to a bid. The first ones are in the book; those from NO_PADDLE on are not: nobody to book them for, or their amount would be told."""

    ACCEPTED = "ACCEPTED"
    MATCHED = "MATCHED"
    RAISED = "RAISED"
    TOO_LOW = "TOO_LOW"
    TOO_HIGH = "TOO_HIGH"
    LEADING = "LEADING"
    NOT_OPEN = "NOT_OPEN"
    CLOSED = "CLOSED"
    SEALED = "SEALED"
    SEALED_ALREADY = "SEALED_ALREADY"
    OPENED = "OPENED"
    OPENED_ALREADY = "OPENED_ALREADY"
    SEAL_WRONG = "SEAL_WRONG"
    NO_ENVELOPE = "NO_ENVELOPE"
    NOT_TAKER = "NOT_TAKER"
    NO_PADDLE = "NO_PADDLE"
    NOT_ALLOWED = "NOT_ALLOWED"
    SIGNED_OUT = "SIGNED_OUT"
    KEY_REUSED = "KEY_REUSED"
    UNKNOWN = "UNKNOWN"
    ENVELOPES = "ENVELOPES"
    NO_ENVELOPES = "NO_ENVELOPES"
    BARGAINS = "BARGAINS"
    PAUSED = "PAUSED"


class Answer(NamedTuple):
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
        return self.outcome in TAKEN


TAKEN = frozenset({Outcome.ACCEPTED, Outcome.MATCHED, Outcome.RAISED, Outcome.SEALED, Outcome.OPENED})
ENVELOPE_REFUSALS = {
    Outcome.SEALED_ALREADY: "Your envelope is handed in already: a sealed bid binds, and is not taken back.",
    Outcome.OPENED_ALREADY: "Your envelope is open already.",
    Outcome.SEAL_WRONG: "This amount and salt do not open the envelope that you handed in.",
    Outcome.NO_ENVELOPE: "You handed in no envelope.",
    Outcome.NOT_TAKER: "The last word is with the bidder who stopped the clock.",
    Outcome.ENVELOPES: "Bids are sealed here: hand in an envelope.",
    Outcome.NO_ENVELOPES: "This kind of sale has no envelopes.",
    Outcome.BARGAINS: "Prices are agreed in rooms here: make an offer in yours.",
}


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
        case outcome if outcome in TAKEN:
            return None
        case outcome if outcome in ENVELOPE_REFUSALS:
            return Conflict(outcome.value.lower(), ENVELOPE_REFUSALS[outcome])
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
        case Outcome.PAUSED:
            return Conflict("sale_paused", "The sale stands still. Its page says when bidding goes on.")
        case Outcome.KEY_REUSED:
            return Conflict("idempotency_key_reused", "This idempotency key came with another request before.")
        case Outcome.UNKNOWN:
            return NotFound("auction_unknown", "There is no such auction.")
        case Outcome.NOT_ALLOWED:
            return NotAllowed("not_allowed", "Your role does not allow this.", capability="place_bid")
    return NotAllowed("bidder_not_admitted", "A bid needs a deposit and admission to this sale.")


def _told(money: Money | None) -> object:
    return {"minor": money.minor, "currency": money.currency} if money else "–"
