"""What is missing, by trusted scales and a duty officer's word, no longer counts as verified."""

from collections.abc import Sequence

from marketplace.inventory.actions import shrink_verified
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.items import SERIALISED
from marketplace.quantity import Quantity
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.words import by_alarm
from tenants.workspace import Workspace


def write_off_missing(ws: Workspace, alarm: Alarm, *, evidence: Sequence[str]) -> None:
    """Let the verified quantity fall to what the scales show, where this firm is the lot's supervisor and they show less."""
    if alarm.lot_id is None:
        return
    lot = find_lot(ws, alarm.lot_id, lock=True)
    measured = condition_of(ws, lot.id).measured_qty
    if (
        lot.supervisor_id != ws.tenant_id
        or lot.tracking == SERIALISED  # which items are missing is for people to name
        or lot.verified_qty is None
        or measured is None
        or measured >= lot.verified_qty
    ):
        return
    shrink_verified(
        ws,
        lot.id,
        to=Quantity(measured, lot.unit),
        because=by_alarm(alarm),
        evidence=[alarm.id, *evidence],
    )
