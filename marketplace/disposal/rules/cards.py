"""A deposit by card: the card's bank holds the amount for about a week, and it is taken only where the bidder wins. For a sale that ends later than
a hold lasts it is taken at once, and paid back to the card where the bidder does not win.

The state here follows two others, the provider's and the ledger of deposits, and never leads: whatever news come, in whatever order and however often,
the next step is told by what stands on both sides now. So every order of the same news ends in the same state.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.money import Money
from marketplace.states import Actor, Machine, step
from tenants.errors import Conflict

# The usual life of an uncaptured card payment; each hold tells its own, which may be shorter.
HOLD = timedelta(days=7)
# Between the end of a sale and the end of a hold: bids that move the end, and somebody who has to look into it.
MARGIN = timedelta(days=1)
# Eight digits is the most that a card payment can be.
MOST_MINOR = 99_999_999


class CardState(StrEnum):
    """Where a deposit by card stands. REFUSED: the hold came but would not do, and was let go."""

    OPENED = "OPENED"
    HELD = "HELD"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    EXPIRED = "EXPIRED"
    REFUSED = "REFUSED"
    LAPSED = "LAPSED"


class Seen(StrEnum):
    """What the provider says. GONE: never paid, let go, or run out."""

    AWAITED = "AWAITED"
    HELD = "HELD"
    CAPTURED = "CAPTURED"
    REFUNDED = "REFUNDED"
    GONE = "GONE"


class Unfit(StrEnum):
    """Why a hold will not do."""

    AMOUNT = "AMOUNT"
    PAID_ALREADY = "PAID_ALREADY"
    SALE_ENDED = "SALE_ENDED"
    TOO_SHORT = "TOO_SHORT"


_C, _SYSTEM = CardState, Actor.SYSTEM
CARD = Machine[CardState](
    "Deposit by card",
    step(None, "open", _C.OPENED, Actor.BUYER, Actor.CORE_ENTERPRISE),
    step(_C.OPENED, "hold", _C.HELD, _SYSTEM),
    step(_C.OPENED, "refuse", _C.REFUSED, _SYSTEM),
    step(_C.OPENED, "expire", _C.EXPIRED, _SYSTEM),
    step(_C.HELD, "capture", _C.CAPTURED, _SYSTEM),
    step(_C.HELD, "release", _C.RELEASED, _SYSTEM),
    step(_C.HELD, "lapse", _C.LAPSED, _SYSTEM),
    step(_C.CAPTURED, "refund", _C.REFUNDED, _SYSTEM),
)
LIVE = (CardState.OPENED, CardState.HELD, CardState.CAPTURED)


def is_taken_at_once(ends_at: datetime, now: datetime) -> bool:
    """Whether a sale ends later than a hold that begins now would last."""
    return ends_at + MARGIN > now + HOLD


def require_card_fits(deposit: Money) -> None:
    """Refuse a card for a deposit that no card payment can be."""
    if not 0 < deposit.minor <= MOST_MINOR:
        raise Conflict("card_amount_wrong", "This deposit is too large for a card. Transfer it instead.")


def unfit(
    held: Money, asked: Money, *, in_already: bool, over: bool, ends_at: datetime, lapses_at: datetime | None
) -> Unfit | None:
    """Why this hold cannot be the deposit; None where it can. `lapses_at`: None where the amount was taken."""
    if held != asked:
        return Unfit.AMOUNT
    if in_already:
        return Unfit.PAID_ALREADY
    if over:
        return Unfit.SALE_ENDED
    return Unfit.TOO_SHORT if lapses_at is not None and lapses_at < ends_at + MARGIN else None


def next_step(state: CardState, seen: Seen, outcome: DepositState | None, *, over: bool, lapses_soon: bool) -> str | None:  # fmt: skip
    """The step that is due (an action of `CARD`), or None. `outcome`: how the ledger let the deposit go, None while it has not.

    What the ledger applies or forfeits is taken; what it returns is let go, or paid back where it was taken. A hold about to lapse
    undecided is taken too, so that no winner's default finds an empty deposit; a loser's comes back as a refund then.
    """
    if state is CardState.OPENED:
        if seen is Seen.AWAITED:
            return "expire" if over else None
        return "expire" if seen in (Seen.GONE, Seen.REFUNDED) else "hold"
    if state is CardState.HELD:
        return _of_a_hold(seen, outcome, lapses_soon)
    if state is CardState.CAPTURED:
        return "refund" if outcome is DepositState.RETURNED or seen is Seen.REFUNDED else None
    return None


def _of_a_hold(seen: Seen, outcome: DepositState | None, lapses_soon: bool) -> str | None:
    if seen in (Seen.CAPTURED, Seen.REFUNDED):
        return "capture"
    if seen is not Seen.HELD:
        return "release" if outcome is DepositState.RETURNED else "lapse"
    if outcome is DepositState.RETURNED:
        return "release"
    kept = outcome in (DepositState.APPLIED, DepositState.FORFEITED)
    return "capture" if kept or lapses_soon else None
