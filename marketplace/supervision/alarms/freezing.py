"""Stopping the goods: a lot that an alarm speaks of, and goods that leave without the bank's word."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from marketplace.inventory.actions import freeze_lot
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.pledges.queries import release_authority
from marketplace.quantity import Quantity
from marketplace.supervision.about import goods_of
from marketplace.supervision.alarms.raising import acting_house, raise_alarm
from marketplace.supervision.events import GateExitRecorded
from marketplace.supervision.models.alarms import Alarm, GateExit
from marketplace.supervision.words import by_alarm
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

EXIT_SAYS = "%(quantity)s left through the gate where %(authorised)s were released."


def freeze_for(ws: Workspace, alarm: Alarm) -> bool:
    """Freeze all goods that the alarm is about or concerns, by the house's own rule. False where there are none, or none that can be frozen or is not so already."""
    stopped = [_freeze(ws, alarm, lot_id) for lot_id in goods_of(ws, [alarm])[alarm.id]]
    alarm.froze_lot = alarm.froze_lot or any(stopped)
    return any(stopped)


def _freeze(ws: Workspace, alarm: Alarm, lot_id: UUID) -> bool:
    if find_lot(ws, lot_id).is_frozen:
        return False
    try:
        with ws.session.begin_nested():
            freeze_lot(acting_house(ws), lot_id, reason=by_alarm(alarm))
    except Conflict:  # the lot is not held any more: there is nothing to stop
        return False
    return True


def record_gate_exit(ws: Workspace, lot_id: UUID, *, quantity: Quantity, vehicle: str = "") -> Alarm | None:
    """Record that goods of the lot left through the gate. Beyond what was let go: a CRITICAL alarm, and the lot is frozen at once.

    All that this firm saw leave is compared with what the house has booked out and what may leave now (invariant 5). Refuses a quantity that is not
    positive, and another unit than the lot's. Returns the alarm where there is one.
    """
    ws.may("record_gate_exit")
    lot = find_lot(ws, lot_id, lock=True)
    if quantity.unit != lot.unit:
        raise Invalid("unit_mismatch", "The lot is counted in %(unit)s.", field="quantity", unit=lot.unit)
    if quantity.amount <= 0:
        raise Invalid("quantity_not_positive", "The quantity must be above zero.", field="quantity")
    authorised = _still_authorised(ws, lot)
    ws.session.add(_exit_row(ws, lot, quantity, vehicle))
    ws.record(GateExitRecorded(lot_id=lot_id, quantity=quantity, authorised=authorised, recorded_at=ws.now), on=lot_id)
    if quantity <= authorised:
        return None
    alarm = raise_alarm(
        ws,
        type="unauthorised_move",
        severity="CRITICAL",
        because=EXIT_SAYS,
        lot_id=lot_id,
        at_risk=quantity - authorised,
        quantity=quantity,
        authorised=authorised,
    )
    freeze_for(ws, alarm)
    return alarm


def _still_authorised(ws: Workspace, lot: Lot) -> Quantity:
    """What may leave beside what this firm has seen leave already; never negative."""
    seen = select(func.coalesce(func.sum(GateExit.quantity), 0)).where(
        GateExit.tenant_id == ws.tenant_id, GateExit.lot_id == lot.id
    )
    left = lot.departed_qty + release_authority(ws, lot.id) - Decimal(ws.session.scalar(seen) or 0)
    return Quantity(max(Decimal(0), left), lot.unit)


def _exit_row(ws: Workspace, lot: Lot, quantity: Quantity, vehicle: str) -> GateExit:
    return GateExit(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        quantity=quantity.amount,
        unit=lot.unit,
        vehicle=vehicle.strip()[:40],
        recorded_by=ws.member.name,
        recorded_at=ws.now,
    )
