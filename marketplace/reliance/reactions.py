"""What follows for the grade: alarms about goods, and pictures of them, change how far their evidence may be relied on."""

from uuid import UUID

from marketplace.inventory.queries import GONE, find_lot
from marketplace.reliance import actions
from marketplace.supervision.events import AlarmCleared, AlarmClosed, AlarmRaised
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(AlarmRaised, AlarmCleared, AlarmClosed, roles={"supervisor"})
def grade_evidence(ws: Workspace, happened: Happened) -> None:
    """An alarm about goods was raised or is over: grade their evidence anew. An alarm about a site or an idle device is about no goods."""
    lot_id = happened.facts.get("lot_id")
    if lot_id and find_lot(ws, UUID(lot_id)).status not in GONE:
        actions.grade_lot(ws, UUID(lot_id))
