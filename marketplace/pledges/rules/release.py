"""When pledged goods may go: what stays must still carry the loan.

After every release the loan is at most its initial share of the remaining value, and the stock at least its control
floor (最低控货线; invariant 21). In a substitution the new goods come under control before the old leave, so the
value never dips (invariant 22).
"""

from dataclasses import dataclass
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money
from marketplace.quantity import BASE_UNITS_PER_UNIT, Quantity, base_units
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Cover:
    """A loan and the goods that carry it: debt outstanding, value of the pledged stock, initial loan-to-value, floor
    if agreed.
    """

    outstanding: Money
    stock_value: Money
    initial_ltv: Exact
    control_floor: Money | None = None

    @property
    def required(self) -> Fraction:
        """The least value that must stay, exact: the larger of O / L0 and the agreed floor."""
        share = exact(self.initial_ltv)
        if not 0 < share <= 1:
            raise Invalid("ltv_out_of_range", "A loan-to-value is a share above 0 and at most 1.", field="ltv")
        return max(self.outstanding.exact / share, self.control_floor.exact if self.control_floor else Fraction(0))


def floor_value(cover: Cover) -> Money:
    """The least value that must stay, for people to read: 8,000,000 at 0.70 is 11,428,571.43."""
    return Money.rounded(cover.required, cover.outstanding.currency)


def require_releasable(cover: Cover, released_value: Money) -> None:
    """Refuse a release after which the loan would be above its initial share of the value, or the stock below its
    floor.
    """
    left = cover.stock_value - released_value
    if released_value.minor < 0 or left.minor < 0:
        raise Invalid("release_exceeds_stock", "More would be released than is pledged.", field="quantity")
    if left.exact < cover.required:
        raise Conflict(
            "release_below_floor",
            "%(left)s of goods would stay where %(floor)s must.",
            field="quantity",
            left=str(left),
            floor=str(floor_value(cover)),
        )


def largest_release(cover: Cover, unit_value: Money, unit: str) -> Quantity:
    """The most that may be released, in base units rounded down: half-up could let the last gram break the floor."""
    headroom = cover.stock_value.exact - cover.required
    if headroom <= 0 or unit_value.minor <= 0:
        return Quantity.zero(unit)
    return Quantity.from_base_units(int(headroom * BASE_UNITS_PER_UNIT / unit_value.exact), unit)


def require_within_order(ordered: Quantity, executed: Quantity, leaving: Quantity) -> None:
    """Refuse goods at the gate beyond what the bank's order still releases (invariant 5: executed at most ordered)."""
    if base_units(leaving) <= 0:
        raise Invalid("quantity_not_positive", "Nothing leaves by this order.", field="quantity")
    if executed + leaving > ordered:
        raise Conflict(
            "beyond_release_order",
            "The order releases %(ordered)s; %(executed)s have left already.",
            field="quantity",
            ordered=str(ordered),
            executed=str(executed),
        )
