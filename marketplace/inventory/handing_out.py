"""Sold goods go out to their buyer: the receipts that stood for them end with it."""

from collections.abc import Sequence

from marketplace.inventory import receipt_events as events
from marketplace.inventory.models import Lot
from marketplace.inventory.receipt_models import WarehouseReceipt
from marketplace.inventory.receipt_queries import receipts_of_lot
from marketplace.inventory.rules.receipts import RECEIPT, ReceiptState
from marketplace.inventory.standing import ends
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


def _lies_in(units: tuple[int, int], sold: Sequence[tuple[int, int]]) -> bool:
    """Whether every unit was sold; ranges that touch count together."""
    reached = units[0]
    for start, end in sorted(sold):
        if start <= reached:
            reached = max(reached, end)
    return reached >= units[1]
