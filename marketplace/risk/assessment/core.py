"""How well a core enterprise pays, by the trades in which it is the buyer: what is overdue, whether it pays later than it did, whether it orders less.

Large buyers pay small firms within sixty days (Regulation on Payments to SMEs 2025, article 9; domain model, section 5). Law suits and ratings are not kept
here and do not count. The weights are a convention [P].
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import half_up

LAWFUL_DAYS = timedelta(days=60)
WINDOW = timedelta(days=90)
OVERDUE_WEIGHT, DRIFT_WEIGHT, DROP_WEIGHT = 50, 25, 25
WORST_DRIFT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Owed:
    """One invoice to the core enterprise, in minor units: when it was made out and falls due, and what was paid on which days."""

    dated: date
    due_on: date | None
    minor: int
    paid: tuple[tuple[date, int], ...]

    @property
    def falls_due(self) -> date:
        """By its own term, or by law."""
        return self.due_on or self.dated + LAWFUL_DAYS

    @property
    def open_minor(self) -> int:
        """What is not paid."""
        return max(0, self.minor - sum(amount for _, amount in self.paid))

    @property
    def paid_after(self) -> int | None:
        """Days from the invoice to the payment that closed it; None while it is open."""
        return None if self.open_minor or not self.paid else (max(day for day, _ in self.paid) - self.dated).days


@dataclass(frozen=True, slots=True)
class CoreHealth:
    """Shares of one, days, and the health from 0 to 100. None where there is nothing to go by."""

    overdue: Fraction | None
    drift_days: Fraction | None
    order_drop: Fraction | None

    @property
    def health(self) -> Decimal | None:
        """100 less what is overdue, later and fewer, to one place; None where no invoice is known."""
        if self.overdue is None:
            return None
        drift = min(Fraction(1), max(Fraction(0), self.drift_days or Fraction(0)) / WORST_DRIFT_DAYS)
        drop = max(Fraction(0), self.order_drop or Fraction(0))
        return half_up(100 - OVERDUE_WEIGHT * self.overdue - DRIFT_WEIGHT * drift - DROP_WEIGHT * drop, 1)


def health_of(invoices: Sequence[Owed], orders: Iterable[tuple[date, int]], today: date) -> CoreHealth:
    """`orders`: day and amount in minor units."""
    whole = sum(one.minor for one in invoices)
    late = sum(one.open_minor for one in invoices if today > one.falls_due)
    return CoreHealth(Fraction(late, whole) if whole else None, _drift(invoices), _drop(orders, today))


def _drift(invoices: Sequence[Owed]) -> Fraction | None:
    """How many days later the newer half of the paid invoices was paid than the older half; None for fewer than four."""
    days = [one.paid_after for one in sorted(invoices, key=lambda one: one.dated) if one.paid_after is not None]
    half = len(days) // 2
    return None if len(days) < 4 else Fraction(sum(days[-half:]), half) - Fraction(sum(days[:half]), half)


def _drop(orders: Iterable[tuple[date, int]], today: date) -> Fraction | None:
    """By which share orders of the last ninety days are below those of the ninety before; below zero where they grew."""
    sums: dict[int, int] = defaultdict(int)
    for day, minor in orders:
        sums[(today - day) // WINDOW] += minor
    return None if not sums[1] else 1 - Fraction(sums[0], sums[1])
