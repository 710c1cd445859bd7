"""The items of a serialised lot where its goods move: which are free, which leave, and that none is ever cut."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.items.events import ItemsLeft
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.models import Lot
from marketplace.inventory.rules import items as rules
from marketplace.inventory.rules.items import SERIALISED, Piece
from marketplace.quantity import Quantity, base_units
from tenants.errors import NotFound
from tenants.workspace import Workspace


def items_of(ws: Workspace, lot_id: UUID, *, live: bool = False) -> list[LotItem]:
    """The items of a lot in the order of their list; `live`: those that have not ended."""
    wanted = select(LotItem).where(LotItem.lot_id == lot_id).order_by(LotItem.position, LotItem.id)
    return list(ws.session.scalars(wanted.where(LotItem.ended_at.is_(None)) if live else wanted))


def find_item(ws: Workspace, lot_id: UUID, item_id: UUID) -> LotItem:
    """One item of a lot that the viewer may see."""
    wanted = select(LotItem).where(LotItem.id == item_id, LotItem.lot_id == lot_id)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("item_unknown", "There is no such item.", field="item_id")
    return found


def standing_of(lot: Lot, item: LotItem) -> str:
    """Where an item stands: ANNOUNCED, THERE, PLEDGED (held by a pledge), or GONE."""
    if item.ended_at is not None:
        return "GONE"
    if item.received_at is None:
        return "ANNOUNCED"
    held = item.units is not None and any(not (span * item.units).isempty for span in lot.held)
    return "PLEDGED" if held else "THERE"


def pieces_of(ws: Workspace, lot: Lot) -> list[Piece]:
    """The live items of a lot where they lie in it; none for a lot that is not kept item by item."""
    if lot.tracking != SERIALISED:
        return []
    return [
        Piece(one.units.lower or 0, one.units.upper or 0, one.id)
        for one in items_of(ws, lot.id, live=True)
        if one.units is not None
    ]


def free_pieces(ws: Workspace, lot: Lot) -> list[Piece]:
    """Those that no pledge holds and no receipt stands for."""
    taken = [(span.lower or 0, span.upper or 0) for span in (*lot.held, *lot.receipted)]
    return [one for one in pieces_of(ws, lot) if not any(s < one.end and one.start < e for s, e in taken)]


def require_whole(ws: Workspace, lot: Lot, spans: Iterable[tuple[int, int]]) -> None:
    """Refuse ranges of a lot's units that cut an item."""
    rules.within(pieces_of(ws, lot), spans)


def let_leave(ws: Workspace, lot: Lot, leaving: Quantity, spans: Sequence[tuple[int, int]] | None) -> None:
    """End the items that leave: those in `spans`, or else the first free ones that make exactly so much. Nothing for a lot without items."""
    if lot.tracking != SERIALISED:
        return
    if spans is None:
        pieces = rules.pick(free_pieces(ws, lot), base_units(leaving), lot.unit)
    else:
        pieces = rules.within(pieces_of(ws, lot), spans)
    serials = end_items(ws, lot, {piece.id for piece in pieces})
    ws.record(ItemsLeft(lot_id=lot.id, number=lot.number, serials=serials), on=lot.id)


def end_items(ws: Workspace, lot: Lot, ids: set[UUID]) -> list[str]:
    """End these items of a locked lot; their serials."""
    ended = [one for one in items_of(ws, lot.id, live=True) if one.id in ids]
    for one in ended:
        one.ended_at = ws.now
    ws.session.flush()
    return [one.serial for one in ended]


def settle_items(ws: Workspace, lot: Lot) -> Quantity | None:
    """At the verification: each item that came gets its units, those that never came end. What they make together; None for a lot without items."""
    if lot.tracking != SERIALISED:
        return None
    items = items_of(ws, lot.id, live=True)
    there = [one for one in items if one.weighed is not None]
    end_items(ws, lot, {one.id for one in items} - {one.id for one in there})
    for item, (start, end) in zip(there, rules.lay_out([base_units(_accepted(one)) for one in there]), strict=True):
        item.units = Range(start, end)
    ws.session.flush()
    return received(ws, lot)


def received(ws: Workspace, lot: Lot) -> Quantity | None:
    """What the items of a lot that came make together, each by the lesser of papers and scale; None for a lot without items."""
    if lot.tracking != SERIALISED:
        return None
    there = [_accepted(one) for one in items_of(ws, lot.id, live=True) if one.weighed is not None]
    return sum(there, Quantity.zero(lot.unit))


def _accepted(item: LotItem) -> Quantity:
    assert item.weighed is not None, "an item that came was weighed"
    return rules.accepted(item.documented, item.weighed)
