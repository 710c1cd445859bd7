"""How much of a lot a pledge on part of it may count, once less is there than was believed."""

from fractions import Fraction

from marketplace.quantity import BASE_UNITS_PER_UNIT, Quantity
from marketplace.valuation.rules.worth import least_quantity


def counted_quantity(
    pledged: Quantity, documented: Quantity, verified: Quantity, measured: Quantity | None
) -> Quantity:
    """What of `pledged` counts: all of it, or its share of what is there where the lot holds less than its claims.

    The least of documented, verified and measured is there; a shortage falls on all owners of a commingled mass alike (as in
    UCC 7-207), so a pledge on half of a lot bears half of the loss. Rounded down: half-up could value a kilogram that is not there.
    """
    there = least_quantity(documented, verified, measured)
    claims = max(verified.exact, pledged.exact)
    if claims == 0:
        return Quantity.zero(pledged.unit)
    share = pledged.exact * min(Fraction(1), there.exact / claims)
    return Quantity.from_base_units(int(share * BASE_UNITS_PER_UNIT), pledged.unit)
