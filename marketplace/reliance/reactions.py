"""What follows for the grade: alarms about goods, and pictures of them, change how far their evidence may be relied on."""

from datetime import timedelta
from uuid import UUID

from marketplace.inventory.queries import GONE, find_lot
from marketplace.reliance import actions
from marketplace.reliance.rules.table import Grade
from marketplace.supervision.correction_events import AlarmSuperseded
from marketplace.supervision.events import AlarmCleared, AlarmClosed, AlarmRaised
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

AGAIN_AFTER = timedelta(minutes=30)


@reacts_to(AlarmRaised, AlarmCleared, AlarmClosed, AlarmSuperseded, roles={"supervisor"})
def grade_evidence(ws: Workspace, happened: Happened) -> None:
    """An alarm about goods was raised or is over: grade their evidence anew. An alarm about a site or an idle device is about no goods."""
    lot_id = happened.facts.get("lot_id")
    if lot_id and find_lot(ws, UUID(lot_id)).status not in GONE:
        _grade(ws, UUID(lot_id))


@reacts_to(roles=set())
def grade_again(ws: Workspace, happened: Happened) -> None:
    """A device was silent when the lot was last graded: by now it may be silent for longer than its grade allows."""
    lot_id = UUID(happened.facts["lot_id"])
    if find_lot(ws, lot_id).status not in GONE:
        _grade(ws, lot_id)


def _grade(ws: Workspace, lot_id: UUID) -> None:
    """Silence grows without anything happening: while a device is silent the lot is graded anew each half hour, until there is nothing left to lose."""
    found = actions.grade_lot(ws, lot_id)
    silent = any(one.factor == "freshness" and one.grade is not Grade.A for one in found.findings)
    due = ws.now + AGAIN_AFTER
    if silent and found.grade is not Grade.E:
        ws.set_timer("reliance.grade_again", key=f"{lot_id}:{due.isoformat()}", due=due, stream_id=lot_id, lot_id=str(lot_id))  # fmt: skip
