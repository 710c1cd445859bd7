"""Incidents as the duty desk reads them: alarms about the same goods at the same time, fused where they are asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.supervision.about import Goods, about_any, goods_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import find_alarm, greatest_around, list_alarms
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.incidents import APART, OF_ARRIVAL, SPEAKS_FOR, Fused, Told, fuse, silent_witnesses
from tenants.workspace import Workspace

MOST_OPEN = 500
MOST_AROUND = 2000
CLOSE_BY = APART + SPEAKS_FOR


@dataclass(frozen=True)
class Incident:
    """One incident with its alarms, the earliest first. It is known by the first of them; any of them leads to it."""

    alarms: tuple[Alarm, ...]
    fused: Fused
    goods: Goods

    @property
    def id(self) -> UUID:
        """Its first alarm's."""
        return self.alarms[0].id

    @property
    def number(self) -> str:
        """The first alarm's number, as an incident."""
        return f"I{self.alarms[0].number[1:]}"

    @property
    def lot_id(self) -> UUID | None:
        """The goods it is about; of several the first that an alarm is about alone, or that the viewer sees."""
        own = (alarm.lot_id for alarm in self.alarms if alarm.lot_id)
        return next(own, next(iter(self.lot_ids), None))

    @property
    def lot_ids(self) -> tuple[UUID, ...]:
        """All goods it is about, as far as the viewer sees them: the whole hall, where an alarm is of the hall."""
        return tuple(dict.fromkeys(lot_id for alarm in self.alarms for lot_id in self.goods[alarm.id]))

    @property
    def is_open(self) -> bool:
        """Whether one of its alarms still waits for its disposition."""
        return any(alarm.closed_at is None for alarm in self.alarms)

    @property
    def status(self) -> str:
        """ACTIVE_UNACK while anything holds that nobody took note of, and so on; CLOSED once all have their disposition."""
        waiting = [alarm for alarm in self.alarms if alarm.closed_at is None]
        if not waiting:
            return "CLOSED"
        holds = "ACTIVE" if any(alarm.is_active for alarm in waiting) else "CLEARED"
        return holds + ("_ACK" if all(alarm.acknowledged_at for alarm in waiting) else "_UNACK")


def open_incidents(ws: Workspace) -> list[Incident]:
    """What the viewer sees and is not closed yet, the earliest first; with those of its alarms that are closed already."""
    waiting = [alarm for alarm in list_alarms(ws, state="open", limit=MOST_OPEN) if alarm.superseded_at is None]
    if not waiting:
        return []
    since = min(alarm.raised_at for alarm in waiting)
    around = _alarms_around(ws, waiting, since - CLOSE_BY, None)
    return [one for one in _fused(ws, (*waiting, *around)) if one.is_open]


def incident_of(ws: Workspace, alarm_id: UUID) -> Incident:
    """The incident that an alarm belongs to. Refuses, as not found, what the viewer may not see."""
    alarm = _as_it_stands(ws, find_alarm(ws, alarm_id))
    day = timedelta(days=1)
    around = _alarms_around(ws, [alarm], alarm.raised_at - day, alarm.raised_at + day)
    found = _fused(ws, (alarm, *around))
    return next(one for one in found if alarm.id in {each.id for each in one.alarms})


def unborne_by(ws: Workspace, incident: Incident) -> frozenset[str]:
    """The kinds of sensor that were heard of the same goods meanwhile and saw nothing, where the scale alone tells of it."""
    if incident.lot_id is None or incident.fused.witnesses != {"weight"}:
        return frozenset()
    return silent_witnesses(incident.fused, greatest_around(ws, incident.lot_id, incident.fused.opened_at, APART))


def told(alarm: Alarm, goods: tuple[UUID, ...] = ()) -> Told:
    """What fusing asks of an alarm. `goods`: the lots that it concerns, where it is of a hall."""
    of_arrival = alarm.boot is None and alarm.type in OF_ARRIVAL
    severity = Severity(alarm.severity)
    return Told(alarm.id, alarm.about_id, alarm.type, severity, alarm.raised_at, alarm.cleared_at, of_arrival, goods)


def _as_it_stands(ws: Workspace, alarm: Alarm) -> Alarm:
    """The alarm, or the one that stands in its place by now."""
    while alarm.superseded_by:
        alarm = find_alarm(ws, alarm.superseded_by)
    return alarm


def _alarms_around(ws: Workspace, alarms: Sequence[Alarm], since: datetime, until: datetime | None) -> list[Alarm]:
    """Alarms of that time that share a subject with these, or with one that does: of the same goods, of their hall, of other goods in that hall."""
    found, asked = {alarm.id: alarm for alarm in alarms}, set[UUID]()
    while beside := {one.about_id for one in found.values()}.union(*goods_of(ws, found.values()).values()) - asked:
        asked |= beside
        found |= {one.id: one for one in _alarms_about(ws, beside, since, until)}
    return list(found.values())


def _alarms_about(ws: Workspace, subjects: Iterable[UUID], since: datetime, until: datetime | None) -> Sequence[Alarm]:
    wanted = select(Alarm).where(about_any(subjects), Alarm.raised_at >= since, Alarm.superseded_at.is_(None))
    if until:
        wanted = wanted.where(Alarm.raised_at <= until)
    return ws.session.scalars(wanted.order_by(Alarm.raised_at.desc(), Alarm.id).limit(MOST_AROUND)).all()


def _fused(ws: Workspace, alarms: Iterable[Alarm]) -> list[Incident]:
    known = {alarm.id: alarm for alarm in alarms}
    goods = goods_of(ws, known.values())
    fused = fuse(told(alarm, goods[alarm.id]) for alarm in known.values())
    return [Incident(tuple(known[one.id] for one in each.alarms), each, goods) for each in fused]
