"""Which units of a lot are pledged: no unit twice, however many ask at once.

A fungible lot is a half-open range of base units (thousandths of its unit), and each pledge, reservation or freeze
holds ranges of it that may not overlap. The database refuses an overlap by constraint; these rules find the place
first, so that the constraint is the last guard and not the everyday answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marketplace.quantity import Quantity, base_units
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True, order=True)
class Units:
    """Base units from `start` up to and not including `end`: PostgreSQL's int8range '[start,end)', never empty."""

    start: int
    end: int

    def __post_init__(self) -> None:
        assert 0 <= self.start < self.end, "a range of units is not empty"

    @property
    def count(self) -> int:
        """How many base units."""
        return self.end - self.start

    def overlaps(self, other: "Units") -> bool:
        """Whether one unit at least is in both."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Balance:
    """A lot's verified quantity in its parts; reserved + pledged + frozen + free = verified (invariant 23)."""

    verified: int
    pledged: int
    reserved: int
    frozen: int

    @property
    def free(self) -> int:
        """What nobody holds, in base units."""
        return self.verified - self.pledged - self.reserved - self.frozen


def gaps(lot_units: Sequence[Units], taken: Iterable[Units]) -> tuple[Units, ...]:
    """The ranges of the lot that nothing in `taken` touches, in order. `taken` may overlap itself and reach outside
    the lot.
    """
    holds = sorted(taken)
    return tuple(gap for lot in sorted(lot_units) for gap in _gaps_in(lot, holds))


def place(lot_units: Sequence[Units], live_pledges: Iterable[Units], quantity: Quantity) -> tuple[Units, ...]:
    """The ranges that a new pledge of `quantity` (in the lot's unit) takes: one where a single gap fits, else the
    gaps in order.

    `live_pledges` are all holds that stand: pledges, reservations, frozen units, releases not yet executed. Refuses
    a quantity that is not above zero, and more than is free (invariant 1).
    """
    wanted = base_units(quantity)
    if wanted <= 0:
        raise Invalid("quantity_not_positive", "A pledge needs a quantity above zero.", field="quantity")
    open_gaps = gaps(lot_units, live_pledges)
    _require_enough(wanted, _count(open_gaps), quantity.unit)
    fitting = [gap for gap in open_gaps if gap.count >= wanted]
    # The tightest single gap: one row for the pledge, and the wide gaps stay whole for the next.
    source = [min(fitting, key=lambda gap: (gap.count, gap.start))] if fitting else open_gaps
    return carve(source, wanted)


def carve(held: Sequence[Units], units: int) -> tuple[Units, ...]:
    """The first `units` base units of `held`, in order: what a partial release gives back. Refuses more than is
    held.
    """
    if not 0 < units <= _count(held):
        raise Invalid("quantity_not_held", "More would be taken than is held.", field="quantity")
    taken: list[Units] = []
    for span in sorted(held):
        missing = units - _count(taken)
        if missing <= 0:
            break
        taken.append(Units(span.start, min(span.end, span.start + missing)))
    return tuple(taken)


def without(held: Sequence[Units], released: Sequence[Units]) -> tuple[Units, ...]:
    """What stays held after `released` is given back."""
    return gaps(held, released)


def free_units(lot_units: Sequence[Units], taken: Iterable[Units]) -> int:
    """How many base units of the lot nothing holds."""
    return _count(gaps(lot_units, taken))


def balance(
    lot_units: Sequence[Units], pledged: Sequence[Units], reserved: Sequence[Units], frozen: Sequence[Units]
) -> Balance:
    """The lot's parts. Holds that overlap or reach outside the lot are a bug: the constraint must have refused them."""
    holds = [*pledged, *reserved, *frozen]
    verified = _count(lot_units)
    assert free_units(lot_units, holds) == verified - _count(holds), "holds overlap, or leave the lot"
    return Balance(verified, _count(pledged), _count(reserved), _count(frozen))


def cut(held: Sequence[Units], at: int) -> tuple[tuple[Units, ...], tuple[Units, ...]]:
    """Holds on a lot that is split at unit `at`: those of the lower child and those of the upper (invariant 4: none
    lost).
    """
    lower = tuple(Units(span.start, min(span.end, at)) for span in held if span.start < at)
    upper = tuple(Units(max(span.start, at), span.end) for span in held if span.end > at)
    return lower, upper


def _count(spans: Iterable[Units]) -> int:
    return sum(span.count for span in spans)


def _gaps_in(lot: Units, holds: Sequence[Units]) -> Iterable[Units]:
    reached = lot.start
    for hold in holds:
        if hold.start >= lot.end:
            break
        if hold.start > reached:
            yield Units(reached, hold.start)
        reached = max(reached, hold.end)
    if reached < lot.end:
        yield Units(reached, lot.end)


def _require_enough(wanted: int, free: int, unit: str) -> None:
    if wanted > free:
        raise Conflict(
            "already_encumbered",
            "Only %(free)s of this lot is free.",
            field="quantity",
            free=str(Quantity.from_base_units(free, unit)),
        )
