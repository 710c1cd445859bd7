"""Test alarms: the desk is rung, and nothing else. A drill is no alarm, so it can freeze no goods, revalue none, and disturb no figure about them."""

from uuid import UUID

from marketplace.duty.events import DrillAnswered, DrillMissed, DrillRung
from marketplace.duty.models import Drill
from marketplace.duty.queries import find_drill, on_duty
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.duty import SERVICE_LEVELS
from marketplace.supervision.words import SEVERITIES, saying
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

CLOSE = "duty.close_drill"
LONGEST_SCRIPT = 500


def ring_drill(ws: Workspace, *, severity: str, script: str) -> Drill:
    """Ring the desk as for an alarm of this severity, with what is to be supposed. Refuses one where nobody is on duty, and severities without a time to act."""
    ws.may("plan_duty")
    level = SERVICE_LEVELS.get(Severity(severity)) if severity in SEVERITIES else None
    if level is None:
        raise Invalid("severity_unlisted", "A drill is critical, major or minor.", field="severity")
    text = script.strip()
    if not text or len(text) > LONGEST_SCRIPT:
        raise Invalid("drill_unscripted", "Say in 1 to %(most)s characters what is to be supposed.", field="script", most=LONGEST_SCRIPT)  # fmt: skip
    present = on_duty(ws)
    if not present:
        raise Conflict("desk_empty", "Nobody is on duty now.")
    made = Drill(
        tenant_id=ws.tenant_id, id=new_id(), roster_id=present[0].roster_id, severity=severity, script=text, rung_by=ws.member.name,
        rung_by_id=ws.person_id, rung_at=ws.now, due_at=ws.now + level.acknowledged,
    )  # fmt: skip
    made.number = f"D{ws.now:%y%m%d}-{made.id.hex[-4:].upper()}"
    ws.session.add(made)
    ws.session.flush()
    ws.set_timer(CLOSE, key=str(made.id), due=made.due_at, stream_id=made.roster_id, drill_id=str(made.id))
    ws.record(DrillRung(drill_id=made.id, number=made.number, severity_word=saying(SEVERITIES[severity]), script=text, due_at=made.due_at), on=made.roster_id)  # fmt: skip
    return made


def answer_drill(ws: Workspace, drill_id: UUID) -> Drill:
    """An officer on duty takes note, as of an alarm. Refuses whoever rang it, those off duty, and a drill that is over."""
    ws.may("stand_duty")
    drill = find_drill(ws, drill_id, lock=True)
    if drill.rung_by_id == ws.person_id:
        raise NotAllowed("own_drill", "Whoever rang a drill does not answer it.")
    if ws.person_id not in {one.officer_id for one in on_duty(ws)}:
        raise NotAllowed("not_at_the_desk", "Only an officer on duty answers a drill.")
    if drill.answered_at or drill.missed_at or ws.now > drill.due_at:
        raise Conflict("drill_over", "This drill is over.")
    drill.answered_at, drill.answered_by = ws.now, ws.member.name
    took = {"seconds": int((ws.now - drill.rung_at).total_seconds())}
    ws.record(DrillAnswered(drill_id=drill.id, number=drill.number, by=ws.member.name, took=took), on=drill.roster_id)
    return drill


def close_drill(ws: Workspace, drill: Drill) -> None:
    """The time to answer is over."""
    if drill.answered_at is None and drill.missed_at is None and ws.now >= drill.due_at:
        drill.missed_at = drill.due_at
        ws.record(DrillMissed(drill_id=drill.id, number=drill.number), on=drill.roster_id)
