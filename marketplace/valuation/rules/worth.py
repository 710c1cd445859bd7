"""What goods are worth to a lender: MV = q · (1 - m) · p · g · k, CV = MV · (1 - h).

q is the least of what is documented, verified and measured; p the lowest price on record; g the grade's factor and k
the condition's, both in [0, 1]; h the haircut in [0, 1]; m the moisture of goods that are priced by dry weight, else nothing. Nothing is rounded before the two results. More, dearer,
better, drier or a smaller haircut is never worth less (invariant 19).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money
from marketplace.quantity import Quantity, least
from marketplace.valuation.rules.prices import UnitPrice
from tenants.errors import Conflict, Invalid, Unavailable, word

VALUATION_AGE_MAX = timedelta(days=1)  # product default: a lot is revalued every day


@dataclass(frozen=True, slots=True)
class Goods:
    """The figures of one lot's worth: least quantity as it lies there, lowest price, grade and condition factors, haircut, moisture."""

    quantity: Quantity
    price: UnitPrice
    grade: Exact
    condition: Exact
    haircut: Exact
    moisture: Exact = 0

    def __post_init__(self) -> None:
        for name, share in (
            ("grade", self.grade),
            ("condition", self.condition),
            ("haircut", self.haircut),
            ("moisture", self.moisture),
        ):
            if not 0 <= exact(share) <= 1:
                raise Invalid(
                    "share_out_of_range", "The %(name)s is a share between 0 and 1.", field=name, name=word(name)
                )
        if self.quantity.exact < 0:
            raise Invalid("quantity_not_positive", "A negative quantity has no value.", field="quantity")

    @property
    def exact_value(self) -> Fraction:
        """q · (1 - m) · p · g · k, unrounded."""
        return self.price.of(self.quantity) * (1 - exact(self.moisture)) * exact(self.grade) * exact(self.condition)


@dataclass(frozen=True, slots=True)
class Worth:
    """Market value and collateral value of the same goods, each rounded once to the minor unit."""

    market_value: Money
    collateral_value: Money


def least_quantity(documented: Quantity, verified: Quantity, measured: Quantity | None) -> Quantity:
    """The quantity that counts: the smallest of the three, or of the two where no device measures."""
    return least(documented, verified, *([measured] if measured is not None else []))


def worth(goods: Goods) -> Worth:
    """Market and collateral value: 498.750 t at 19,850 and grade 0.98, haircut 0.30, are 9,702,183.75 and
    6,791,528.63.
    """
    exact_value = goods.exact_value
    return Worth(
        Money.rounded(exact_value, goods.price.currency),
        Money.rounded(exact_value * (1 - exact(goods.haircut)), goods.price.currency),
    )


def loan_to_value(outstanding: Money, market_value: Money) -> Fraction:
    """O / MV, exact. Refused where the goods are worth nothing: undefined blocks, it never counts as zero (invariant
    45).
    """
    if market_value.minor <= 0:
        raise Conflict("ltv_undefined", "The goods are worth nothing, so the loan-to-value is undefined.")
    return outstanding.ratio(market_value)


def require_fresh(valued_at: datetime | None, now: datetime, age_max: timedelta = VALUATION_AGE_MAX) -> None:
    """Refuse to draw on or release against a valuation that is missing, dated ahead, or older than `age_max`
    (invariant 20).
    """
    if valued_at is None:
        raise Unavailable("valuation_missing", "These goods have not been valued.")
    if valued_at > now:
        raise Unavailable("valuation_from_the_future", "The valuation is dated ahead of the clock.")
    if now - valued_at > age_max:
        raise Unavailable(
            "valuation_stale", "The valuation of %(valued_at)s is out of date.", valued_at=valued_at.isoformat()
        )
