"""Choosing goods to put up: a quantity of each lot, or of a lot that is kept item by item the very coils, bales or drums."""

from dataclasses import dataclass
from uuid import UUID

from werkzeug.datastructures import MultiDict

from frontend import entered
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import pledgeable_lots
from marketplace.inventory.rules.items import SERIALISED
from marketplace.pledges.offering import offerable_pieces
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

Goods = list[tuple[UUID, Quantity]]
Items = dict[UUID, list[UUID]]


@dataclass(frozen=True, slots=True)
class Item:
    """One item that may be put up."""

    id: UUID
    serial: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Choice:
    """A lot with something free, and its free items where it is kept item by item."""

    lot: Lot
    items: tuple[Item, ...]

    def make(self, ids: list[UUID]) -> Quantity:
        """What these items make together. Refuses one that is not free."""
        sizes = {one.id: one.quantity for one in self.items}
        if not set(ids) <= set(sizes):
            raise Conflict("item_not_free", "One of these items is not free.", field=f"lot-{self.lot.id}")
        return sum((sizes[one] for one in ids), Quantity.zero(self.lot.unit))


def choices(ws: Workspace) -> list[Choice]:
    """The firm's own lots with something free, oldest first."""
    return [Choice(lot, _items(ws, lot)) for lot in pledgeable_lots(ws)]


def chosen(form: MultiDict[str, str], offered: list[Choice]) -> tuple[Goods, Items]:
    """What a form puts up. Items of a lot (`item-<id>`) make its quantity, unless one is typed as well: then the two have to agree."""
    goods = entered.goods({one.lot.id: one.lot.unit for one in offered})
    typed, items = dict(goods), {}
    for one in offered:
        ids = [_identity(one.lot, text) for text in form.getlist(f"item-{one.lot.id}")]
        if ids:
            items[one.lot.id] = ids
            typed.setdefault(one.lot.id, one.make(ids))
    return list(typed.items()), items


def put_in(offered: list[Choice], lot_id: UUID | None, bank: str) -> MultiDict[str, str]:
    """What a form begins with where a lot or a bank was chosen before: all that is free of the lot, each item of it where it has some."""
    given = MultiDict([("bank_id", bank)] if bank else [])
    for one in offered:
        if one.lot.id == lot_id and one.items:
            given.setlist(f"item-{lot_id}", [str(item.id) for item in one.items])
        elif one.lot.id == lot_id:
            given[f"lot-{lot_id}"] = f"{one.lot.free_qty.normalize():f}"
    return given


def _identity(lot: Lot, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=f"lot-{lot.id}") from wrong


def _items(ws: Workspace, lot: Lot) -> tuple[Item, ...]:
    if lot.tracking != SERIALISED:
        return ()
    sizes = {one.id: Quantity.from_base_units(one.count, lot.unit) for one in offerable_pieces(ws, lot)}
    return tuple(Item(one.id, one.serial, sizes[one.id]) for one in items_of(ws, lot.id, live=True) if one.id in sizes)
