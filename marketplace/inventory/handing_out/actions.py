"""Sold goods go out to their buyer: at first on its word, so that they may come back under their pledge, and for good when the sale is final. The receipts
that stood for them end with it.
"""

from collections.abc import Sequence
from uuid import UUID

from marketplace.inventory.handing_out.events import DepartureSettled, LotReturned
from marketplace.inventory.items.pieces import let_leave
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts import events
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.receipts.queries import receipts_of_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.inventory.rules.receipts import RECEIPT, ReceiptState
from marketplace.inventory.shares import require_share
from marketplace.inventory.standing import (
    NONE,
    end_if_empty,
    ends,
    fit_units,
    require_movable,
    tell_departed,
)
from marketplace.quantity import Quantity
from tenants.errors import Conflict
from tenants.workspace import Workspace


def hand_out_receipts(ws: Workspace, lot: Lot, sold: Sequence[tuple[int, int]]) -> list[WarehouseReceipt]:
    """The warehouse delivers and cancels the receipts of a locked lot whose goods all lie in the ranges that were sold: whoever held the paper before,
    the sale passed title. The caller hands the goods themselves over in the same act.
    """
    ended = [
        one
        for one in receipts_of_lot(ws, lot.id)
        if one.status == ReceiptState.ISSUED and _lies_in(ends(one.units), sold)
    ]
    for receipt in ended:
        receipt.status = RECEIPT.next_state(ReceiptState.ISSUED, "deliver")
        receipt.ended_at = ws.now
    ws.session.flush()
    for receipt in ended:
        receipt.status = RECEIPT.next_state(ReceiptState.DELIVERED, "cancel")
        fact = events.ReceiptSurrendered(
            receipt_id=receipt.id, number=receipt.number, quantity=receipt.amount, delivered=True
        )
        ws.record(fact, on=receipt.id)
    ws.session.flush()
    return ended


def hand_out_pledged(ws: Workspace, lot_id: UUID, leaving: Quantity) -> Lot:
    """Goods in disposal left under their creditor's order, on the word of a buyer that may still refuse them.

    They are no longer verified here; the pledge on them, their units, items and receipts stay until the sale is final (`settle_departure`), or they come back.
    """
    lot = find_lot(ws, lot_id, lock=True)
    require_movable(lot)
    ws.session.refresh(lot)
    require_share(lot, leaving.to(lot.unit))
    amount = leaving.to(lot.unit).amount
    if lot.standing != LotState.IN_DISPOSAL or not 0 < amount <= min(lot.verified_qty or NONE, lot.pledged_qty):
        free = str(Quantity(min(lot.verified_qty or NONE, lot.pledged_qty), lot.unit))
        raise Conflict("not_free_to_leave", "Only %(free)s of this lot may leave.", field="quantity", free=free)
    lot.verified_qty, lot.departed_qty = (lot.verified_qty or NONE) - amount, lot.departed_qty + amount
    ws.session.flush()
    tell_departed(ws, lot, leaving)
    return lot


def tell_returned(ws: Workspace, lot_id: UUID, returned: Quantity) -> Lot:
    """Goods that had been handed out lie here again: the gate has written them back, the pledge on them had not ended."""
    lot = find_lot(ws, lot_id, lock=True)
    ws.session.refresh(lot)
    left = Quantity(lot.verified_qty or NONE, lot.unit)
    ws.record(LotReturned(lot_id=lot.id, number=lot.number, returned=returned, left=left), on=lot.id)
    return lot


def settle_departure(ws: Workspace, lot_id: UUID, gone: Quantity, *, spans: Sequence[tuple[int, int]]) -> Lot:
    """Sold goods that were handed out stay with their buyer: items and units go with them, and a lot of which nothing is left has departed."""
    lot = find_lot(ws, lot_id, lock=True)
    ws.session.refresh(lot)
    let_leave(ws, lot, gone, spans)
    end_if_empty(ws, lot)
    ws.session.flush()
    fit_units(ws, lot)
    ws.record(DepartureSettled(lot_id=lot.id, number=lot.number, departed=gone), on=lot.id)
    return lot


def _lies_in(units: tuple[int, int], sold: Sequence[tuple[int, int]]) -> bool:
    """Whether every unit was sold; ranges that touch count together."""
    reached = units[0]
    for start, end in sorted(sold):
        if start <= reached:
            reached = max(reached, end)
    return reached >= units[1]
