"""The movements of a borrower's goods, as far as its bank may see them: those of lots that were shown to it, of the kind that carries most of the deal."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from marketplace.business_days import SHANGHAI
from marketplace.financing.models.deals import DealGoods
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import lots_by_id
from marketplace.risk.assessment.turnover import Movement
from tenants.events import Event
from tenants.workspace import Workspace

COUNTED, LEFT, CAME_BACK = ("QuantityShrunk", "QuantityFound"), "LotDeparted", "LotReturned"


def movements_of(ws: Workspace, borrower_id: UUID, goods: Sequence[DealGoods]) -> list[Movement]:
    """What came in and left of goods like most of these, in their unit."""
    kinds = Counter[tuple[str, str]]()
    amounts = {one.lot_id: one.quantity for one in goods}
    for lot in lots_by_id(ws, set(amounts)):
        kinds[lot.price_code, lot.unit] += int(amounts[lot.id] * 1000)
    if not kinds:
        return []
    (code, unit), _ = kinds.most_common(1)[0]
    alike = select(Lot).where(Lot.tenant_id == borrower_id, Lot.price_code == code, Lot.unit == unit, Lot.verified_at.is_not(None))  # fmt: skip
    lots = list(ws.session.scalars(alike))
    gone = _gone(ws, lots)
    return [*(_arrival(lot, gone) for lot in lots), *(move for moves in gone.values() for move in moves)]


def _arrival(lot: Lot, gone: dict[UUID, list[Movement]]) -> Movement:
    """What was verified of a lot: what is left of it, and all that went since. What became other lots counts there."""
    assert lot.verified_at is not None, "asked for verified lots"
    went = -sum((move.amount for move in gone.get(lot.id, [])), Decimal(0))
    return Movement(lot.verified_at.astimezone(SHANGHAI).date(), (lot.verified_qty or Decimal(0)) + went)  # fmt: skip


def _gone(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, list[Movement]]:
    """Lot by lot what left, came back, was written off, or was found again."""
    wanted = select(Event).where(Event.stream_id.in_([one.id for one in lots]), Event.kind.in_((*COUNTED, LEFT, CAME_BACK)))  # fmt: skip
    found: dict[UUID, list[Movement]] = {}
    for event in ws.session.scalars(wanted.order_by(Event.sequence)):
        found.setdefault(event.stream_id, []).append(_movement(event))
    return found


def _movement(event: Event) -> Movement:
    day, told = event.at.astimezone(SHANGHAI).date(), event.values
    if event.kind == LEFT:
        return Movement(day, -Decimal(told["departed"]["amount"]), sold=True)
    if event.kind == CAME_BACK:
        return Movement(day, Decimal(told["returned"]["amount"]), sold=True)
    return Movement(day, Decimal(told["after"]["amount"]) - Decimal(told["before"]["amount"]))
