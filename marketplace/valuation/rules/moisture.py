"""Goods that are priced by their dry weight: dry tonnes = wet tonnes * (1 - moisture). What nobody has certified counts at its worst, or not at all."""

from decimal import Decimal

DAMP = "Its moisture is not certified: the worst case of the bank’s table counts."
UNDRIED = "It is priced by dry weight, and nobody has certified its moisture."


def moisture_that_counts(certified: Decimal | None, worst: Decimal | None, *, by_dry_weight: bool) -> Decimal | None:
    """The share that is taken off the weight: nothing of goods priced as they lie, else what is certified, else the bank's worst case (at least).

    None where neither is there: then the goods carry nothing.
    """
    if not by_dry_weight:
        return Decimal(0)
    return worst if certified is None else certified
