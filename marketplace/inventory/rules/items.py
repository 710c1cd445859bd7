"""Serialised goods: coils, bales, drums. Each item is an unbroken range of its lot's base units, so what holds for units holds for items.

An item is whole or it is not there: no pledge, receipt, release or split cuts one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

SERIALISED = "SERIALISED"
MOST_ITEMS = 500


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """One item where it lies in its lot: base units from `start` up to and not including `end`."""

    start: int
    end: int
    id: UUID

    @property
    def count(self) -> int:
        """How many base units it is."""
        return self.end - self.start


def accepted(documented: Quantity, weighed: Quantity) -> Quantity:
    """What counts of one item: claims never outrank what was weighed, nor a scale the papers."""
    return min(documented, weighed)


def lay_out(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Ranges for items of these sizes (base units), one behind the other from the lot's first unit on."""
    laid, reached = [], 0
    for size in sizes:
        assert size > 0, "an item weighs something"
        laid.append((reached, reached + size))
        reached += size
    return laid


def pick(free: Iterable[Piece], wanted: int, unit: str, *, field: str = "quantity") -> list[Piece]:
    """The items that make exactly `wanted` base units: one of that size, or else the first ones in the order of their units.

    Refuses what would cut an item, naming what whole items make just below.
    """
    pieces = sorted(free)
    alone = next((piece for piece in pieces if piece.count == wanted), None)
    if alone is not None:
        return [alone]
    taken, sum_so_far = [], 0
    for piece in pieces:
        if sum_so_far + piece.count > wanted:
            break
        taken.append(piece)
        sum_so_far += piece.count
    if not wanted or sum_so_far != wanted:
        near = str(Quantity.from_base_units(sum_so_far, unit))
        raise Conflict("item_cut", "An item is not cut: the first whole items make %(near)s.", field=field, near=near)
    return taken


def chosen(free: Iterable[Piece], ids: Sequence[UUID]) -> list[Piece]:
    """The items with these ids. Refuses one named twice, and one that is not free, without saying why."""
    by_id = {piece.id: piece for piece in free}
    if not ids or len(set(ids)) < len(ids):
        raise Invalid("items_missing", "Choose each item once.", field="items")
    if not set(ids) <= set(by_id):
        raise Conflict("item_not_free", "One of these items is not free.", field="items")
    return sorted(by_id[one] for one in ids)


def spans_of(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """The unbroken ranges that items make together, neighbours joined."""
    spans: list[tuple[int, int]] = []
    for piece in sorted(pieces):
        if spans and spans[-1][1] == piece.start:
            spans[-1] = (spans[-1][0], piece.end)
        else:
            spans.append((piece.start, piece.end))
    return spans


def within(pieces: Iterable[Piece], spans: Iterable[tuple[int, int]]) -> list[Piece]:
    """The items that lie in these ranges. Refuses ranges that cut one."""
    ranges, found = list(spans), []
    for piece in sorted(pieces):
        touching = [one for one in ranges if one[0] < piece.end and piece.start < one[1]]
        if not touching:
            continue
        if not any(start <= piece.start and piece.end <= end for start, end in touching):
            raise Conflict("item_cut_here", "This would cut an item in two: choose whole items.", field="quantity")
        found.append(piece)
    return found


def require_complete(documented: Quantity, items: Sequence[Quantity]) -> None:
    """Refuse a list whose items do not add up to what the lot's papers say, exactly."""
    together = sum(items[1:], items[0])
    if together != documented:
        raise Invalid(
            "items_do_not_add_up", "The items make %(items)s together, the lot's papers say %(documented)s.",
            field="file", items=str(together), documented=str(documented),
        )  # fmt: skip


def require_counted(counted: Quantity, items: Quantity) -> None:
    """Refuse a count below what the items received make: then one is missing, and has to be named."""
    if counted < items:
        raise Conflict(
            "counted_below_items", "The items received make %(items)s: take out by name what is missing.", field="counted", items=str(items)
        )  # fmt: skip
