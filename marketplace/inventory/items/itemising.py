"""Keeping a lot item by item: the owner lists the items, the warehouse weighs each in, the supervisor names those that are missing."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marketplace.inventory.items.events import ItemReceived, ItemsDeclared, ItemsMissed
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.items.pieces import end_items, find_item, items_of
from marketplace.inventory.models import Lot, LotImport, Weighing
from marketplace.inventory.places.queries import find_product
from marketplace.inventory.queries import find_item_list, find_lot, weighings_of
from marketplace.inventory.receiving import at_own_warehouse, take_in, weigh_more
from marketplace.inventory.rules import items as rules
from marketplace.inventory.rules.identity import LotIdentity as Gs1Identity
from marketplace.inventory.rules.identity import digital_link
from marketplace.inventory.rules.item_rows import checked_rows, read_item_rows
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.rules.lots import LotState
from marketplace.inventory.standing import write_down
from marketplace.quantity import Quantity
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.workspace import Workspace

TAKEN = {"23505", "23P01"}


def read_items(ws: Workspace, lot_id: UUID, *, name: str, content: bytes) -> LotImport:
    """Read a list of a declared lot's items for preview: serial, quantity, tag. Each row keeps its errors by column; nothing is declared yet.

    Refuses a file that is no table or lacks the columns, and a lot that is not one's own or whose goods have come.
    """
    lot = _to_be_listed(ws, lot_id)
    rows = checked_rows(read_item_rows(content), gtin=find_product(ws, lot.product_id).gtin, unit=lot.unit)
    kept = LotImport(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        name=name[-150:],
        sha256=hashlib.sha256(content).hexdigest(),
        rows=rows,
        made_by=ws.member.name,
        made_at=ws.now,
    )
    ws.session.add(kept)
    ws.session.flush()
    return kept


def declare_items(ws: Workspace, list_id: UUID) -> Lot:
    """Declare the lot item by item, as the list says: from now on it is kept so. A list with wrong rows is refused whole: one item left out would be lost.

    Refuses items that do not add up to the lot's papers, and a serial or tag that is live in the house already, without saying whose.
    """
    kept = find_item_list(ws, list_id)
    assert kept.lot_id is not None
    lot = _to_be_listed(ws, kept.lot_id)
    if any(row["errors"] for row in kept.rows):
        raise Conflict("list_has_errors", "Correct the rows with errors first: a list of items is declared whole.")
    rules.require_complete(lot.documented, [Quantity.of(row["amount"], lot.unit) for row in kept.rows])
    lot.tracking, lot.pieces = SERIALISED, len(kept.rows)
    ws.session.flush()
    for position, row in enumerate(kept.rows):
        _add(ws, lot, find_product(ws, lot.product_id).gtin, position, row)
    kept.declared_at = ws.now
    fact = ItemsDeclared(lot_id=lot.id, number=lot.number, items=len(kept.rows), sha256=kept.sha256)
    ws.record(fact, on=lot.id, evidence=[kept.sha256])
    return lot


def receive_item(
    ws: Workspace,
    lot_id: UUID,
    item_id: UUID,
    *,
    gross: Quantity,
    tare: Quantity,
    bin_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> LotItem:
    """Weigh one announced item in; the first one takes the lot into a bin. Refuses an item that came already, and another warehouse."""
    ws.may("receive_lot")
    lot = at_own_warehouse(ws, lot_id)
    item = find_item(ws, lot.id, item_id)
    ws.session.refresh(item, with_for_update={"key_share": True})
    if item.received_at is not None or item.ended_at is not None:
        raise Conflict("item_received", "Item %(serial)s came already.", field="item_id", serial=item.serial)
    passed = {"gross": gross, "tare": tare, "ticket": ticket, "vehicle": vehicle}
    if lot.status == LotState.DECLARED:
        if bin_id is None:
            raise Invalid("bin_unknown", "Choose a bin of this site.", field="bin_id")
        take_in(ws, lot, bin_id=bin_id, **passed)  # type: ignore[arg-type]
    else:
        weigh_more(ws, lot, **passed)  # type: ignore[arg-type]
    item.weighed_qty, item.received_at = _last_pass(weighings_of(ws, lot.id)), ws.now
    fact = ItemReceived(
        lot_id=lot.id, number=lot.number, item_id=item.id, serial=item.serial, identity=item.path, net=Quantity(item.weighed_qty, item.unit)
    )  # fmt: skip
    ws.record(fact, on=lot.id)
    return item


def miss_items(ws: Workspace, lot_id: UUID, *, items: Sequence[UUID], because: str) -> Lot:
    """The supervisor names items that are missing. Before the verification they end; after it what is verified falls by what they were.

    Pledges on them stay, and the lot is short by them. Refuses all but the lot's supervisor, and items that are not there.
    """
    ws.may("report_loss")
    lot = find_lot(ws, lot_id, lock=True)
    if lot.supervisor_id != ws.tenant_id:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    there = {one.id: one for one in items_of(ws, lot.id, live=True) if one.weighed is not None}
    if not items or not set(items) <= set(there):
        raise Invalid("item_unknown", "There is no such item.", field="items")
    missing = [one.units for one_id, one in there.items() if one_id in set(items)]
    serials = end_items(ws, lot, set(items))
    fact = ItemsMissed(lot_id=lot.id, number=lot.number, serials=serials, because=because.strip()[:500])
    ws.record(fact, on=lot.id)
    if lot.verified is not None:
        gone = sum((units.upper or 0) - (units.lower or 0) for units in missing if units is not None)
        write_down(ws, lot, lot.verified - Quantity.from_base_units(gone, lot.unit), because.strip()[:500])
    return lot


def _to_be_listed(ws: Workspace, lot_id: UUID) -> Lot:
    ws.may("declare_lot")
    lot = find_lot(ws, lot_id, lock=True)
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    if lot.status != LotState.DECLARED or lot.tracking != "LOT" or lot.conversion_id is not None:
        raise Conflict("lot_not_to_be_listed", "Items are listed once, before the goods come.")
    return lot


def _add(ws: Workspace, lot: Lot, gtin: str, position: int, row: dict[str, str]) -> None:
    name = Gs1Identity(gtin=gtin, serial=row["serial"])
    item = LotItem(
        tenant_id=lot.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        position=position,
        serial=row["serial"],
        gtin=name.gtin,
        path=digital_link(name, ""),
        tag=row.get("tag") or None,
        unit=lot.unit,
        documented_qty=Decimal(row["amount"]),
        declared_at=ws.now,
    )
    try:
        with ws.session.begin_nested():
            ws.session.add(item)
    except IntegrityError as taken:
        if getattr(taken.orig, "sqlstate", "") not in TAKEN:
            raise
        raise Conflict("item_taken", "Item %(serial)s, or its tag, is declared already.", field="file", serial=row["serial"]) from taken  # fmt: skip


def _last_pass(weighings: Sequence[Weighing]) -> Decimal:
    return weighings[-1].gross - weighings[-1].tare
