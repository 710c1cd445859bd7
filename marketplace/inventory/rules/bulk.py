"""Commingled goods: what several firms own in one tank, silo or heap, each a share (UCC 7-207; domain model, section 1: owned in common, losses shared).

Each holder's part is a lot of its own, so that what is verified of it is its share and all shares together are the whole, exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import largest_remainder
from marketplace.quantity import Quantity, base_units
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Likeness:
    """What goods must have in common to be poured together."""

    product_name: str
    grade: str
    hs_code: str
    unit: str
    price_code: str
    supervisor: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """How goods keep: the day on which they expire (none: never), and the share of water that is certified (none: nobody knows)."""

    expires_on: date | None
    moisture: Decimal | None


def worst_of(parts: Iterable[Keeping]) -> Keeping:
    """What counts of each part once they are poured together, since any of it may come out: the earliest expiry, and the greatest moisture.

    The rule of prudence, as the gate keeps it of merged lots: of a whole with one part that nobody certified the moisture is not known.
    """
    goods = list(parts)
    ends, wet = [one.expires_on for one in goods if one.expires_on], [one.moisture for one in goods if one.moisture is not None]  # fmt: skip
    return Keeping(min(ends, default=None), max(wet) if goods and len(wet) == len(goods) else None)


def require_alike(goods: Likeness, bulk: Likeness, name: str) -> None:
    """Refuse goods that are others than those of the bulk: once poured together nobody can tell them apart."""
    if goods != bulk:
        raise Conflict("not_of_this_bulk", "These goods are others than those in %(name)s.", field="bin_id", name=name)


def share(part: Quantity, whole: Quantity) -> Fraction:
    """A holder's share of the whole, exact; nothing of nothing."""
    return part.exact / whole.exact if whole else Fraction(0)


def share_loss(book: Sequence[Quantity], found: Quantity) -> list[Quantity]:
    """What each holder keeps where `found` is all that is there: the loss falls on all in proportion, to the base unit, by the largest remainder and the
    earliest first among equals. The parts kept make exactly what was found. Refuses more than the book holds: what is verified only falls.
    """
    units, there = [base_units(one) for one in book], base_units(found)
    if not 0 <= there < sum(units):
        raise Invalid("quantity_not_below", "The new quantity must be below the verified one.", field="found")
    losses = largest_remainder(sum(units) - there, [Fraction(one) for one in units])
    return [Quantity.from_base_units(one - lost, found.unit) for one, lost in zip(units, losses, strict=True)]
