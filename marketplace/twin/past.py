"""The floor of a site as of any moment: rebuilt from what was written down for good, never from rows that have changed since.

Where a lot lay says its stay in a bin; how much of it there was and whether it was frozen, the events of its stream; what was promised or pledged, the
pledges' own times; what sensors said, the readings by event time; which alarms stood and how bad they were, their events. Readings and alarms stand where
they belong by event time, so what arrived late is shown when it was so; an alarm tells when the house noticed it. Nothing later than the moment is read.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.inventory.events import QuantityShrunk
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, BinStay
from marketplace.inventory.places.queries import bins_of
from marketplace.inventory.queries import lots_by_id
from marketplace.patrols.queries import routes_at
from marketplace.pledges.models import Pledge
from marketplace.supervision.about import about_any, goods_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment, Device
from marketplace.supervision.models.readings import LONGEST_ROW, LatestReading, ReadingSeries
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from marketplace.twin.floors import Floor, Goods, OpenAlarm, Sensed, Watching, laid_out
from marketplace.twin.rules import STEPS, standing_after
from tenants.errors import Invalid
from tenants.events import Event
from tenants.rooms import Grant
from tenants.workspace import Workspace

LOW_BATTERY = 20
EARLIEST_YEAR = 2000


def floor_at(ws: Workspace, site_id: UUID, at: datetime) -> Floor:
    """The site as it was at a moment. Refuses one that has not come, and one before this century."""
    if at > ws.now:
        raise Invalid("moment_ahead", "That moment has not come yet.", field="at")
    if at.year < EARLIEST_YEAR:
        raise Invalid("moment_wrong", "Nothing was recorded then.", field="at")
    bins = bins_of(ws, site_id)
    stays = _stays(ws, bins, at)
    lots = {lot_id for found in stays.values() for lot_id in found}
    goods = {one.lot_id: one for one in goods_at(ws, lots, at)}
    sensed = sensed_at(ws, lots, at)
    alarms = _alarms(ws, [*lots, site_id, *routes_at(ws, site_id)], at)
    lying = [(place, [goods[lot_id] for lot_id in stays[place.id]], len(stays[place.id])) for place in bins]
    return laid_out(at, lying, sensed, alarms, _devices(ws, site_id, at))


def covers(span: InstrumentedAttribute[Any], at: datetime) -> ColumnElement[bool]:
    """Whether a half-open time range holds the moment."""
    return and_(func.lower(span) <= at, or_(func.upper_inf(span), func.upper(span) > at))


def _stays(ws: Workspace, bins: Sequence[Bin], at: datetime) -> dict[UUID, list[UUID]]:
    """Bin -> the lots in it, the oldest first."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    wanted = select(BinStay.bin_id, BinStay.lot_id).where(BinStay.bin_id.in_([one.id for one in bins]))
    for bin_id, lot_id in ws.session.execute(wanted.where(covers(BinStay.during, at)).order_by(BinStay.lot_id)):
        found[bin_id].append(lot_id)
    return found


def goods_at(ws: Workspace, lots: set[UUID], at: datetime) -> list[Goods]:
    """How these lots stood, in the order of their ids."""
    told: dict[UUID, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    events = select(Event).where(Event.stream_id.in_(lots), Event.kind.in_(STEPS), Event.at <= at)
    for event in ws.session.scalars(events.order_by(Event.stream_id, Event.sequence)):
        told[event.stream_id].append((event.kind, event.values))
    held = set(ws.session.scalars(select(Pledge.lot_id).where(Pledge.lot_id.in_(lots), covers(Pledge.during, at))))
    trusted = _told_of_losses(ws, lots)
    return [_as_told(lot, told[lot.id], lot.id in held, lot.id in trusted, at) for lot in lots_by_id(ws, lots)]


def _as_told(lot: Lot, told: Sequence[tuple[str, dict[str, Any]]], held: bool, trusted: bool, at: datetime) -> Goods:
    standing = standing_after(told)
    received = lot.received_at if lot.received_at and lot.received_at <= at else None
    return Goods(
        lot.id, lot.number, lot.product_name, lot.unit, lot.documented_qty, standing.weighed,
        standing.verified if trusted else None, standing.is_frozen or held, received,
    )  # fmt: skip


def _told_of_losses(ws: Workspace, lots: set[UUID]) -> set[UUID]:
    """The lots whose losses the viewer is told of. To all others what was verified then is unknown: a sum without the losses would be a lie."""
    assert QuantityShrunk.audience is not None
    roles = Grant.role.in_(QuantityShrunk.audience)
    mine = select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.object_id.in_(lots), roles)
    return set(ws.session.scalars(mine.where(Grant.ended_at.is_(None))))


def sensed_at(ws: Workspace, lots: set[UUID], at: datetime) -> dict[UUID, list[Sensed]]:
    """The newest value of each sensor that spoke for these lots and was not taken off them before.

    A message that began before the newest one may still reach beyond its beginning, so each that touches it is looked into.
    """
    same = _same_sensor()
    newest = select(func.max(ReadingSeries.first_at)).where(same, ReadingSeries.first_at <= at)
    began = newest.correlate(LatestReading).scalar_subquery()
    touching = ReadingSeries.first_at.between(began - LONGEST_ROW, at) & (ReadingSeries.last_at >= began)
    rows = ws.session.execute(
        select(LatestReading, ReadingSeries)
        .join(ReadingSeries, same & touching)
        .where(LatestReading.subject_id.in_(lots), or_(LatestReading.ended_at.is_(None), LatestReading.ended_at > at))
    )
    found: dict[tuple[Any, ...], Sensed] = {}
    for sensor, row in rows:
        key = (sensor.subject_id, sensor.metric, sensor.device_id, sensor.channel)
        said = _last_point(sensor, row, at)
        if key not in found or said.at > found[key].at:
            found[key] = said
    return _by_subject(found)


def _same_sensor() -> ColumnElement[bool]:
    names = ("tenant_id", "subject_id", "metric", "device_id", "channel")
    return and_(*(getattr(ReadingSeries, name) == getattr(LatestReading, name) for name in names))


def _last_point(sensor: LatestReading, row: ReadingSeries, at: datetime) -> Sensed:
    """The last of a message's points that is not after the moment; its first is not."""
    since = (at - row.first_at) // timedelta(milliseconds=1)
    place = max(0, bisect_right(row.offsets, since) - 1)
    seen = row.first_at + timedelta(milliseconds=row.offsets[place])
    return Sensed(
        row.metric, row.channel, row.device_id, sensor.device_name, row.values[place], row.unit, seen, sensor.interval_seconds, row.trusted
    )  # fmt: skip


def _by_subject(found: dict[tuple[Any, ...], Sensed]) -> dict[UUID, list[Sensed]]:
    by_lot: dict[UUID, list[Sensed]] = defaultdict(list)
    for key, said in found.items():
        by_lot[key[0]].append(said)
    return by_lot


def _alarms(ws: Workspace, about: Iterable[UUID], at: datetime) -> list[OpenAlarm]:
    """Those that had been raised by then and had no disposition yet, as bad and in the words as they were told."""
    open_then = (Alarm.raised_at <= at, or_(Alarm.closed_at.is_(None), Alarm.closed_at > at))
    alarms = ws.session.scalars(select(Alarm).where(about_any(set(about)), *open_then)).all()
    told = _told(ws, alarms, at)
    goods = goods_of(ws, alarms)
    return [
        replace(_as_it_stood(alarm, told[alarm.id], at), goods=goods[alarm.id]) for alarm in alarms if alarm.id in told
    ]


def _told(ws: Workspace, alarms: Sequence[Alarm], at: datetime) -> dict[UUID, dict[str, Any]]:
    """How each was told last: when it was raised (however late that was noticed), or got worse by then."""
    if not alarms:
        return {}
    streams = {one for alarm in alarms for one in (alarm.about_id, alarm.device_id, alarm.tenant_id) if one}
    wanted = select(Event.facts).where(
        Event.stream_id.in_(streams),
        Event.at >= min(alarm.noticed_at for alarm in alarms),
        or_(Event.kind == "AlarmRaised", and_(Event.kind == "AlarmEscalated", Event.at <= at)),
    )
    found: dict[UUID, dict[str, Any]] = {}
    for written in ws.session.scalars(wanted.order_by(Event.at, Event.sequence)):
        facts = json.loads(written)
        found[UUID(facts["alarm_id"])] = facts
    return found


def _as_it_stood(alarm: Alarm, told: dict[str, Any], at: datetime) -> OpenAlarm:
    reason = told["reason"]
    return OpenAlarm(
        alarm.id, alarm.number, alarm.type, told["severity"], reason["word"], reason["facts"], alarm.about_id, alarm.raised_at,
        alarm.noticed_at, not (alarm.cleared_at and alarm.cleared_at <= at), bool(alarm.acknowledged_at and alarm.acknowledged_at <= at),
    )  # fmt: skip


def _devices(ws: Workspace, site_id: UUID, at: datetime) -> list[Watching]:
    """The firm's own that sat there, by what they had said by then."""
    mine = (
        ReadingSeries.tenant_id == Device.tenant_id,
        ReadingSeries.device_id == Device.id,
        ReadingSeries.first_at <= at,
    )
    newest = ReadingSeries.first_at.desc()
    heard = select(func.least(ReadingSeries.last_at, at)).where(*mine).order_by(newest).limit(1)
    battery = select(ReadingSeries.final).where(*mine, ReadingSeries.metric == "battery").order_by(newest).limit(1)
    rows = ws.session.execute(
        select(Device, heard.correlate(Device).scalar_subquery(), battery.correlate(Device).scalar_subquery())
        .join(Attachment, (Attachment.tenant_id == Device.tenant_id) & (Attachment.device_id == Device.id))
        .where(Device.tenant_id == ws.tenant_id, Attachment.site_id == site_id, covers(Attachment.during, at))
        .order_by(Device.name)
    )
    return [Watching(one.id, one.name, one.kind, _device_standing(one, seen, charge, at)) for one, seen, charge in rows]


def _device_standing(device: Device, heard: datetime | None, charge: Any, at: datetime) -> str:
    if heard is None:
        return "ENROLLED"
    if at - heard > SILENT_AFTER_INTERVALS * timedelta(seconds=device.interval_seconds):
        return "SILENT"
    return "LOW_BATTERY" if charge is not None and charge < LOW_BATTERY else "ONLINE"
