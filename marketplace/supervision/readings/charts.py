"""Readings over time, for charts, exports and programs. Short spans are answered point by point, longer ones from the batches' summaries, the longest from roll-ups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Interval,
    Numeric,
    cast,
    column,
    exists,
    func,
    select,
    true,
    tuple_,
    type_coerce,
)

from marketplace.supervision.models.readings import LONGEST_ROW, LatestReading, ReadingSeries
from marketplace.supervision.models.roll_ups import ReadingRollUp
from marketplace.supervision.models.seals import SealedBatch
from marketplace.supervision.readings.earshot import ears_of, in_record
from marketplace.supervision.readings.rolling_up import DAY, HOUR, beginning
from tenants.workspace import Workspace

Summed = type[ReadingSeries] | type[ReadingRollUp]
Whose = Callable[[Summed | type[SealedBatch]], ColumnElement[bool]]
POINTS_MAX = 1500
FARTHEST = datetime(1970, 1, 2, tzinfo=UTC)
STEPS_SECONDS = (60, 300, 900, 3600, 10800, 21600, 86400, 604800)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of a metric: its middle, and the least, mean and greatest value in it."""

    at: datetime
    least: Decimal
    mean: Decimal
    greatest: Decimal


def series(
    ws: Workspace, lot_id: UUID, metric: str, start: datetime, end: datetime, *, limit: int = 100_000
) -> list[tuple[datetime, Decimal]]:
    """A metric's points in [start, end), in event time, whatever order they arrived in; at most `limit`."""
    rows = ws.session.execute(
        select(ReadingSeries.first_at, ReadingSeries.offsets, ReadingSeries.values)
        .where(*_touching(_record(ws, lot_id, start, end)(ReadingSeries), metric, start, end))
        .order_by(*_ORDER)
        .limit(limit)
    )
    found = sorted(
        ((at, value) for first_at, offsets, values in rows for at, value in _points(first_at, offsets, values)),
        key=lambda point: point[0],
    )
    return [point for point in found if start <= point[0] < end][:limit]


def page_of_series(
    ws: Workspace, lot_id: UUID, metric: str, start: datetime, end: datetime, *, after: tuple[datetime, UUID, int, int, str] | None, limit: int
) -> list[ReadingSeries]:  # fmt: skip
    """One page of what the batches say, in the order of their first points; `after` is the place of the last row of the page before."""
    wanted = select(ReadingSeries).where(*_touching(_record(ws, lot_id, start, end)(ReadingSeries), metric, start, end))
    if after:
        wanted = wanted.where(tuple_(*_ORDER) > tuple_(*after))
    return list(ws.session.scalars(wanted.order_by(*_ORDER).limit(limit)))


def chart(ws: Workspace, subject_id: UUID, metric: str, start: datetime, end: datetime) -> list[Bucket]:
    """A metric over a span in at most some 1500 stretches: single points where they are few, else summaries of equal width."""
    return _chart(ws, _record(ws, subject_id, start, end), metric, start, end)


def chart_of_device(ws: Workspace, device_id: UUID, metric: str, start: datetime, end: datetime) -> list[Bucket]:
    """The same for one device of one's own, whatever it watched."""
    return _chart(
        ws, lambda table: (table.tenant_id == ws.tenant_id) & (table.device_id == device_id), metric, start, end
    )


def metrics_of(ws: Workspace, device_id: UUID) -> list[str]:
    """What a device of one's own has measured."""
    rows = ws.session.scalars(
        select(LatestReading.metric)
        .where(LatestReading.tenant_id == ws.tenant_id, LatestReading.device_id == device_id)
        .distinct()
        .order_by(LatestReading.metric)
    )
    return list(rows)


def metrics_between(
    ws: Workspace, lot_id: UUID, start: datetime, end: datetime, *, device_id: UUID | None = None
) -> set[str]:
    """What was measured of the lot in [start, end), by any device or by this one."""
    wanted = select(ReadingSeries.metric).where(_record(ws, lot_id, start, end)(ReadingSeries), *within(start, end))
    if device_id:
        wanted = wanted.where(ReadingSeries.device_id == device_id)
    return set(ws.session.scalars(wanted.distinct()))


def greatest_around(ws: Workspace, lot_id: UUID, at: datetime, around: timedelta) -> dict[str, Decimal]:
    """The greatest value of each metric of the lot within so long before and after a moment, of sensors that were heard after it. A message counts whole."""
    rows = ws.session.execute(
        select(ReadingSeries.metric, func.max(ReadingSeries.greatest))
        .where(_record(ws, lot_id, at - around, at + around)(ReadingSeries), *within(at - around, at + around))
        .group_by(ReadingSeries.metric)
        .having(func.max(ReadingSeries.last_at) >= at)
    )
    return {row[0]: row[1] for row in rows}


def first_heard(ws: Workspace, lot_id: UUID, start: datetime, end: datetime) -> datetime | None:
    """When anything was first measured of the lot in [start, end); None where nothing was."""
    began = ws.session.scalar(
        select(func.min(ReadingSeries.first_at)).where(
            _record(ws, lot_id, start, end)(ReadingSeries), *within(start, end)
        )
    )
    return max(began, start) if began else None


def slowest_interval(ws: Workspace, lot_id: UUID) -> timedelta:
    """How seldom the slowest device speaks that watches the lot, or did; nought where none ever has."""
    under = {ear.device_id for ear in ears_of(ws, [lot_id], ws.now, ws.now)}
    seconds = ws.session.scalar(
        select(func.max(LatestReading.interval_seconds)).where(LatestReading.subject_id.in_({lot_id, *under}))
    )
    return timedelta(seconds=seconds or 0)


_ORDER = (
    ReadingSeries.first_at,
    ReadingSeries.device_id,
    ReadingSeries.boot,
    ReadingSeries.sequence,
    ReadingSeries.channel,
)


def _record(ws: Workspace, subject_id: UUID, start: datetime, end: datetime) -> Whose:
    """What is in the record of a lot: what its devices said of it, and what those of its hall said while it lay there."""
    ears = ears_of(ws, [subject_id], start, end)
    return lambda table: in_record(table, subject_id, ears)


def _touching(
    whose: ColumnElement[bool], metric: str, start: datetime, end: datetime
) -> tuple[ColumnElement[bool], ...]:
    return whose, ReadingSeries.metric == metric, *within(start, end)


def within(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """Rows that touch [start, end). That none is longer than a day bounds the index, and spares all months but the span's own."""
    earliest = max(start, FARTHEST) - LONGEST_ROW
    return ReadingSeries.first_at >= earliest, ReadingSeries.first_at < end, ReadingSeries.last_at >= start


def _chart(ws: Workspace, whose: Whose, metric: str, start: datetime, end: datetime) -> list[Bucket]:
    """From what was rolled up by the hour or the day where the stretches are as wide as that: what a year costs does not grow with how often a device speaks."""
    step = next((s for s in STEPS_SECONDS if (end - start).total_seconds() / s <= POINTS_MAX / 3), STEPS_SECONDS[-1])
    gone = _is_gone(ws, whose, start, end)
    step = max(step, int(HOUR.total_seconds())) if gone else step
    touching = _touching(whose(ReadingSeries), metric, start, end)
    summed = _rolled_up(whose, metric, start, end, step) if step >= HOUR.total_seconds() else touching
    table = ReadingRollUp if step >= HOUR.total_seconds() else ReadingSeries
    points = ws.session.scalar(select(func.coalesce(func.sum(table.points), 0)).where(*summed)) or 0
    if points <= POINTS_MAX and not gone:
        rows = ws.session.execute(
            select(ReadingSeries.first_at, ReadingSeries.offsets, ReadingSeries.values).where(*touching)
        )
        single = {at: value for row in rows for at, value in _points(*row) if start <= at < end}
        return [Bucket(at, value, value, value) for at, value in sorted(single.items())]
    if table is ReadingSeries and _outlasts(ws, touching, step):
        return _from_points(ws, (start, end), touching, step)
    return _summaries(ws, table, summed, step, start)


def _outlasts(ws: Workspace, touching: Sequence[ColumnElement[bool]], step: int) -> bool:
    """Whether a message is longer than a stretch, so that its summary would stand at its beginning for all of it: a device that was offline tells a day at once."""
    longer = ReadingSeries.last_at - ReadingSeries.first_at > timedelta(seconds=step)
    return bool(ws.session.scalar(select(exists().where(*touching, longer))))


def _from_points(
    ws: Workspace, span: tuple[datetime, datetime], touching: Sequence[ColumnElement[bool]], step: int
) -> list[Bucket]:
    """Each point in its own stretch, whatever message told it. Five days at most are drawn in stretches of less than an hour."""
    point = (
        func.unnest(ReadingSeries.offsets, ReadingSeries.values)
        .table_valued(column("ms", Integer), column("value", Numeric))
        .render_derived(name="point")
    )
    at = ReadingSeries.first_at + type_coerce(point.c.ms * cast(timedelta(milliseconds=1), Interval), Interval)
    slot = func.date_bin(timedelta(seconds=step), at, beginning(span[0], timedelta(seconds=step))).label("slot")
    value = point.c.value
    rows = ws.session.execute(
        select(slot, func.min(value), func.avg(value), func.max(value))
        .select_from(ReadingSeries)
        .join(point, true())
        .where(*touching, at >= span[0], at < span[1])
        .group_by(slot)
        .order_by(slot)
    )
    half = timedelta(seconds=step) / 2
    return [Bucket(begun + half, least, mean, greatest) for begun, least, mean, greatest in rows]


def _is_gone(ws: Workspace, whose: Whose, start: datetime, end: datetime) -> bool:
    """Whether points of this span were let go at the end of their retention: then the roll-ups alone still hold all of it."""
    touching = (SealedBatch.first_at < end, SealedBatch.last_at >= start, SealedBatch.let_go_at.is_not(None))
    return bool(ws.session.scalar(select(exists().where(whose(SealedBatch), *touching))))


def _rolled_up(whose: Whose, metric: str, start: datetime, end: datetime, step: int) -> tuple[ColumnElement[bool], ...]:
    """The hours or days that touch [start, end)."""
    width = DAY if step >= DAY.total_seconds() else HOUR
    its = (ReadingRollUp.metric == metric, ReadingRollUp.width_seconds == int(width.total_seconds()))
    return whose(ReadingRollUp), *its, ReadingRollUp.start_at >= beginning(start, width), ReadingRollUp.start_at < end


def _summaries(
    ws: Workspace, table: Summed, where: Sequence[ColumnElement[bool]], step: int, start: datetime
) -> list[Bucket]:
    began = ReadingSeries.first_at if table is ReadingSeries else ReadingRollUp.start_at
    slot = func.date_bin(timedelta(seconds=step), began, beginning(start, min(DAY, timedelta(seconds=step)))).label(
        "slot"
    )
    rows = ws.session.execute(
        select(slot, func.min(table.least), func.sum(table.total) / func.sum(table.points), func.max(table.greatest))
        .where(*where)
        .group_by(slot)
        .order_by(slot)
    )
    half = timedelta(seconds=step) / 2
    return [Bucket(at + half, least, mean, greatest) for at, least, mean, greatest in rows]


def _points(
    first_at: datetime, offsets: Sequence[int], values: Sequence[Decimal]
) -> Iterator[tuple[datetime, Decimal]]:
    for offset, value in zip(offsets, values, strict=True):
        yield first_at + timedelta(milliseconds=offset), value
