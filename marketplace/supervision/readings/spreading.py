"""Spreading a batch over the lots that its device watched: points in event time, one row for each lot and metric, and the newest value of each sensor.

Which lot a reading speaks for is decided by where the device sat *when it read*, not by where it sits when the message arrives: an attachment to a lot,
or to a bin and the lot that lay in that bin then. A reading that spoke for no lot alone, but of a hall or of nothing, is kept under the device itself.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.places.models import BinStay
from marketplace.supervision.devices.profiles import is_calibrated
from marketplace.supervision.models.devices import Attachment, Device
from marketplace.supervision.models.readings import LONGEST_ROW, LatestReading, ReadingSeries
from marketplace.supervision.readings.ports import MICROSECOND, Series, SignedBatch, moment
from marketplace.supervision.readings.rolling_up import roll_ups
from marketplace.supervision.readings.writing import Rows
from tenants.database import among
from tenants.workspace import Workspace

Item = tuple[Device, SignedBatch, bool]
Place = tuple[UUID, int, int]
CHANGED = (
    "value",
    "unit",
    "at",
    "received_at",
    "device_name",
    "interval_seconds",
    "calibrated_until",
    "trusted",
    "ended_at",
)
NEWER_WINS = (
    "on conflict (tenant_id, subject_id, metric, device_id, channel) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in CHANGED)
    + " where excluded.at > house.latest_reading.at"
)
SAT = select(Attachment).where(
    Attachment.tenant_id == bindparam("tenant_id"),
    among(Attachment.device_id, "device_ids"),
    Attachment.during.overlaps(bindparam("span")),
)
LAY = (
    select(BinStay)
    .where(among(BinStay.bin_id, "bins"), BinStay.during.overlaps(bindparam("span")), BinStay.bulk_id.is_(None))
    .order_by(func.lower(BinStay.during))
)
NO_TARE = Decimal(0)
DAY = LONGEST_ROW // MICROSECOND


@dataclass(frozen=True, slots=True)
class Spread:
    """What batches say: their series by place, for the rules; where the devices sat meanwhile; and all that is to be written."""

    by_place: Mapping[Place, list[dict[str, Any]]]
    attachments: Sequence[Attachment]
    written: list[Rows]


@dataclass(frozen=True, slots=True)
class Watch:
    """A stretch of time in which a device watched a lot (None: a place where no lot lay)."""

    lot_id: UUID | None
    bin_id: UUID | None
    since: datetime
    until: datetime | None
    tare_kg: Decimal

    def covers(self, at: datetime) -> bool:
        """Half-open: the end belongs to the next."""
        return self.since <= at and (self.until is None or at < self.until)


def attachments_of(ws: Workspace, device_ids: set[UUID], span: Range[datetime]) -> Sequence[Attachment]:
    """Where these devices sat at some moment of that time."""
    return ws.session.scalars(SAT, {"tenant_id": ws.tenant_id, "device_ids": [*device_ids], "span": span}).all()


def watches_of(ws: Workspace, device_ids: set[UUID], since: datetime, until: datetime) -> dict[UUID, list[Watch]]:
    """For each device the stretches that touch [since, until], lots in bins resolved by when they lay there."""
    span = Range(since, until, bounds="[]")
    return _watches(ws, attachments_of(ws, device_ids, span), span)


def _watches(ws: Workspace, attachments: Sequence[Attachment], span: Range[datetime]) -> dict[UUID, list[Watch]]:
    bins = {one.bin_id for one in attachments if one.bin_id}
    stays = _stays(ws, bins, span) if bins else []
    found: dict[UUID, list[Watch]] = defaultdict(list)
    for one in attachments:
        found[one.device_id].extend(_stretches(one, stays))
    return found


def spread(ws: Workspace, items: Sequence[Item]) -> Spread:
    """What these batches say, for each lot and metric."""
    if not items:
        return Spread({}, (), [])
    samples = [one.samples for _, one, _ in items]
    span = Range(min(one.first_at for one in samples), max(one.last_at for one in samples), bounds="[]")
    attachments = attachments_of(ws, {device.id for device, _, _ in items}, span)
    watches = _watches(ws, attachments, span)
    rows = [row for device, batch, late in items for row in _rows(ws, device, batch, late, watches[device.id])]
    by_place: dict[Place, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_place[row["device_id"], row["boot"], row["sequence"]].append(row)
    latest = _latest(ws, rows, {device.id: device for device, _, _ in items})
    return Spread(by_place, attachments, [Rows(ReadingSeries, rows), roll_ups(rows), latest])


def _stays(ws: Workspace, bins: set[UUID], span: Range[datetime]) -> Sequence[BinStay]:
    """Lots that had a bin to themselves: what a sensor says of a tank in which several are poured together speaks for none of them alone."""
    return ws.session.scalars(LAY, {"bins": [*bins], "span": span}).all()


def _stretches(attachment: Attachment, stays: Sequence[BinStay]) -> Iterator[Watch]:
    if attachment.bin_id is None:
        yield Watch(attachment.lot_id, None, attachment.since, attachment.until, attachment.tare_kg)
        return
    for stay in stays:
        if stay.bin_id == attachment.bin_id and (both := stay.during.intersection(attachment.during)):
            assert both.lower is not None
            yield Watch(stay.lot_id, attachment.bin_id, both.lower, both.upper, attachment.tare_kg)


@dataclass(frozen=True, slots=True)
class Points:
    """What one sensor measured, by time: figure i was seen `instants[i]` microseconds after 1970 UTC."""

    instants: Sequence[int]
    figures: Sequence[Decimal]


def figures_of(series: Series) -> Points:
    """Measured quantities as they are, states as 1 and 0; a text has no figure. By time, whatever order the device gave."""
    instants, values = series.instants, series.values
    kinds = {*map(type, values)}
    if kinds != {Decimal}:
        kept = [(at, Decimal(value)) for at, value in zip(instants, values, strict=True) if not isinstance(value, str)]
        instants, values = [at for at, _ in kept], [figure for _, figure in kept]
    return _sorted(instants, values)  # type: ignore[arg-type]


def _sorted(instants: Sequence[int], figures: Sequence[Decimal]) -> Points:
    if sorted(instants) == list(instants):
        return Points(instants, figures)
    order = sorted(range(len(instants)), key=instants.__getitem__)
    return Points([instants[place] for place in order], [figures[place] for place in order])


def _by_sensor(batch: SignedBatch) -> dict[tuple[str, str, str], Points]:
    """The points of each sensor; a device may speak of one in several series."""
    found: dict[tuple[str, str, str], Points] = {}
    for series in batch.samples.series:
        sensor, points = (series.metric, series.channel, series.unit), figures_of(series)
        if sensor in found:
            before = found[sensor]
            points = _sorted([*before.instants, *points.instants], [*before.figures, *points.figures])
        if points.instants:
            found[sensor] = points
    return found


def _rows(
    ws: Workspace, device: Device, batch: SignedBatch, late: bool, watches: Sequence[Watch]
) -> Iterator[dict[str, Any]]:
    """One row for each subject, metric and channel of a batch."""
    for (metric, channel, unit), points in _by_sensor(batch).items():
        for watch, watched in _by_watch(points, watches):
            subject = watch.lot_id if watch and watch.lot_id else device.id
            tare = watch.tare_kg if watch and watch.lot_id and metric == "weight" else NO_TARE
            net = Points(watched.instants, [figure - tare for figure in watched.figures]) if tare else watched
            for part in _by_day(net):
                row = _row(ws, device, batch, late, subject, metric, channel, unit, part)
                yield row | {"ended_at": watch.until if watch else None}


def _by_day(points: Points) -> Iterator[Points]:
    """In parts of at most a day from their first point: a device that was offline for a week may send it in one message."""
    begun, end = 0, len(points.instants)
    while begun < end:
        until = bisect_right(points.instants, points.instants[begun] + DAY, begun)
        yield points if until - begun == end else Points(points.instants[begun:until], points.figures[begun:until])
        begun = until


def _by_watch(points: Points, watches: Sequence[Watch]) -> Iterator[tuple[Watch | None, Points]]:
    """The points by where the device sat; nearly always all in one place."""
    first, last = moment(points.instants[0]), moment(points.instants[-1])
    touching = [one for one in watches if one.since <= last and (one.until is None or first < one.until)]
    if not touching:
        yield None, points
    elif len(touching) == 1 and touching[0].covers(first) and touching[0].covers(last):
        yield touching[0], points
    else:
        yield from _parted(points, touching)


def _parted(points: Points, touching: Sequence[Watch]) -> Iterator[tuple[Watch | None, Points]]:
    """Each point to the first of the watches that covers it, or to none."""
    pairs = list(zip(points.instants, points.figures, strict=True))
    of = [next((one for one in touching if one.covers(moment(at))), None) for at, _ in pairs]
    for watch in (*touching, None):
        inside = [pair for pair, its in zip(pairs, of, strict=True) if its is watch]
        if inside:
            yield watch, Points([at for at, _ in inside], [figure for _, figure in inside])


def _row(
    ws: Workspace, device: Device, batch: SignedBatch, late: bool, subject: UUID, metric: str, channel: str, unit: str, points: Points
) -> dict[str, Any]:  # fmt: skip
    values, begun = points.figures, points.instants[0]
    first, last = moment(begun), moment(points.instants[-1])
    return {
        "tenant_id": ws.tenant_id,
        "subject_id": subject,
        "metric": metric,
        "device_id": device.id,
        "channel": channel,
        "boot": batch.boot,
        "sequence": batch.sequence,
        "unit": unit,
        "first_at": first,
        "last_at": last,
        "points": len(values),
        "least": min(values),
        "greatest": max(values),
        "total": sum(values, Decimal(0)),
        "final": values[-1],
        "offsets": [(at - begun) // 1000 for at in points.instants],
        "values": values,
        "late": late,
        "trusted": is_calibrated(device.kind, device.calibrated_until, last.date()),
    }


def _latest(ws: Workspace, rows: Sequence[dict[str, Any]], devices: dict[UUID, Device]) -> Rows:
    """Newest by event time wins: a late batch never takes the place of a newer value."""
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = (row["subject_id"], row["metric"], row["device_id"], row["channel"])
        if key not in newest or row["last_at"] >= newest[key]["last_at"]:
            newest[key] = row
    made = [_latest_row(ws, row, devices[row["device_id"]]) for row in sorted(newest.values(), key=_lock_order)]
    return Rows(LatestReading, made, NEWER_WINS)


def _lock_order(row: dict[str, Any]) -> tuple[str, ...]:
    return str(row["subject_id"]), row["metric"], str(row["device_id"]), row["channel"]


def _latest_row(ws: Workspace, row: dict[str, Any], device: Device) -> dict[str, Any]:
    return {name: row[name] for name in ("tenant_id", "subject_id", "metric", "device_id", "channel", "unit")} | {
        "value": row["final"],
        "at": row["last_at"],
        "received_at": ws.now,
        "device_name": device.name,
        "device_kind": device.kind,
        "interval_seconds": device.interval_seconds,
        "calibrated_until": device.calibrated_until,
        "trusted": row["trusted"],
        "ended_at": row["ended_at"],
    }
