"""The table of increments (加价幅度): by how much a bid has to outdo the one before, larger at higher prices where the seller wants it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marketplace.money import Money
from tenants.errors import Invalid

MOST_RUNGS = 20


@dataclass(frozen=True, slots=True)
class Increments:
    """Rungs of (price from which it counts, step), the first from nothing; all in one currency. 5,000, and 10,000 from 1,000,000 on.

    Prices rise from rung to rung and steps never shrink: else a higher price could ask for a lower next bid. Refuses a table that does otherwise.
    """

    rungs: tuple[tuple[Money, Money], ...]

    def __post_init__(self) -> None:
        floors, steps = [floor for floor, _ in self.rungs], [step for _, step in self.rungs]
        if not 1 <= len(self.rungs) <= MOST_RUNGS or floors[0].minor != 0:
            raise Invalid("increments_wrong", "The table of increments has 1 to 20 lines and begins at zero.", field="step")  # fmt: skip
        if min(step.minor for step in steps) <= 0:
            raise Invalid("step_not_positive", "The bid increment must be above zero.", field="step")
        if len({money.currency for rung in self.rungs for money in rung}) > 1:
            raise Invalid("currency_mismatch", "All amounts need one currency.", field="step")
        if sorted(set(floors)) != floors or sorted(steps) != steps:
            raise Invalid("increments_fall", "Prices must rise from line to line, and increments must not fall.", field="step")  # fmt: skip

    @classmethod
    def of(cls, step: Money, *above: tuple[Money, Money]) -> "Increments":
        """One step for all prices, and larger ones from the prices named on."""
        return cls(((Money(0, step.currency), step), *above))

    @classmethod
    def kept(cls, rungs: Iterable[Sequence[int]], currency: str) -> "Increments":
        """As proposals, rows and records keep a table: minor units."""
        return cls(tuple((Money(floor, currency), Money(step, currency)) for floor, step in rungs))

    def step_at(self, price: Money) -> Money:
        """The step that a bid above `price` has to take."""
        return self.rungs[bisect_right([floor for floor, _ in self.rungs], price) - 1][1]

    def above(self, price: Money) -> Money:
        """The least bid that outdoes `price`."""
        return price + self.step_at(price)
