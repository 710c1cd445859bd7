"""The desk's figures over a period, from what is on record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from marketplace.duty.models import Drill, LivenessCheck
from marketplace.duty.rules.kpis import (
    LONGEST_PERIOD,
    AlarmFigures,
    Contest,
    ContestFigures,
    Told,
    alarm_figures,
    contest_figures,
)
from marketplace.inventory.models import Lot
from marketplace.supervision.about import in_sight
from marketplace.supervision.alarms.contests import counts_as
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.contests import AlarmContest, ContestAnswer
from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.rules.alarms import Disposition, Severity
from tenants.errors import Invalid
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Alarms, hours in which officers were (not) heard of, and drills that were (not) answered, within [start, end)."""

    start: datetime
    end: datetime
    alarms: AlarmFigures
    hours_asked: int
    hours_missed: int
    drills: int
    drills_missed: int
    contests: ContestFigures


def desk_figures(ws: Workspace, start: datetime, end: datetime) -> DeskFigures:
    """The figures of what the viewer sees: a desk's own, or a bank's of the goods and rosters that it looks into. Refuses more than 92 days."""
    if not start < end <= start + LONGEST_PERIOD:
        raise Invalid("period_wrong", "A period ends after it begins and lasts 92 days at most.", field="until")
    columns = (Alarm.severity, Alarm.type, Alarm.originator_id, Alarm.noticed_at, Alarm.acknowledged_at, counts_as().label("disposition"), Alarm.repeats, Alarm.seen_at, Alarm.on_site_at, Alarm.closed_at)  # fmt: skip
    counted = and_(in_sight(ws), Alarm.noticed_at >= start, Alarm.noticed_at < end, Alarm.superseded_at.is_(None))
    rows = ws.session.execute(select(*columns).where(counted))
    told = [
        Told(
            Severity(row.severity), f"{row.originator_id}:{row.type}", row.noticed_at, row.acknowledged_at,
            Disposition(row.disposition) if row.disposition else None, row.repeats, row.seen_at, row.on_site_at, row.closed_at,
        )
        for row in rows
    ]  # fmt: skip
    heard = select(func.count(), func.count(LivenessCheck.missed_at))
    asked, missed = ws.session.execute(heard.where(LivenessCheck.slot_at >= start, LivenessCheck.slot_at < end)).one()
    rung = select(func.count(), func.count(Drill.missed_at)).where(Drill.rung_at >= start, Drill.rung_at < end)
    drills, drills_missed = ws.session.execute(rung).one()
    contests = contest_figures(_contests(ws, counted), len(told), ws.now)
    return DeskFigures(start, end, alarm_figures(told, start, end), asked, missed, drills, drills_missed, contests)


def _contests(ws: Workspace, counted: ColumnElement[bool]) -> list[Contest]:
    """The contests of the alarms that are counted. One whose alarm a machine took back waits for nobody."""
    columns = (
        AlarmContest.alarm_id,
        AlarmContest.contested_at,
        AlarmContest.answer_by,
        ContestAnswer.answered_at,
        ContestAnswer.upheld,
    )
    joined = select(*columns).join(Alarm, Alarm.id == AlarmContest.alarm_id)
    rows = ws.session.execute(
        joined.outerjoin(ContestAnswer, ContestAnswer.contest_id == AlarmContest.id).where(counted)
    )
    return [
        Contest(alarm_id, contested_at, due, answered_at, bool(upheld))
        for alarm_id, contested_at, due, answered_at, upheld in rows
    ]


def source_names(ws: Workspace, figures: AlarmFigures) -> dict[str, tuple[str, str]]:
    """Noisy sources by what people call them: the device (or the lot) and the type of its alarms."""
    parts = {one.source: one.source.split(":") for one in figures.chatter}
    ids = {UUID(origin) for origin, _ in parts.values()}
    named: dict[UUID, str] = {}
    for key, name in (
        (Lot.id, Lot.number),
        (LatestReading.device_id, LatestReading.device_name),
        (Device.id, Device.name),
    ):
        named |= {row[0]: row[1] for row in ws.session.execute(select(key, name).where(key.in_(ids)).distinct())}
    return {source: (named.get(UUID(origin), f"…{origin[-6:]}"), kind) for source, (origin, kind) in parts.items()}
