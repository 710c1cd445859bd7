"""The sell-off of a court online: the first bid at the fixed price opens a day in which others may outbid it by steps; then the highest buys.

Source: domain model, section 5 (seen on court platforms' own pages, not in the rules of 2016).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from marketplace.disposal.increments import Increments
from marketplace.disposal.rules.bidding import NO_RIGHT
from marketplace.disposal.rules.kinds.dutch import FirstTaker
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line

MOST_TIMES = 10  # what is above so many times the least bid can only be a slip of the finger


@dataclass(frozen=True, slots=True)
class Contested:
    """A fixed price that is taken, and then the bids above it, or at it by who holds a right of first refusal (`priority`: its order by paddle). A bid in
    the last `soft_close` moves the end to as long after it.
    """

    first: FirstTaker
    increments: Increments
    contest: timedelta
    soft_close: timedelta
    priority: Mapping[int, int] = field(default_factory=dict)

    @property
    def ends_at(self) -> datetime:
        return self.first.ends_at

    @property
    def standing(self) -> Award | None:
        return self.first.taken

    @property
    def award(self) -> Award | None:
        return self.first.taken

    @property
    def forfeits(self) -> frozenset[int]:
        return frozenset()

    def take(self, act: Act) -> tuple["Contested", tuple[Line, ...]]:
        held = self.first.taken
        if held is None:
            after, lines = self.first.take(act)
            if after.taken:
                after = replace(after, ends_at=act.at + self.contest)
            return replace(self, first=after), lines
        if act.deed is not Deed.BID:
            return self, ()
        fate = self._fate(act, held)
        if fate in ("ACCEPTED", "MATCHED"):
            ends = max(self.ends_at, act.at + self.soft_close)
            return replace(self, first=replace(self.first, taken=Award(act.paddle, act.amount), ends_at=ends)), (Line(act.paddle, act.amount, fate),)  # fmt: skip
        return self, (Line(act.paddle, act.amount, fate),)

    def _fate(self, act: Act, held: Award) -> str:
        if act.at >= self.ends_at:
            return "CLOSED"
        if act.paddle == held.paddle:
            return "LEADING"
        if act.amount == held.price and self._order(act.paddle) < self._order(held.paddle):
            return "MATCHED"
        least = self.increments.above(held.price)
        if act.amount < least:
            return "TOO_LOW"
        return "TOO_HIGH" if act.amount.minor > least.minor * MOST_TIMES else "ACCEPTED"

    def _order(self, paddle: int) -> int:
        return self.priority.get(paddle, NO_RIGHT)
