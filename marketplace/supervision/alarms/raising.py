"""Raising alarms, once for each cause, and clearing them when it is gone (domain model, section 3). What people make of them is in `attending`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.quantity import Quantity
from marketplace.supervision.about import about_any, goods_of
from marketplace.supervision.alarms.concerning import concern_goods, tell_all, tell_newcomers
from marketplace.supervision.escalation_events import AlarmEscalated
from marketplace.supervision.events import AlarmCleared, AlarmRaised
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import SEVERITY_RANK, find_alarm
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.duty import next_rung
from marketplace.supervision.rules.incidents import SPEAKS_FOR, WITNESSES, corroborated
from marketplace.supervision.words import SEVERITIES, TYPES, plain, saying
from tenants.database import new_id
from tenants.workspace import NOBODY, Workspace

BANK_INFORMED_AFTER = timedelta(minutes=15)
FREEZE_AFTER = timedelta(minutes=30)
FREEZE = "supervision.freeze_unresolved"


def raise_alarm(
    ws: Workspace,
    *,
    type: str,  # noqa: A002 (the trade's word)
    severity: str,
    because: str,
    lot_id: UUID | None = None,
    site_id: UUID | None = None,
    device_id: UUID | None = None,
    about_id: UUID | None = None,
    raised_at: datetime | None = None,
    over_at: datetime | None = None,
    place: tuple[int, int] | None = None,
    at_risk: Quantity | None = None,
    evidence: Sequence[UUID | str] = (),
    **facts: Any,
) -> Alarm:
    """Raise an alarm about a lot, a site or a device, or (`about_id`) a room whose grants say who sees it; an active one of the same originator and type
    is refreshed instead (invariant 36).

    `because` is an English msgid, `facts` fill its places. `at_risk`: how much of the goods it is about. The originator is the device where one found it.
    `place`: (boot, sequence) of the message that shows it. `over_at`: it was over already when the house learnt of it, so it refreshes nothing.
    """
    assert type in TYPES, f"{type} is not an alarm type"
    assert severity in SEVERITIES, f"{severity} is not a severity"
    about = about_id or lot_id or site_id or device_id
    assert about is not None, "an alarm is about a lot, a site, a device or a room"
    originator = device_id or about
    active = None if over_at else _active(ws, originator, type)
    boot, sequence = place or (None, None)
    raised = None if active else _insert(
        ws, at_risk, raised_at or ws.now, originator_id=originator, about_id=about, lot_id=lot_id, site_id=site_id,
        device_id=device_id, type=type, severity=severity, own_severity=severity, because=because, facts=plain(facts),
        boot=boot, sequence=sequence, cleared_at=over_at, cleared_by="rule" if over_at else None,
    )  # fmt: skip
    if raised is None:  # it is there, or another transaction raised it this very moment
        active = active or _there(_active(ws, originator, type))
        return _refresh(ws, active, severity=severity, because=because, facts=facts, at_risk=at_risk)
    return announce(ws, raised, evidence=evidence)


def announce(ws: Workspace, raised: Alarm, *, evidence: Sequence[UUID | str]) -> Alarm:
    """Make a new alarm known: to those who watch, to the clocks that run for it, and to other sensors that may bear it out."""
    concern_goods(ws, raised, until=raised.cleared_at or raised.raised_at)
    tell_all(ws, raised, _raised(raised), evidence=evidence)
    if raised.cleared_at:
        tell_all(ws, raised, _cleared(raised, raised.cleared_at))
    _set_deadlines(ws, raised, from_at=raised.noticed_at)
    _hear_witnesses(ws, raised)
    return raised


def mark_cleared(ws: Workspace, alarm: Alarm, *, at: datetime, by: str) -> Alarm:
    """What it said is over, by a rule or by an officer; `at` is event time."""
    alarm.cleared_at, alarm.cleared_by = max(at, alarm.raised_at), by
    take_in_newcomers(ws, alarm, until=alarm.cleared_at)
    tell_all(ws, alarm, _cleared(alarm, alarm.cleared_at))
    return alarm


def clear_active(ws: Workspace, originator_id: UUID, kind: str, *, at: datetime) -> Alarm | None:
    """Clear what the rules themselves raised, if it still holds and had begun by then."""
    active = _active(ws, originator_id, kind)
    return mark_cleared(ws, active, at=at, by="rule") if active and active.raised_at <= at else None


def escalate(ws: Workspace, alarm: Alarm) -> None:
    """Tell those above that nobody has resolved it."""
    alarm.escalated += 1
    told = AlarmEscalated(
        alarm_id=alarm.id,
        number=alarm.number,
        type=alarm.type,
        severity=alarm.severity,
        severity_word=saying(SEVERITIES[alarm.severity]),
        reason=saying(alarm.because, alarm.facts),
        lot_id=alarm.lot_id,
    )
    tell_all(ws, alarm, told)


def take_in_newcomers(ws: Workspace, alarm: Alarm, *, until: datetime | None = None) -> None:
    """Goods that came in where the alarm's device hangs, while it held: they are told of it, and stopped as the others where nobody resolves it."""
    fresh = concern_goods(ws, alarm, until=until or alarm.cleared_at or ws.now)
    ws.session.flush()
    tell_newcomers(ws, _raised(alarm), fresh)
    if fresh and alarm.severity == "CRITICAL":
        due = max(ws.now, alarm.noticed_at + FREEZE_AFTER)
        ws.set_timer(FREEZE, key=f"{alarm.id}:{fresh[0]}", due=due, stream_id=alarm.about_id, alarm_id=str(alarm.id))


def is_resolved(alarm: Alarm) -> bool:
    """Closed; or over, and somebody has taken note."""
    return bool(alarm.closed_at or (alarm.cleared_at and alarm.acknowledged_at))


def acting_house(ws: Workspace) -> Workspace:
    """The same transaction, in which the house acts by its own rule and not by the person's right: goods are frozen even where the person who
    reported their exit may not freeze. The record still names the person, whose context the database holds."""
    return replace(ws, member=replace(ws.member, person_id=NOBODY))


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


def _insert(ws: Workspace, at_risk: Quantity | None, raised_at: datetime, **known: Any) -> Alarm | None:
    """The new row; None where the index already holds an active alarm of this origin and type."""
    alarm_id = new_id()
    row = {
        "tenant_id": ws.tenant_id,
        "id": alarm_id,
        "number": number_of(alarm_id, raised_at),
        "raised_at": raised_at,
        "noticed_at": ws.now,
        "repeated_at": raised_at,
        "quantity": at_risk.amount if at_risk else None,
        "unit": at_risk.unit if at_risk else None,
    }
    made = ws.session.execute(insert(Alarm).values(**row, **known).on_conflict_do_nothing().returning(Alarm.id))
    return find_alarm(ws, alarm_id) if made.scalar_one_or_none() else None


def number_of(alarm_id: UUID, raised_at: datetime) -> str:
    """What people call an alarm: its day and a few signs."""
    return f"A{raised_at:%y%m%d}-{alarm_id.hex[-4:].upper()}"


def _there(active: Alarm | None) -> Alarm:
    assert active is not None, "the insert gave way to an active alarm"
    return active


def _refresh(
    ws: Workspace, alarm: Alarm, *, severity: str, because: str, facts: dict[str, Any], at_risk: Quantity | None
) -> Alarm:
    """A repetition: counted, its latest figures kept; a worse severity is told anew."""
    alarm.repeats += 1
    alarm.repeated_at = ws.now
    alarm.facts = plain(facts)
    if at_risk:
        alarm.quantity, alarm.unit = at_risk.amount, at_risk.unit
    if SEVERITY_RANK[severity] < SEVERITY_RANK[alarm.own_severity]:
        alarm.own_severity = severity
    if SEVERITY_RANK[severity] < SEVERITY_RANK[alarm.severity]:
        _worsen(ws, alarm, severity, because)
    return alarm


def set_ladder(ws: Workspace, alarm: Alarm) -> None:
    """Set the timer of the ladder's next rung, if there is one: nobody has acted yet and the severity asks for it."""
    rung = next_rung(Severity(alarm.severity), alarm.noticed_at, alarm.rungs)
    if rung and not alarm.acknowledged_at:
        set_rung(ws, alarm, max(rung.at, ws.now))


def set_rung(ws: Workspace, alarm: Alarm, due: datetime) -> None:
    """Have the next rung told then. The key names rung and time: a timer that has run is never set again, one that a shelving moved is another."""
    key = f"{alarm.id}:{alarm.rungs}:{due.isoformat()}"
    ws.set_timer("supervision.climb_ladder", key=key, due=due, stream_id=alarm.about_id, alarm_id=str(alarm.id))  # fmt: skip


def _set_deadlines(ws: Workspace, alarm: Alarm, *, from_at: datetime | None = None) -> None:
    """Whoever should act is told again until somebody does. The bank hears of an unresolved CRITICAL alarm after 15 minutes; after 30, nothing of the
    lot may leave. An alarm that became worse has its time from then on; one that stands in for another has what was left."""
    set_ladder(ws, alarm)
    if alarm.severity != "CRITICAL":
        return
    for subscriber, after in (
        ("supervision.inform_bank", BANK_INFORMED_AFTER),
        (FREEZE, FREEZE_AFTER),
    ):
        due = max(ws.now, (from_at or ws.now) + after)
        ws.set_timer(subscriber, key=str(alarm.id), due=due, stream_id=alarm.about_id, alarm_id=str(alarm.id))


def _hear_witnesses(ws: Workspace, raised: Alarm) -> None:
    """Where two kinds of sensor say that goods move, each alarm that says so is CRITICAL (two-of-three voting), whichever of them came first."""
    if raised.type not in WITNESSES:
        return
    lots = goods_of(ws, [raised])[raised.id]
    for lot_id in lots:
        _vote(ws, raised, lot_id)


def _vote(ws: Workspace, raised: Alarm, lot_id: UUID) -> None:
    """What all sensors say of one lot, those of its hall among them."""
    wanted = select(Alarm).where(
        Alarm.tenant_id == ws.tenant_id,
        about_any([lot_id]),
        Alarm.type.in_(WITNESSES),
        Alarm.closed_at.is_(None),
        Alarm.superseded_at.is_(None),
        Alarm.raised_at.between(raised.raised_at - SPEAKS_FOR, raised.raised_at + SPEAKS_FOR),
    )
    heard = ws.session.scalars(wanted.order_by(Alarm.id).with_for_update(key_share=True)).all()
    types = {alarm.type for alarm in heard}
    for alarm in heard:
        if corroborated(Severity(alarm.severity), alarm.type, types) != alarm.severity:
            _worsen(ws, alarm, "CRITICAL", alarm.because)


def _worsen(ws: Workspace, alarm: Alarm, severity: str, because: str) -> None:
    alarm.severity, alarm.because = severity, because
    escalate(ws, alarm)
    _set_deadlines(ws, alarm)


def _cleared(alarm: Alarm, at: datetime) -> AlarmCleared:
    return AlarmCleared(
        alarm_id=alarm.id, number=alarm.number, type=alarm.type, severity=alarm.severity, cleared_at=at, lot_id=alarm.lot_id
    )  # fmt: skip


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
