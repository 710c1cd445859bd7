"""What a reading says about its limit: beyond it, within it, or in the band between where nothing changes.

The band is hysteresis: an alarm is raised at one line and cleared at a tighter one, so a value that trembles on the
line does not ring all night.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Protocol, TypeAlias

from marketplace.exact import Exact, exact
from tenants.errors import Invalid

Value: TypeAlias = Decimal | bool


class Verdict(StrEnum):
    """What one value says."""

    BEYOND = "BEYOND"
    BETWEEN = "BETWEEN"
    WITHIN = "WITHIN"


class Limit(Protocol):
    """Anything that can judge a value."""

    def judge(self, value: Value) -> Verdict:
        """Beyond, between or within."""
        ...  # pragma: no cover

    def spares(self, least: Decimal, greatest: Decimal) -> bool:
        """Whether no figure between these two can be beyond: what lies within a limit is an interval, so its ends decide."""
        ...  # pragma: no cover


@dataclass(frozen=True)
class Baseline:
    """A weight that should stay: beyond when it differs by more than `tolerance`, within at `clear_share` of it or
    less.
    """

    baseline: Exact
    tolerance: Exact
    clear_share: Exact = Fraction(1, 2)

    def judge(self, value: Value) -> Verdict:
        """498.750 t with 1.49625 of tolerance: 497.150 is beyond, 497.350 between, 498.100 within."""
        difference = abs(_number(value) - exact(self.baseline))
        if difference > exact(self.tolerance):
            return Verdict.BEYOND
        return Verdict.WITHIN if difference <= exact(self.tolerance) * exact(self.clear_share) else Verdict.BETWEEN

    def spares(self, least: Decimal, greatest: Decimal) -> bool:
        """Both lie no further from the baseline than the tolerance."""
        low, high = self._ends
        return least >= low and greatest <= high

    @cached_property
    def _ends(self) -> tuple[Fraction, Fraction]:
        return exact(self.baseline) - exact(self.tolerance), exact(self.baseline) + exact(self.tolerance)


@dataclass(frozen=True, slots=True)
class Between:
    """A climate that should stay between `low` and `high` (None: no such limit); within only `hysteresis` inside of
    them.
    """

    low: Exact | None
    high: Exact | None
    hysteresis: Exact = 0

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if low is not None and high is not None and exact(low) + 2 * exact(self.hysteresis) > exact(high):
            raise Invalid("limits_cross", "The limits leave no room to clear an alarm.", field="limits")

    def judge(self, value: Value) -> Verdict:
        """Beyond outside the limits, within well inside."""
        number, margin = _number(value), exact(self.hysteresis)
        if (self.low is not None and number < exact(self.low)) or (self.high is not None and number > exact(self.high)):
            return Verdict.BEYOND
        low_clear = self.low is None or number >= exact(self.low) + margin
        high_clear = self.high is None or number <= exact(self.high) - margin
        return Verdict.WITHIN if low_clear and high_clear else Verdict.BETWEEN

    def spares(self, least: Decimal, greatest: Decimal) -> bool:
        """Neither end is outside the limits."""
        return (self.low is None or least >= self.low) and (self.high is None or greatest <= self.high)


@dataclass(frozen=True, slots=True)
class Flag:
    """A state that is an alarm while it holds: smoke, a door open outside the shift, a tag out of its bin, a case
    open.
    """

    alarming: bool = True

    def judge(self, value: Value) -> Verdict:
        """Beyond while the state is the alarming one."""
        assert isinstance(value, bool), "a flag judges states"
        return Verdict.BEYOND if value is self.alarming else Verdict.WITHIN

    def spares(self, least: Decimal, greatest: Decimal) -> bool:
        """The alarming state, 1 or 0, is not among them."""
        return bool(greatest) is bool(least) is not self.alarming


@lru_cache(maxsize=4096)  # of each message's goods it is asked four times
def weight_tolerance(baseline: Exact, deviation: Exact = 0, share: Exact = Decimal("0.003")) -> Fraction:
    """max(0.3 per cent of the baseline, 3 σ of the scale), in the baseline's unit: 498.750 t gives 1.49625 t."""
    return max(abs(exact(baseline)) * exact(share), 3 * exact(deviation))


def _number(value: Value) -> Fraction:
    assert isinstance(value, Decimal), "a limit judges measured quantities"
    return exact(value)
