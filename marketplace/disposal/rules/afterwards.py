"""What holds after the hammer, by the way of selling: time to cure a clerical slip, the runner-up's second chance, the defaulter's bar.

Data like the regimes themselves. A second chance is for voluntary sales alone; a court puts the goods up again (网拍 24). Whoever defaulted never bids for
the same goods again (网拍 24), and in voluntary sales in none of the house for a time that is published beforehand.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.rules.regimes import RegimeName
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict


@dataclass(frozen=True, slots=True)
class Afterwards:
    """`cure_for`: how long a payment that was announced in time may be booked late. `chance_for`: how long the runner-up may think;
    `deposit_within`: how soon after its yes the deposit has to be in again, None where none is asked. `barred_for`: from all sales of the house.
    `collect_days`: for how long the goods wait for a buyer that paid; `accept_days`: how long it may look at them before silence is acceptance, where the
    seller names no other time.
    """

    cure_for: timedelta
    chance_for: timedelta
    deposit_within: timedelta | None
    barred_for: timedelta
    collect_days: int = 10
    accept_days: int = 3


_VOLUNTARY = Afterwards(timedelta(days=2), timedelta(hours=24), timedelta(days=2), timedelta(days=180))
_BY_COURT = Afterwards(timedelta(days=2), timedelta(0), None, timedelta(0))
AFTERWARDS: dict[RegimeName, Afterwards] = {
    RegimeName.AGREED_ONLINE: _VOLUNTARY,
    RegimeName.AUCTION_HOUSE: _VOLUNTARY,
    RegimeName.COURT_ONLINE: _BY_COURT,
    RegimeName.COURT_OFFLINE: _BY_COURT,
}


class ChanceState(StrEnum):
    """Where a second chance stands: TAKEN once the price is owed."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    TAKEN = "TAKEN"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"


IN_TIME = Guard("in_time", "The time to answer is over.")
DEPOSIT_IN = Guard("deposit_in", "The deposit is not in.")
_C = ChanceState
_SELLERS = (Actor.BANK, Actor.AUCTIONEER)
_BIDDERS = (Actor.BUYER, Actor.CORE_ENTERPRISE)

CHANCE = Machine[ChanceState](
    "Second chance",
    step(None, "offer", _C.OFFERED, *_SELLERS, four_eyes=True),
    step(_C.OFFERED, "accept", _C.ACCEPTED, *_BIDDERS, guards=(IN_TIME,)),
    step(_C.OFFERED, "decline", _C.DECLINED, *_BIDDERS),
    step(_C.ACCEPTED, "take", _C.TAKEN, *_SELLERS, Actor.SYSTEM, guards=(DEPOSIT_IN,)),
    step((_C.OFFERED, _C.ACCEPTED), "lapse", _C.LAPSED, Actor.SYSTEM),
)
OPEN_CHANCES = (ChanceState.OFFERED, ChanceState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class LastBid:
    """The highest accepted bid of one paddle, in minor units."""

    paddle: int
    amount_minor: int
    sequence: int


def runner_up(bids: Sequence[LastBid], passed_over: Collection[int]) -> LastBid | None:
    """Who is next: the highest last bid of those that neither defaulted nor refused; of equals the earlier. None where nobody is left."""
    left = [bid for bid in bids if bid.paddle not in passed_over]
    return min(left, key=lambda bid: (-bid.amount_minor, bid.sequence), default=None)


def require_in_time(now: datetime, until: datetime) -> None:
    """Refuse an answer after its time."""
    if now >= until:
        raise Conflict("answer_late", "The time to answer is over.")
