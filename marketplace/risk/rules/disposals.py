"""What sales of pledged goods brought, beside what the goods had been valued at.

A bank may count goods of a kind as collateral only while its own record shows that proceeds fell below 70 per cent of the collateral's value in no more
than 10 per cent of all liquidations (Regulation (EU) No 575/2013, Article 199(6); domain model, section 1). The bank computes; its own supervisor judges.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median_low
from uuid import UUID

from marketplace.exact import half_up
from marketplace.money import Money, total

POOR_BELOW = Fraction(70, 100)  # of the value
POOR_SHARE_MAX = Fraction(10, 100)  # of the liquidations


@dataclass(frozen=True, slots=True)
class Liquidation:
    """Pledged goods that were sold and paid for. `proceeds`: the price, less what a dispute took off it. `valuation`: as of the first attempt to sell them. `rounds`: how many attempts it took."""

    auction_id: UUID
    number: str
    product: str
    rounds: int
    begun_at: datetime
    paid_at: datetime
    proceeds: Money
    valuation: Money

    @property
    def ratio(self) -> Decimal:
        """Proceeds for each yuan of valuation, to four places."""
        return half_up(self.proceeds.ratio(self.valuation), 4)

    @property
    def is_poor(self) -> bool:
        """Whether they brought less than 70 per cent of their value; judged before rounding."""
        return self.proceeds.ratio(self.valuation) < POOR_BELOW

    @property
    def took(self) -> timedelta:
        """From the first notice of sale to the money."""
        return self.paid_at - self.begun_at


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """All liquidations of one product in one currency. `median_took`: at least half of them took no longer from the first notice to the money."""

    product: str
    liquidations: int
    poor: int
    proceeds: Money
    valuation: Money
    median_took: timedelta

    @property
    def ratio(self) -> Decimal:
        """All proceeds for each yuan of all valuations, to four places."""
        return half_up(self.proceeds.ratio(self.valuation), 4)

    @property
    def poor_share(self) -> Decimal:
        """The share of liquidations below 70 per cent, to four places."""
        return half_up(Fraction(self.poor, self.liquidations), 4)

    @property
    def holds(self) -> bool:
        """Whether no more than 10 per cent of them were poor; judged before rounding."""
        return Fraction(self.poor, self.liquidations) <= POOR_SHARE_MAX


def by_product(liquidations: Iterable[Liquidation]) -> tuple[ProductFigures, ...]:
    """The figures of each product and currency, those that do not hold first. Amounts of different currencies are never added."""
    groups: dict[tuple[str, str], list[Liquidation]] = defaultdict(list)
    for one in liquidations:
        groups[one.product, one.proceeds.currency].append(one)
    found = [_figures(*key, group) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda one: (one.holds, one.product, one.proceeds.currency)))


def _figures(product: str, currency: str, group: list[Liquidation]) -> ProductFigures:
    return ProductFigures(
        product=product,
        liquidations=len(group),
        poor=sum(one.is_poor for one in group),
        proceeds=total((one.proceeds for one in group), currency),
        valuation=total((one.valuation for one in group), currency),
        median_took=median_low(one.took for one in group),
    )
