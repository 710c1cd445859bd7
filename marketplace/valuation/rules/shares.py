"""How much of a lot a pledge on part of it may count, once less is there than was believed."""

from fractions import Fraction

from marketplace.quantity import BASE_UNITS_PER_UNIT, Quantity
from marketplace.valuation.rules.worth import least_quantity


def counted_quantity(
    pledged: Quantity, claims: Quantity, documented: Quantity, verified: Quantity, measured: Quantity | None
) -> Quantity:
    """What of `pledged` counts: all of it, or its share of what is there where the lot holds less than is claimed from it.

    The least of documented, verified and measured is there. A shortage falls on all owners of a commingled mass alike (as in UCC 7-207):
    on the owner's free part as on every pledge, `claims` being all that is held of the lot. Rounded down: half-up could value a kilogram
    that is not there.
    """
    there = least_quantity(documented, verified, measured)
    whole = max(verified.exact, claims.exact, pledged.exact)
    if whole == 0:
        return Quantity.zero(pledged.unit)
    share = pledged.exact * min(Fraction(1), there.exact / whole)
    return Quantity.from_base_units(int(share * BASE_UNITS_PER_UNIT), pledged.unit)
