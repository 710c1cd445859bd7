"""Sales that are not ascending: the Dutch clock, a price that stands still, and sealed bids at the first or the second price."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.money import Money
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class DutchClock:
    """A price that starts high and falls by `drop` every `every`, never below `floor`; the first to accept buys."""

    start_price: Money
    drop: Money
    every: timedelta
    floor: Money
    starts_at: datetime

    def __post_init__(self) -> None:
        if self.drop.minor <= 0 or self.every <= timedelta(0) or not self.floor <= self.start_price:
            raise Invalid("clock_impossible", "A falling price needs a drop, an interval and a floor below its start.")

    def price_at(self, at: datetime) -> Money:
        """The price on the clock: 1,000,000 less 20,000 each minute is 800,000 after 605 s. Refuses before the
        start.
        """
        if at < self.starts_at:
            raise Conflict("sale_not_open", "The sale has not begun.")
        drops = (at - self.starts_at) // self.every
        return max(self.floor, self.start_price - self.drop.times(drops))


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """A price that stands still from `starts_at` on; the first to take it buys."""

    price: Money
    starts_at: datetime

    def price_at(self, at: datetime) -> Money:
        """The price, whenever it is asked for. Refuses before the start."""
        if at < self.starts_at:
            raise Conflict("sale_not_open", "The sale has not begun.")
        return self.price


class SealedKind(StrEnum):
    """What the winner of sealed bids pays: their own bid, or the best of the others."""

    FIRST_PRICE = "FIRST_PRICE"
    SECOND_PRICE = "SECOND_PRICE"


@dataclass(frozen=True, slots=True)
class SealedBid:
    """One envelope, `sequence` in the order in which the server took it."""

    bidder: str
    amount: Money
    sequence: int


@dataclass(frozen=True, slots=True)
class Award:
    """Who buys, and at what price."""

    bidder: str
    price: Money


def open_envelopes(
    kind: SealedKind,
    bids: Sequence[SealedBid],
    reserve: Money,
    priority: Collection[str] = (),
    *,
    opens_at: datetime,
    now: datetime,
) -> Award | None:
    """The award, or None where no bid reaches the reserve. Refuses to look before the opening (invariant 31).

    The highest bid wins; among equals the holder of a priority right, then the earliest. At the second price the
    winner pays the best other bid, and never less than the reserve.
    """
    if now < opens_at:
        raise Conflict("envelopes_sealed", "The bids are sealed until %(opens_at)s.", opens_at=str(opens_at))
    valid = [bid for bid in bids if bid.amount >= reserve]
    if not valid:
        return None
    ranked = sorted(valid, key=lambda bid: (-bid.amount.minor, bid.bidder not in priority, bid.sequence))
    return Award(ranked[0].bidder, _price(kind, ranked, reserve))


def _price(kind: SealedKind, ranked: Sequence[SealedBid], reserve: Money) -> Money:
    if kind is SealedKind.FIRST_PRICE:
        return ranked[0].amount
    return max(reserve, ranked[1].amount) if len(ranked) > 1 else reserve
