"""What supervision can be asked."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import case, select

from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading
from tenants.errors import NotFound
from tenants.workspace import Workspace

SEVERITY_RANK = {"CRITICAL": 0, "MAJOR": 1, "MINOR": 2, "WARNING": 3, "INDETERMINATE": 4}


@dataclass(frozen=True)
class Condition:
    """How far the house may rely on a lot being there, unharmed: what valuation discounts by and a release asks for.

    `coverage`: share of the last day in which the lot's sensors were heard, in [0, 1]; 0 where no device watches it. `degree_hours`: hours times degrees
    above the temperature limit. `measured_qty`: by trusted scales, in the lot's unit; None where none weighs it. `reasons`: English msgids.
    """

    coverage: Decimal
    degree_hours: Decimal
    has_open_critical: bool
    measured_qty: Decimal | None
    reasons: tuple[str, ...]


def find_alarm(ws: Workspace, alarm_id: UUID, *, lock: bool = False) -> Alarm:
    """One alarm. Refuses, as not found, what the viewer may not see."""
    wanted = select(Alarm).where(Alarm.id == alarm_id)
    found = ws.session.scalars(wanted.with_for_update(key_share=True) if lock else wanted).one_or_none()
    if found is None:
        raise NotFound("alarm_unknown", "There is no such alarm.")
    return found


def alarms_of_lot(ws: Workspace, lot_id: UUID, *, limit: int = 100) -> list[Alarm]:
    """A lot's alarms, newest first."""
    rows = ws.session.scalars(
        select(Alarm).where(Alarm.about_id == lot_id).order_by(Alarm.raised_at.desc()).limit(limit)
    )
    return list(rows)


def open_alarms(ws: Workspace, *, limit: int = 200) -> list[Alarm]:
    """All that the viewer sees and that has no disposition yet, worst first, then by the quantity at risk."""
    rank = case(SEVERITY_RANK, value=Alarm.severity, else_=9)
    rows = ws.session.scalars(
        select(Alarm)
        .where(Alarm.closed_at.is_(None))
        .order_by(rank, Alarm.quantity.desc().nulls_last(), Alarm.raised_at.desc())
        .limit(limit)
    )
    return list(rows)


def latest_readings(ws: Workspace, lot_id: UUID) -> list[LatestReading]:
    """The newest value of each sensor that watches the lot."""
    rows = ws.session.scalars(
        select(LatestReading)
        .where(LatestReading.subject_id == lot_id, LatestReading.ended_at.is_(None))
        .order_by(LatestReading.metric, LatestReading.device_name)
    )
    return list(rows)


def series(ws: Workspace, lot_id: UUID, metric: str, start: datetime, end: datetime) -> list[tuple[datetime, Decimal]]:
    """A metric's points in [start, end), in event time."""
    raise NotImplementedError


def condition_of(ws: Workspace, lot_id: UUID) -> Condition:
    """How far the house may rely on this lot now."""
    critical = any(
        alarm.severity == "CRITICAL" and alarm.closed_at is None for alarm in alarms_of_lot(ws, lot_id, limit=500)
    )
    return Condition(Decimal(1), Decimal(0), critical, None, ())
