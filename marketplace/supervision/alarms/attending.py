"""What people make of an alarm: a duty officer takes note, anybody who sees it may comment, the supervisor gives it its end. Never the pledgor; and a
CRITICAL alarm is never left unexplained (domain model, section 3, invariant 37).
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from marketplace.supervision.about import goods_of
from marketplace.supervision.alarms.concerning import stream_of, tell_all
from marketplace.supervision.alarms.contests import settle, waiting_contest
from marketplace.supervision.alarms.incidents import Incident, incident_of
from marketplace.supervision.alarms.raising import mark_cleared
from marketplace.supervision.alarms.writing_off import write_off_missing
from marketplace.supervision.events import (
    AlarmAcknowledged,
    AlarmAssigned,
    AlarmClosed,
    AlarmCommented,
    AlarmLookedInto,
    AlarmShelved,
)
from marketplace.supervision.models.alarms import Alarm, AlarmNote
from marketplace.supervision.queries import find_alarm
from marketplace.supervision.rules.alarms import Severity, require_explained
from marketplace.supervision.rules.contests import upholds
from marketplace.supervision.rules.duty import Clock, clocks
from marketplace.supervision.words import DISPOSITIONS, LOOKS, saying
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.members import find_member
from tenants.workspace import Workspace

LONGEST_SHELVING = timedelta(hours=8)
LONGEST_TEXT = 2000


def acknowledge_alarm(ws: Workspace, alarm_id: UUID) -> Alarm:
    """A duty officer takes note: the first who does so is kept."""
    ws.may("acknowledge_alarm")
    alarm = to_change(ws, alarm_id)
    if alarm.acknowledged_at:
        raise Conflict("already_acknowledged", "This alarm is already acknowledged.")
    alarm.acknowledged_at, alarm.acknowledged_by = ws.now, ws.member.name
    tell_all(ws, alarm, AlarmAcknowledged(alarm_id=alarm.id, number=alarm.number, by=ws.member.name))
    return alarm


def assign_alarm(ws: Workspace, alarm_id: UUID, person_id: UUID) -> Alarm:
    """Give an alarm to one of the firm's own people to see to. Whoever gives it has taken note of it.

    Refuses somebody who left, and people of other firms as not found.
    """
    ws.may("acknowledge_alarm")
    alarm, member = to_change(ws, alarm_id), find_member(ws, person_id)
    if member.ended_at:
        raise Conflict("member_left", "This person has left the firm.", field="person_id")
    alarm.assigned_to, alarm.assigned_at = member.name, ws.now
    if alarm.acknowledged_at is None:
        acknowledge_alarm(ws, alarm_id)
    ws.record(
        AlarmAssigned(alarm_id=alarm.id, number=alarm.number, to=member.name, by=ws.member.name),
        on=stream_of(ws, alarm),
    )
    return alarm


def acknowledge_incident(ws: Workspace, alarm_id: UUID) -> Incident:
    """A duty officer takes note of a whole incident: of each of its alarms that nobody has taken note of yet."""
    ws.may("acknowledge_alarm")
    fresh = [one for one in incident_of(ws, alarm_id).alarms if one.acknowledged_at is None and one.closed_at is None]
    if not fresh:
        raise Conflict("already_acknowledged", "This alarm is already acknowledged.")
    for alarm in fresh:
        acknowledge_alarm(ws, alarm.id)
    return incident_of(ws, alarm_id)


def report_look(ws: Workspace, alarm_id: UUID, *, how: str, saw: str) -> Alarm:
    """An officer looked at what an alarm tells of: from the desk by video, or standing before the goods (`LOOKS`), and says what was seen.

    Whoever stands there stands there for all that is open of the incident; of each the first look is kept, and who looks has taken note. Refuses the
    pledgor, a second report of the same alarm, and one without a word.
    """
    ws.may("acknowledge_alarm")
    if how not in LOOKS:
        raise Invalid("look_unknown", "Say whether it was by video or on site.", field="how")
    said = written(saw, "saw", "Say what was seen.")
    # Held in the incident's order: two who come to it by different alarms never wait for each other.
    incident = [held(ws, one.id) for one in incident_of(ws, alarm_id).alarms]
    alarm = to_change(ws, alarm_id)
    if getattr(alarm, f"{how}_at"):
        raise Conflict("already_looked", "This was reported already.")
    for one in incident:
        if one.closed_at is None and getattr(one, f"{how}_at") is None:
            _look(ws, one, how, said)
    _note(ws, alarm, said)
    return alarm


def _look(ws: Workspace, alarm: Alarm, how: str, saw: str) -> None:
    setattr(alarm, f"{how}_at", ws.now)
    setattr(alarm, f"{how}_by", ws.member.name)
    if alarm.acknowledged_at is None:
        acknowledge_alarm(ws, alarm.id)
    told = AlarmLookedInto(alarm_id=alarm.id, number=alarm.number, how_word=saying(LOOKS[how]), by=ws.member.name, saw=saw)  # fmt: skip
    ws.record(told, on=stream_of(ws, alarm))


def clocks_of(alarm: Alarm) -> tuple[Clock, ...]:
    """What its service level asks of the desk, by when, and what of it was done."""
    done = {"acknowledged": alarm.acknowledged_at, "seen_by_video": alarm.seen_at, "on_site": alarm.on_site_at}
    return clocks(Severity(alarm.severity), alarm.noticed_at, done)


def comment_alarm(ws: Workspace, alarm_id: UUID, text: str) -> AlarmNote:
    """Say something of it, as anybody may who sees it. Whoever wants an answer contests it (`contesting`)."""
    ws.may("comment_alarm")
    alarm = find_alarm(ws, alarm_id)
    note = _note(ws, alarm, written(text, "text", "Write a comment."))
    ws.record(
        AlarmCommented(alarm_id=alarm.id, number=alarm.number, by=ws.member.name, text=note.text),
        on=stream_of(ws, alarm) if note.about_id == alarm.about_id else note.about_id,
    )
    return note


def _note(ws: Workspace, alarm: Alarm, text: str) -> AlarmNote:
    """Of an alarm of a hall, who sees it through goods of its own says it about these: others whose goods lie there do not read it."""
    own = alarm.tenant_id == ws.tenant_id or rooms.my_roles(ws, alarm.about_id)
    note = AlarmNote(
        tenant_id=ws.tenant_id,
        id=new_id(),
        alarm_id=alarm.id,
        about_id=alarm.about_id if own else goods_of(ws, [alarm])[alarm.id][0],
        at=ws.now,
        by=ws.member.name,
        organisation=ws.member.organisation,
        text=text,
    )
    ws.session.add(note)
    return note


def clear_alarm(ws: Workspace, alarm_id: UUID) -> Alarm:
    """An officer finds that what it said holds no longer. Never the pledgor."""
    ws.may("close_alarm")
    alarm = to_change(ws, alarm_id)
    if alarm.cleared_at:
        raise Conflict("already_cleared", "This alarm is already over.")
    return mark_cleared(ws, alarm, at=ws.now, by=ws.member.name)


def close_alarm(
    ws: Workspace, alarm_id: UUID, *, disposition: str, note: str = "", evidence: Sequence[str] = ()
) -> Alarm:
    """Give the alarm its end: TRUE, FALSE, TEST or MAINTENANCE, with a note and evidence where it is CRITICAL (invariant 37).

    `evidence`: ids or references of documents, photos, reports. An alarm that still holds is cleared by the same act. Never by the pledgor.
    A weight change that turns out true writes off what the scales say is missing. Where the owner contests the alarm, its end is the answer.
    """
    ws.may("close_alarm")
    alarm = to_change(ws, alarm_id)
    kept = [item.strip() for item in evidence if item.strip()]
    _check_closing(alarm, disposition, note, kept)
    if alarm.cleared_at is None:
        alarm.cleared_at, alarm.cleared_by = ws.now, ws.member.name
    alarm.disposition, alarm.closing_note, alarm.evidence = disposition, note.strip(), kept
    alarm.closed_at, alarm.closed_by = ws.now, ws.member.name
    if alarm.acknowledged_at is None:
        alarm.acknowledged_at, alarm.acknowledged_by = ws.now, ws.member.name
    tell_all(ws, alarm, _closed(alarm), evidence=kept)
    contest = waiting_contest(ws, alarm.id)
    if contest:
        settle(ws, alarm, contest, upheld=upholds(disposition), note=alarm.closing_note, evidence=kept)
    if disposition == "TRUE" and alarm.type == "weight_change":
        write_off_missing(ws, alarm, evidence=kept)
    return alarm


def propose_shelving(ws: Workspace, alarm_id: UUID, *, hours: int, because: str) -> Approval:
    """Ask a colleague to agree that the alarm be left aside, for 8 hours at most."""
    ws.may("shelve_alarm")
    alarm = to_change(ws, alarm_id)
    if not 1 <= hours <= LONGEST_SHELVING // timedelta(hours=1):
        raise Invalid("shelving_too_long", "An alarm is shelved for 1 to 8 hours.", field="hours")
    reason = written(because, "because", "Say why the alarm is shelved.")
    return approvals.propose(
        ws,
        "approve_shelving",
        subject_id=alarm.id,
        summary=sentence(
            "Leave alarm %(alarm)s aside for %(hours)s h: %(because)s",
            alarm=alarm.number,
            hours=hours,
            because=reason[:200],
        ),
        hours=hours,
        because=reason,
    )


@upon_approval("approve_shelving")
def _shelve(ws: Workspace, approval: Approval) -> None:
    """The checker agreed: the hours count from now."""
    alarm = to_change(ws, approval.subject_id)
    alarm.shelved_at, alarm.shelved_until = ws.now, ws.now + timedelta(hours=int(approval.payload["hours"]))
    because = approval.payload["because"]
    tell_all(
        ws, alarm, AlarmShelved(alarm_id=alarm.id, number=alarm.number, until=alarm.shelved_until, because=because)
    )


def to_change(ws: Workspace, alarm_id: UUID) -> Alarm:
    """The alarm, locked; refuses the pledgor of the goods, and an alarm that is closed."""
    alarm = held(ws, alarm_id)
    if alarm.closed_at:
        raise Conflict("already_closed", "This alarm is closed.")
    return alarm


def held(ws: Workspace, alarm_id: UUID) -> Alarm:
    """The alarm, locked, open or closed; refuses the pledgor of the goods."""
    alarm = find_alarm(ws, alarm_id)
    if any("owner" in rooms.my_roles(ws, lot_id) for lot_id in goods_of(ws, [alarm])[alarm.id]):
        raise NotAllowed("pledgor_clears_nothing", "The owner of the goods may not change their alarms.")
    return find_alarm(ws, alarm_id, lock=True)


def _check_closing(alarm: Alarm, disposition: str, note: str, evidence: Sequence[str]) -> None:
    if disposition not in DISPOSITIONS:
        raise Invalid(
            "disposition_unknown", "Say whether it was true, false, a test or maintenance.", field="disposition"
        )
    if len(note) > LONGEST_TEXT:
        raise Invalid("text_too_long", "At most 2000 characters, please.", field="note")
    require_explained(alarm.severity, note, evidence)


def written(text: str, field: str, otherwise: str) -> str:
    """What was said, without what surrounds it. Refuses nothing (`otherwise` asks for it) and too much."""
    written = text.strip()
    if not written:
        raise Invalid("text_missing", otherwise, field=field)
    if len(written) > LONGEST_TEXT:
        raise Invalid("text_too_long", "At most 2000 characters, please.", field=field)
    return written


def _closed(alarm: Alarm) -> AlarmClosed:
    assert alarm.disposition is not None
    assert alarm.closed_by is not None
    return AlarmClosed(
        alarm_id=alarm.id,
        number=alarm.number,
        type=alarm.type,
        severity=alarm.severity,
        disposition=alarm.disposition,
        disposition_word=saying(DISPOSITIONS[alarm.disposition]),
        by=alarm.closed_by,
        note=alarm.closing_note,
        lot_id=alarm.lot_id,
    )
