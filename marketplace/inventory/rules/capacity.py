"""How much fits: a bin or zone has a capacity by weight or by volume, and what would exceed it is refused before anybody lifts it.

Goods that are counted have a weight apiece on their product, or cannot go where capacity is limited by weight.
"""

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up
from marketplace.quantity import Quantity, unit_of
from tenants.errors import Conflict, Invalid

CAPACITY_UNITS = ("KGM", "MTQ")


class ZoneKind(StrEnum):
    """What a part of a site is built for."""

    INDOOR = "INDOOR"
    YARD = "YARD"
    COLD = "COLD"
    HAZARD = "HAZARD"
    TANKS = "TANKS"
    BONDED = "BONDED"


def load_of(quantity: Quantity, unit_kg: Exact | None, capacity_unit: str) -> Fraction:
    """What goods take of a capacity in kg or m³, exact. `unit_kg`: the weight of one unit of goods that are not weighed (pieces, m³).

    Refuses goods that cannot be measured in the capacity's unit.
    """
    if unit_of(quantity.unit).dimension == unit_of(capacity_unit).dimension:
        return quantity.exact_in(capacity_unit)
    if capacity_unit == "KGM" and unit_kg is not None:
        return quantity.exact * exact(unit_kg)
    raise Invalid(
        "load_unknown",
        "The capacity of this place is in another measure: enter on the product what one unit weighs.",
        field="bin_id",
    )


def require_fits(place: str, capacity: Quantity, there: Iterable[Fraction], coming: Fraction) -> None:
    """Refuse to put more into a place than fits beside what lies there already."""
    free = capacity.exact - sum(there, Fraction(0))
    if coming > free:
        raise Conflict(
            "beyond_capacity",
            "%(place)s has room for %(free)s more; %(coming)s would come.",
            field="bin_id",
            place=place,
            free=f"{half_up(max(free, Fraction(0)), 3)} {capacity.unit}",
            coming=f"{half_up(coming, 3)} {capacity.unit}",
        )
