"""Putting right what was told on half a story: the alarm stays as it was told, and another stands in its place.

What people made of the first (took note, gave it to somebody, shelved it, were told again) goes on with the second, so that nobody is rung twice for one
matter. Where nothing stands in its place, it is over, and a person gives it its end: no machine closes an alarm on its own word.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select

from marketplace.supervision.about import about_any, goods_of
from marketplace.supervision.alarms.concerning import tell_all
from marketplace.supervision.alarms.raising import announce, number_of
from marketplace.supervision.correction_events import AlarmSuperseded
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.incidents import SPEAKS_FOR, WITNESSES, corroborated
from marketplace.supervision.words import saying
from tenants.database import new_id
from tenants.workspace import Workspace

PUT_RIGHT = "alarm %(number)s tells it as all messages of that time have it."
NOT_BORNE_OUT = "the messages of that time that came late do not bear it out."
AFRESH = ("disposition", "closed_at", "closed_by", "superseded_at", "superseded_by")


def put_right(ws: Workspace, alarm: Alarm, *, evidence: Sequence[str], **rightly: Any) -> Alarm:
    """The alarm as it should have been told (`rightly`: what differs), in the place of this one."""
    told = {column.key: getattr(alarm, column.key) for column in inspect(Alarm).column_attrs}
    heir_id = new_id()
    told |= dict.fromkeys(AFRESH) | {"id": heir_id, "closing_note": "", "evidence": []} | rightly
    heir = Alarm(**told | {"number": number_of(heir_id, told["raised_at"])})
    supersede(ws, alarm, by=heir, evidence=evidence)
    ws.session.flush()  # what stood is over before another may stand
    ws.session.add(heir)
    ws.session.flush()
    announce(ws, heir, evidence=evidence)
    return heir


def supersede(ws: Workspace, alarm: Alarm, *, by: Alarm | None, evidence: Sequence[str]) -> None:
    """It does not stand as it was told. `by`: the alarm that stands in its place and inherits its end; none: a person closes it."""
    if alarm.cleared_at is None:
        alarm.cleared_at, alarm.cleared_by = max(ws.now, alarm.raised_at), "rule"
    alarm.superseded_at = ws.now
    if by is not None:
        alarm.superseded_by = by.id
    if by is not None and alarm.closed_at is None:
        alarm.disposition, alarm.closing_note, alarm.evidence = "SUPERSEDED", by.number, list(evidence)
        alarm.closed_at, alarm.closed_by = ws.now, "rule"
    told = AlarmSuperseded(
        alarm_id=alarm.id,
        number=alarm.number,
        type=alarm.type,
        severity=alarm.severity,
        superseded_by=alarm.superseded_by,
        superseded_at=ws.now,
        instead=saying(PUT_RIGHT, {"number": by.number}) if by else saying(NOT_BORNE_OUT),
        lot_id=alarm.lot_id,
    )
    tell_all(ws, alarm, told, evidence=evidence)


def vote_again(ws: Workspace, gone: Iterable[Alarm], *, evidence: Sequence[str]) -> None:
    """Where a witness stands no more, alarms that were CRITICAL by its word alone are as bad as their own sensor says."""
    found = goods_of(ws, [alarm for alarm in gone if alarm.type in WITNESSES])
    lots = {lot_id for lot_ids in found.values() for lot_id in lot_ids}
    for lot_id in sorted(lots):
        heard = _witnesses(ws, lot_id)
        for alarm in heard:
            beside = {one.type for one in heard if abs(one.raised_at - alarm.raised_at) <= SPEAKS_FOR}
            severity = corroborated(Severity(alarm.own_severity), alarm.type, beside)
            if alarm.closed_at is None and severity is Severity(alarm.own_severity) and severity != alarm.severity:
                put_right(ws, alarm, evidence=evidence, severity=str(severity))


def _witnesses(ws: Workspace, lot_id: UUID) -> Sequence[Alarm]:
    wanted = select(Alarm).where(
        Alarm.tenant_id == ws.tenant_id,
        about_any([lot_id]),
        Alarm.type.in_(WITNESSES),
        Alarm.superseded_at.is_(None),
    )
    return ws.session.scalars(wanted.order_by(Alarm.id).with_for_update(key_share=True)).all()
