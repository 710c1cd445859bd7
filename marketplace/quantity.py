"""Quantity: how much of the goods, in a UN/ECE Recommendation 20 unit, to three decimals.

Three decimals of the unit are what weighbridges, receipts and pledges are written in, and one thousandth of a lot's
unit is the *base unit* that pledges count in: a lot of 498.750 t is the half-open range [0, 498750) of base units.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up
from tenants.errors import Invalid, at_field

PLACES = 3
BASE_UNITS_PER_UNIT = 10**PLACES
_LARGEST = Decimal(10) ** 15  # numeric(18,3)

_WRITTEN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: how many of its dimension's reference unit it is, and whether it can be divided at all."""

    code: str
    dimension: str
    worth: Fraction
    divisible: bool = True


# UN/ECE Rec 20 codes. The pound is exact by definition (international yard and pound agreement, 1959).
UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        Unit("KGM", "mass", Fraction(1)),
        Unit("GRM", "mass", Fraction(1, 1000)),
        Unit("TNE", "mass", Fraction(1000)),
        Unit("DTN", "mass", Fraction(100)),
        Unit("LBR", "mass", Fraction("0.45359237")),
        Unit("MTQ", "volume", Fraction(1)),
        Unit("LTR", "volume", Fraction(1, 1000)),
        Unit("MTR", "length", Fraction(1)),
        Unit("KMT", "length", Fraction(1000)),
        Unit("MTK", "area", Fraction(1)),
        Unit("H87", "count", Fraction(1), divisible=False),
        Unit("C62", "count", Fraction(1), divisible=False),
    )
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`amount` of `unit`, at most 18 digits with 3 decimals; negative only for a difference."""

    amount: Decimal
    unit: str

    def __post_init__(self) -> None:
        assert isinstance(self.amount, Decimal), "a quantity is a Decimal"
        assert self.amount.is_finite(), "a quantity is finite"
        if abs(self.amount) >= _LARGEST:
            raise Invalid("quantity_too_large", "The quantity is larger than a record can hold.", field="quantity")
        self._refuse_too_fine()

    @classmethod
    def of(cls, amount: str | Decimal | int, unit: str) -> "Quantity":
        """A quantity as written, e.g. `Quantity.of("498.750", "TNE")`. Refuses unreadable, too fine and fractional
        pieces.
        """
        assert not isinstance(amount, float | bool), "a float is never a quantity"
        written = f"{amount:f}" if isinstance(amount, Decimal) else str(amount)
        if not _WRITTEN.fullmatch(written):
            raise Invalid("quantity_unreadable", "%(amount)s is not a quantity.", field="quantity", amount=written[:40])
        return cls(Decimal(written), unit)

    @classmethod
    def zero(cls, unit: str) -> "Quantity":
        """None of it."""
        return cls(Decimal(0), unit)

    @classmethod
    def rounded(cls, amount: Exact, unit: str) -> "Quantity":
        """An exact amount rounded half-up to what a record of this unit holds (three decimals, or whole pieces)."""
        return cls(half_up(amount, PLACES if unit_of(unit).divisible else 0), unit)

    @classmethod
    def from_base_units(cls, units: int, unit: str) -> "Quantity":
        """The quantity that so many base units (thousandths of `unit`) make."""
        return cls(Decimal(units).scaleb(-PLACES), unit)

    @property
    def exact(self) -> Fraction:
        """The amount as a fraction, for a rule's arithmetic."""
        return Fraction(self.amount)

    def exact_in(self, unit: str) -> Fraction:
        """The amount in another unit of the same dimension, exact even where three decimals could not say it."""
        return self.exact * _worth_between(self.unit, unit)

    def to(self, unit: str, *, field: str = "quantity") -> "Quantity":
        """The same goods in another unit of the same dimension, exactly. Refuses, at `field`, another dimension and what three decimals cannot say."""
        with at_field(field):
            converted = self.exact_in(unit)
        rounded = Quantity.rounded(converted, unit)
        if rounded.exact != converted:
            raise Invalid("quantity_too_fine", "%(amount)s is finer than %(unit)s can say.", field=field, amount=str(self), unit=unit)  # fmt: skip
        return rounded

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(half_up(self.exact + self._beside(other), PLACES), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(half_up(self.exact - self._beside(other), PLACES), self.unit)

    def __neg__(self) -> "Quantity":
        return Quantity(-self.amount, self.unit)

    def __lt__(self, other: "Quantity") -> bool:
        return self.exact < self._beside(other)

    def __le__(self, other: "Quantity") -> bool:
        return self.exact <= self._beside(other)

    def __gt__(self, other: "Quantity") -> bool:
        return self.exact > self._beside(other)

    def __ge__(self, other: "Quantity") -> bool:
        return self.exact >= self._beside(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{half_up(self.exact, PLACES)} {self.unit}"

    def _beside(self, other: "Quantity") -> Fraction:
        if self.unit != other.unit:
            raise Invalid(
                "unit_mismatch",
                "Quantities in %(one)s and %(other)s cannot be joined or compared before one is converted.",
                one=self.unit,
                other=other.unit,
            )
        return other.exact

    def _refuse_too_fine(self) -> None:
        unit, (_, parts) = unit_of(self.unit), self.amount.as_integer_ratio()
        if BASE_UNITS_PER_UNIT % parts:
            raise Invalid("quantity_too_fine", "A quantity has at most three decimals.", field="quantity")
        if not unit.divisible and parts != 1:
            raise Invalid("quantity_not_whole", "%(unit)s counts whole pieces.", field="quantity", unit=self.unit)


def unit_of(code: str) -> Unit:
    """The unit behind a UN/ECE Rec 20 code. Refuses a code that is not on the list."""
    if code not in UNITS:
        raise Invalid("unit_unknown", "%(unit)s is not a unit we keep.", field="unit", unit=code)
    return UNITS[code]


def base_units(quantity: Quantity) -> int:
    """How many base units (thousandths of its own unit) a quantity is: 498.750 t is 498,750. Exact by construction."""
    return int(quantity.exact * BASE_UNITS_PER_UNIT)


def dry(wet: Quantity, moisture: Exact) -> Quantity:
    """Dry weight of wet goods, `moisture` a share in [0, 1): 10,000 t at 0.082 is 9,180 t. Rounded half-up to three
    decimals.
    """
    share = exact(moisture)
    if not 0 <= share < 1:
        raise Invalid("moisture_out_of_range", "Moisture is a share of at least 0 and less than 1.", field="moisture")
    return Quantity.rounded(wet.exact * (1 - share), wet.unit)


def least(first: Quantity, *others: Quantity) -> Quantity:
    """The smallest of quantities in one unit: claims never outrank what was weighed."""
    smallest = first
    for quantity in others:
        smallest = quantity if quantity < smallest else smallest
    return smallest


def _worth_between(one: str, other: str) -> Fraction:
    source, target = unit_of(one), unit_of(other)
    if source.dimension != target.dimension:
        raise Invalid("unit_mismatch", "%(one)s and %(other)s measure different things.", one=one, other=other)
    return source.worth / target.worth
