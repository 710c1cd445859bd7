"""After a shortage no bank's order takes more of a lot than the bank's share of it; the database holds it too (`constraints.py`)."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.standing import beyond_share
from marketplace.quantity import Quantity, base_units
from tenants.workspace import Workspace


def require_within_share(ws: Workspace, deal_id: UUID, lot: Lot, wanted: Quantity, *, field: str) -> None:
    """Refuse more than a confirmed table leaves this deal of the lot. Nothing where the lot was never short."""
    if lot.share_left is None:
        return
    left = ws.session.scalar(select(func.gate.share_left(deal_id, lot.id)))
    if left is not None and base_units(wanted) > left:
        raise beyond_share(Quantity.from_base_units(left, lot.unit), field)
