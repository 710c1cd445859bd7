"""What happened at a site in a span of time, moment by moment: where a play-back stops."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.inventory.places.models import Bin, BinStay
from marketplace.patrols.queries import routes_at
from marketplace.supervision.about import about_any
from marketplace.supervision.models.alarms import Alarm
from tenants.events import Event
from tenants.workspace import Workspace

MOST = 80
SHOWN = frozenset({"LotReceived", "LotVerified", "LotDeparted", "LotReturned", "LotFrozen", "LotUnfrozen", "QuantityShrunk", "QuantityFound", "LotSplit", "LotMerged", "LotTransformed", "LotMade", "GateExitRecorded", "QuantityMeasured"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which the floor changed. `kind`: of the event; for alarms RAISED or OVER, with the alarm's type in `facts`."""

    at: datetime
    kind: str
    facts: dict[str, Any]
    is_grave: bool = False


def steps_of(ws: Workspace, site_id: UUID, start: datetime, end: datetime) -> list[Step]:
    """The last 80 moments of [start, end], oldest first, as far as the viewer may see."""
    lots = set(
        ws.session.scalars(
            select(BinStay.lot_id).where(BinStay.bin_id.in_(select(Bin.id).where(Bin.site_id == site_id)))
        )
    )
    found = [*_of_goods(ws, lots, start, end), *_of_alarms(ws, {*lots, site_id, *routes_at(ws, site_id)}, start, end)]
    return sorted(found, key=lambda step: (step.at, step.kind))[-MOST:]


def _of_goods(ws: Workspace, lots: set[UUID], start: datetime, end: datetime) -> Iterator[Step]:
    wanted = select(Event).where(Event.stream_id.in_(lots), Event.kind.in_(SHOWN), Event.at.between(start, end))
    for event in ws.session.scalars(wanted.order_by(Event.at.desc()).limit(MOST)):
        facts = event.values
        yield Step(event.at, event.kind, facts, event.kind in ("LotFrozen", "QuantityShrunk", "GateExitRecorded"))


def _of_alarms(ws: Workspace, about: set[UUID], start: datetime, end: datetime) -> Iterator[Step]:
    within = or_(Alarm.raised_at.between(start, end), Alarm.cleared_at.between(start, end))
    wanted = select(Alarm).where(about_any(about), within).order_by(Alarm.raised_at.desc()).limit(MOST)
    for alarm in ws.session.scalars(wanted):
        told = {"number": alarm.number, "type": alarm.type}
        if start <= alarm.raised_at <= end:
            yield Step(alarm.raised_at, "RAISED", told, is_grave=True)
        if alarm.cleared_at and start <= alarm.cleared_at <= end:
            yield Step(alarm.cleared_at, "OVER", told)
