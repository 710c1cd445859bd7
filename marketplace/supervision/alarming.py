"""Alarms from their raising to their disposition (domain model, section 3): never cleared by the pledgor, and a CRITICAL one is never left unexplained."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.quantity import Quantity
from marketplace.supervision.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmClosed,
    AlarmCommented,
    AlarmEscalated,
    AlarmRaised,
    AlarmShelved,
)
from marketplace.supervision.models.alarms import Alarm, AlarmNote
from marketplace.supervision.queries import SEVERITY_RANK, find_alarm
from marketplace.supervision.words import DISPOSITIONS, SEVERITIES, TYPES, plain, saying
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import NOBODY, Workspace

BANK_INFORMED_AFTER = timedelta(minutes=15)
FREEZE_AFTER = timedelta(minutes=30)
LONGEST_SHELVING = timedelta(hours=8)
LONGEST_TEXT = 2000


def raise_alarm(
    ws: Workspace,
    *,
    type: str,  # noqa: A002 (the trade's word)
    severity: str,
    because: str,
    lot_id: UUID | None = None,
    site_id: UUID | None = None,
    device_id: UUID | None = None,
    raised_at: datetime | None = None,
    at_risk: Quantity | None = None,
    evidence: Sequence[UUID | str] = (),
    **facts: Any,
) -> Alarm:
    """Raise an alarm about a lot, a site or a device; an active one of the same originator and type is refreshed instead (invariant 36).

    `because` is an English msgid, `facts` fill its places. `at_risk`: how much of the goods it is about. The originator is the device where one found it.
    """
    assert type in TYPES, f"{type} is not an alarm type"
    assert severity in SEVERITIES, f"{severity} is not a severity"
    about = lot_id or site_id or device_id
    assert about is not None, "an alarm is about a lot, a site or a device"
    originator = device_id or about
    active = _active(ws, originator, type)
    if active:
        return _refresh(ws, active, severity=severity, because=because, facts=facts, at_risk=at_risk)
    at = raised_at or ws.now
    alarm_id = new_id()
    made = ws.session.execute(
        insert(Alarm)
        .values(
            tenant_id=ws.tenant_id,
            id=alarm_id,
            number=f"A{at:%y%m%d}-{alarm_id.hex[-4:].upper()}",
            originator_id=originator,
            about_id=about,
            lot_id=lot_id,
            site_id=site_id,
            device_id=device_id,
            type=type,
            severity=severity,
            because=because,
            facts=plain(facts),
            quantity=at_risk.amount if at_risk else None,
            unit=at_risk.unit if at_risk else None,
            raised_at=at,
            noticed_at=ws.now,
            repeated_at=at,
        )
        .on_conflict_do_nothing()
        .returning(Alarm.id)
    ).scalar_one_or_none()
    if made is None:  # another transaction raised it this very moment
        return raise_alarm(ws, type=type, severity=severity, because=because, lot_id=lot_id, site_id=site_id, device_id=device_id, raised_at=raised_at, at_risk=at_risk, evidence=evidence, **facts)  # fmt: skip
    alarm = find_alarm(ws, alarm_id)
    ws.record(_raised(alarm), on=stream_of(ws, alarm), evidence=evidence)
    if severity == "CRITICAL":
        _set_deadlines(ws, alarm)
    return alarm


def acknowledge_alarm(ws: Workspace, alarm_id: UUID) -> Alarm:
    """A duty officer takes note: the first who does so is kept."""
    ws.may("acknowledge_alarm")
    alarm = _to_change(ws, alarm_id)
    if alarm.acknowledged_at:
        raise Conflict("already_acknowledged", "This alarm is already acknowledged.")
    alarm.acknowledged_at, alarm.acknowledged_by = ws.now, ws.member.name
    ws.record(AlarmAcknowledged(alarm_id=alarm.id, number=alarm.number, by=ws.member.name), on=stream_of(ws, alarm))
    return alarm


def comment_alarm(ws: Workspace, alarm_id: UUID, text: str) -> AlarmNote:
    """Say something of it, as anybody may who sees it: the firm corrects a false alarm in this way too."""
    ws.may("comment_alarm")
    alarm = find_alarm(ws, alarm_id)
    note = AlarmNote(
        tenant_id=ws.tenant_id,
        id=new_id(),
        alarm_id=alarm.id,
        about_id=alarm.about_id,
        at=ws.now,
        by=ws.member.name,
        organisation=ws.member.organisation,
        text=_written(text, "text", "Write a comment."),
    )
    ws.session.add(note)
    ws.record(
        AlarmCommented(alarm_id=alarm.id, number=alarm.number, by=ws.member.name, text=note.text),
        on=stream_of(ws, alarm),
    )
    return note


def clear_alarm(ws: Workspace, alarm_id: UUID) -> Alarm:
    """An officer finds that what it said holds no longer. Never the pledgor."""
    ws.may("close_alarm")
    alarm = _to_change(ws, alarm_id)
    if alarm.cleared_at:
        raise Conflict("already_cleared", "This alarm is already over.")
    return mark_cleared(ws, alarm, at=ws.now, by=ws.member.name)


def close_alarm(
    ws: Workspace, alarm_id: UUID, *, disposition: str, note: str = "", evidence: Sequence[str] = ()
) -> Alarm:
    """Give the alarm its end: TRUE, FALSE, TEST or MAINTENANCE, with a note and evidence where it is CRITICAL (invariant 37).

    `evidence`: ids or references of documents, photos, reports. An alarm that still holds is cleared by the same act. Never by the pledgor.
    """
    ws.may("close_alarm")
    alarm = _to_change(ws, alarm_id)
    kept = [item.strip() for item in evidence if item.strip()]
    _check_closing(alarm, disposition, note, kept)
    if alarm.cleared_at is None:
        alarm.cleared_at, alarm.cleared_by = ws.now, ws.member.name
    alarm.disposition, alarm.closing_note, alarm.evidence = disposition, note.strip(), kept
    alarm.closed_at, alarm.closed_by = ws.now, ws.member.name
    if alarm.acknowledged_at is None:
        alarm.acknowledged_at, alarm.acknowledged_by = ws.now, ws.member.name
    ws.record(_closed(alarm), on=stream_of(ws, alarm), evidence=kept)
    return alarm


def propose_shelving(ws: Workspace, alarm_id: UUID, *, hours: int, because: str) -> Approval:
    """Ask a colleague to agree that the alarm be left aside, for 8 hours at most."""
    ws.may("shelve_alarm")
    alarm = _to_change(ws, alarm_id)
    if not 1 <= hours <= LONGEST_SHELVING // timedelta(hours=1):
        raise Invalid("shelving_too_long", "An alarm is shelved for 1 to 8 hours.", field="hours")
    reason = _written(because, "because", "Say why the alarm is shelved.")
    return approvals.propose(
        ws,
        "approve_shelving",
        subject_id=alarm.id,
        summary=f"{alarm.number}: {reason[:200]}",
        hours=hours,
        because=reason,
    )


@upon_approval("approve_shelving")
def _shelve(ws: Workspace, approval: Approval) -> None:
    """The checker agreed: the hours count from now."""
    alarm = _to_change(ws, approval.subject_id)
    alarm.shelved_at, alarm.shelved_until = ws.now, ws.now + timedelta(hours=int(approval.payload["hours"]))
    ws.record(
        AlarmShelved(
            alarm_id=alarm.id, number=alarm.number, until=alarm.shelved_until, because=approval.payload["because"]
        ),
        on=stream_of(ws, alarm),
    )


def mark_cleared(ws: Workspace, alarm: Alarm, *, at: datetime, by: str) -> Alarm:
    """What it said is over, by a rule or by an officer; `at` is event time."""
    alarm.cleared_at, alarm.cleared_by = max(at, alarm.raised_at), by
    ws.record(
        AlarmCleared(
            alarm_id=alarm.id,
            number=alarm.number,
            type=alarm.type,
            severity=alarm.severity,
            cleared_at=alarm.cleared_at,
            lot_id=alarm.lot_id,
        ),
        on=stream_of(ws, alarm),
    )
    return alarm


def clear_active(ws: Workspace, originator_id: UUID, kind: str, *, at: datetime) -> Alarm | None:
    """Clear what the rules themselves raised, if it still holds and had begun by then."""
    active = _active(ws, originator_id, kind)
    return mark_cleared(ws, active, at=at, by="rule") if active and active.raised_at <= at else None


def escalate(ws: Workspace, alarm: Alarm) -> None:
    """Tell those above that nobody has resolved it."""
    alarm.escalated += 1
    ws.record(
        AlarmEscalated(
            alarm_id=alarm.id,
            number=alarm.number,
            type=alarm.type,
            severity=alarm.severity,
            severity_word=saying(SEVERITIES[alarm.severity]),
            reason=saying(alarm.because, alarm.facts),
        ),
        on=stream_of(ws, alarm),
    )


def is_resolved(alarm: Alarm) -> bool:
    """Closed; or over, and somebody has taken note."""
    return bool(alarm.closed_at or (alarm.cleared_at and alarm.acknowledged_at))


def acting_house(ws: Workspace) -> Workspace:
    """The same transaction, in which the house acts by its own rule and not by the person's right: goods are frozen even where the person who
    reported their exit may not freeze. The record still names the person, whose context the database holds."""
    return replace(ws, member=replace(ws.member, person_id=NOBODY))


def stream_of(ws: Workspace, alarm: Alarm) -> UUID:
    """Where its story is told: on the lot, or else on the first of device and own firm that this firm has a stream for."""
    if rooms.my_roles(ws, alarm.about_id):
        return alarm.about_id
    return alarm.device_id if alarm.device_id and rooms.my_roles(ws, alarm.device_id) else ws.tenant_id


def _active(ws: Workspace, originator_id: UUID, kind: str) -> Alarm | None:
    return ws.session.scalars(
        select(Alarm)
        .where(
            Alarm.tenant_id == ws.tenant_id,
            Alarm.originator_id == originator_id,
            Alarm.type == kind,
            Alarm.cleared_at.is_(None),
        )
        .with_for_update(key_share=True)
    ).one_or_none()


def _refresh(
    ws: Workspace, alarm: Alarm, *, severity: str, because: str, facts: dict[str, Any], at_risk: Quantity | None
) -> Alarm:
    """A repetition: counted, its latest figures kept; a worse severity is told anew."""
    alarm.repeats += 1
    alarm.repeated_at = ws.now
    alarm.facts = plain(facts)
    if at_risk:
        alarm.quantity, alarm.unit = at_risk.amount, at_risk.unit
    if SEVERITY_RANK[severity] < SEVERITY_RANK[alarm.severity]:
        alarm.severity, alarm.because = severity, because
        escalate(ws, alarm)
        if severity == "CRITICAL":
            _set_deadlines(ws, alarm)
    return alarm


def _set_deadlines(ws: Workspace, alarm: Alarm) -> None:
    """The bank hears of an unresolved CRITICAL alarm after 15 minutes; after 30, nothing of the lot may leave."""
    for subscriber, after in (
        ("supervision.inform_bank", BANK_INFORMED_AFTER),
        ("supervision.freeze_unresolved", FREEZE_AFTER),
    ):
        ws.set_timer(
            subscriber, key=str(alarm.id), due=ws.now + after, stream_id=alarm.about_id, alarm_id=str(alarm.id)
        )


def _to_change(ws: Workspace, alarm_id: UUID) -> Alarm:
    """The alarm, locked; refuses the pledgor of the goods, and an alarm that is closed."""
    alarm = find_alarm(ws, alarm_id)
    if alarm.lot_id and "owner" in rooms.my_roles(ws, alarm.lot_id):
        raise NotAllowed("pledgor_clears_nothing", "The owner of the goods may not change their alarms.")
    if alarm.closed_at:
        raise Conflict("already_closed", "This alarm is closed.")
    return find_alarm(ws, alarm_id, lock=True)


def _check_closing(alarm: Alarm, disposition: str, note: str, evidence: Sequence[str]) -> None:
    if disposition not in DISPOSITIONS:
        raise Invalid(
            "disposition_unknown", "Say whether it was true, false, a test or maintenance.", field="disposition"
        )
    if len(note) > LONGEST_TEXT:
        raise Invalid("text_too_long", "At most 2000 characters, please.", field="note")
    if alarm.severity != "CRITICAL":
        return
    if not note.strip():
        raise Invalid("note_missing", "A critical alarm is closed with a note.", field="note")
    if not evidence:
        raise Invalid("evidence_missing", "A critical alarm is closed with evidence.", field="evidence")


def _written(text: str, field: str, otherwise: str) -> str:
    written = text.strip()
    if not written:
        raise Invalid("text_missing", otherwise, field=field)
    if len(written) > LONGEST_TEXT:
        raise Invalid("text_too_long", "At most 2000 characters, please.", field=field)
    return written


def _raised(alarm: Alarm) -> AlarmRaised:
    return AlarmRaised(
        alarm_id=alarm.id,
        number=alarm.number,
        type=alarm.type,
        severity=alarm.severity,
        severity_word=saying(SEVERITIES[alarm.severity]),
        reason=saying(alarm.because, alarm.facts),
        raised_at=alarm.raised_at,
        lot_id=alarm.lot_id,
        site_id=alarm.site_id,
        device_id=alarm.device_id,
    )


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
