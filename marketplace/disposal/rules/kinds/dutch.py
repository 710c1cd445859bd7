"""Sales to the first taker: at the price on a falling clock, which follows from the start and the hour alone, or at one that stands still."""

from dataclasses import dataclass, replace
from datetime import datetime

from marketplace.disposal.rules.formats import DutchClock, FixedPrice
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line


@dataclass(frozen=True, slots=True)
class FirstTaker:
    """A price until somebody accepts it. A bid names the most that its bidder pays (the price that it saw): a clock that has fallen meanwhile is the
    bidder's gain, and a bid below the clock takes nothing.
    """

    clock: DutchClock | FixedPrice
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

    def take(self, act: Act) -> tuple["FirstTaker", tuple[Line, ...]]:
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
