"""The Dutch sale: the price on the clock follows from the start and the hour alone, and the first to accept it buys."""

from dataclasses import dataclass, replace
from datetime import datetime

from marketplace.disposal.rules.formats import DutchClock
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line


@dataclass(frozen=True, slots=True)
class Dutch:
    """A falling price until somebody accepts it. A bid names the most that its bidder pays (the price that it saw): a clock that has fallen meanwhile is the
    bidder's gain, and a bid below the clock takes nothing.
    """

    clock: DutchClock
    ends_at: datetime
    taken: Award | None = None

    @property
    def standing(self) -> Award | None:
        return self.taken

    @property
    def award(self) -> Award | None:
        return self.taken

    @property
    def forfeits(self) -> frozenset[int]:
        return frozenset()

    def take(self, act: Act) -> tuple["Dutch", tuple[Line, ...]]:
        if act.deed is not Deed.BID:
            return self, ()
        if act.at >= self.ends_at or act.at < self.clock.starts_at:
            fate = "CLOSED" if act.at >= self.ends_at else "NOT_OPEN"
            return self, (Line(act.paddle, act.amount, fate),)
        price = self.clock.price_at(act.at)
        if act.amount < price:
            return self, (Line(act.paddle, act.amount, "TOO_LOW"),)
        after = replace(self, ends_at=act.at, taken=Award(act.paddle, price))
        return after, (Line(act.paddle, price, "ACCEPTED"),)
