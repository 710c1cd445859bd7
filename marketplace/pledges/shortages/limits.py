"""After a shortage no bank's order and no receipt takes more of a lot than its share; the database keeps the counters (`constraints.py`)."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.receipts.signing import draws_shares
from marketplace.inventory.shares import beyond_share
from marketplace.quantity import Quantity, base_units
from tenants.workspace import Workspace


def require_within_share(ws: Workspace, deal_id: UUID, lot: Lot, wanted: Quantity, *, field: str) -> None:
    """Refuse more than a confirmed table leaves this deal of the lot; a deal that came later has what the shares of others leave. Nothing where the lot was never short."""
    if lot.share_left is None:
        return
    left = ws.session.scalar(select(func.gate.share_left(deal_id, lot.id)))
    if left is not None and base_units(wanted) > left:
        raise beyond_share(Quantity.from_base_units(left, lot.unit), field)


@draws_shares
def draw_on_receipt(ws: Workspace, lot: Lot, receipt: WarehouseReceipt) -> None:
    """Take what a receipt delivers off its holder's share. Refuses more: the receipt is split first."""
    units = base_units(receipt.amount)
    left = ws.session.scalar(select(func.gate.draw_holder_share(lot.id, receipt.holder_id, units)))
    if left is not None:
        raise beyond_share(Quantity.from_base_units(left, lot.unit), "quantity")
