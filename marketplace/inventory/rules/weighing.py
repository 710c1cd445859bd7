"""How much there really is: the verified quantity comes from evidence, never from the claim.

Documents say what should have arrived; scales and counts say what did. The smaller of the two is what a bank may
lend on, the difference is recorded whatever its size, and above the tolerance nothing is verified at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up
from marketplace.quantity import Quantity, least
from tenants.errors import Conflict, Invalid

TOLERANCE_SHARE = Decimal("0.005")  # product default; bulk metal contracts commonly allow 0.2 to 0.5 per cent


@dataclass(frozen=True, slots=True)
class Weighing:
    """One pass over a scale: gross and tare in one unit, whether the reading was signed, and how long the scale is
    calibrated.
    """

    gross: Quantity
    tare: Quantity
    taken_at: datetime
    signed: bool
    calibrated_until: datetime

    @property
    def net(self) -> Quantity:
        """Gross less tare."""
        return self.gross - self.tare


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: the quantity that counts, the difference weighed - documented, and its share of the documented
    quantity.
    """

    verified: Quantity
    weighed: Quantity
    variance: Quantity
    variance_share: Fraction

    @property
    def variance_rate(self) -> Decimal:
        """The share to eight decimals, for a column."""
        return half_up(self.variance_share, 8)


def weighed(weighings: Sequence[Weighing]) -> Quantity:
    """The net weight of all passes together. Refuses passes that cannot verify a quantity (invariant 34)."""
    if not weighings:
        raise Invalid("no_weighing", "There is no weighing to verify the quantity with.")
    for weighing in weighings:
        _require_usable(weighing)
    nets = [weighing.net for weighing in weighings]
    return sum(nets[1:], nets[0])


def verify(documented: Quantity, found: Quantity, tolerance: Exact = TOLERANCE_SHARE) -> Verification:
    """Set what was weighed or counted against the documents, in one unit.

    Refuses when they differ, either way, by more than the `tolerance` share of the documented quantity: more than
    was declared is as suspicious as less.
    """
    if documented.exact <= 0 or found.exact < 0:
        raise Invalid("quantity_not_positive", "The documented quantity must be above zero.", field="quantity")
    variance = found - documented
    share = variance.exact / documented.exact
    if abs(share) > exact(tolerance):
        raise Conflict(
            "variance_above_tolerance",
            "%(weighed)s were weighed where %(documented)s are documented.",
            field="quantity",
            weighed=str(found),
            documented=str(documented),
        )
    return Verification(least(documented, found), found, variance, share)


def _require_usable(weighing: Weighing) -> None:
    if not weighing.signed:
        raise Conflict("reading_unsigned", "An unsigned reading cannot verify a quantity.")
    if weighing.taken_at >= weighing.calibrated_until:
        raise Conflict("calibration_expired", "The scale's calibration had expired when it was read.")
    if weighing.tare.exact < 0 or weighing.net.exact <= 0:
        raise Invalid("net_not_positive", "Gross weight must be above tare.", field="tare")
