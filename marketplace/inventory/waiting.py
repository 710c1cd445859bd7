"""What stands in the viewer's care, in one question: for the first page that people see."""

from decimal import Decimal

from sqlalchemy import func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from tenants import rooms
from tenants.workspace import Workspace


def held_quantity(ws: Workspace) -> dict[str, Decimal]:
    """How much of the goods in the viewer's sight is there, by unit: verified, else as weighed in. Largest first."""
    mine = rooms.granted(ws, Lot, Lot.id, kind="lot").where(Lot.status.not_in(GONE)).subquery()
    there = func.sum(func.coalesce(mine.c.verified_qty, mine.c.weighed_qty, 0))
    rows = ws.session.execute(select(mine.c.unit, there).group_by(mine.c.unit).order_by(there.desc()))
    return {unit: Decimal(amount) for unit, amount in rows if amount}
