"""Goods on the road: how far a tracker is from the corridor of its journey, how long it has stood where no stop was planned, whether its door was opened there,
and how late it is. Each is a series made of what the tracker says, judged by its rule like any other; where no journey is under way all of them are at rest.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from marketplace.shipments.journeys import Journey
from marketplace.shipments.rules import ExceptionKind
from marketplace.sphere import great_circle_metres
from marketplace.supervision.models.readings import ReadingSeries
from marketplace.supervision.rules.fences import Position
from marketplace.supervision.watching.lenses import Row
from marketplace.supervision.watching.placing import (
    MOST_ERROR_M,
    NOWHERE_M,
    Points,
    Series,
    by_place,
    places,
    points_of,
    row_of,
)
from marketplace.supervision.watching.remembering import Memory
from tenants.workspace import Workspace

EXCEPTIONS = {
    "route": ExceptionKind.ROUTE_DEVIATION,
    "door_off_stop": ExceptionKind.DOOR_OPENED,
    "long_stop": ExceptionKind.LONG_STOP,
    "late_arrival": ExceptionKind.LATE,
}
STANDS_WITHIN_M = 100  # a vehicle that stands: beyond the fix's own error it stays within so many metres
MOST_POINTS = 20_000


def on_the_road(rows: Sequence[Row], journeys: Sequence[Journey], memory: Memory) -> Iterator[Row]:
    """The series of a tracker's journeys. What must be kept between messages (where it stands, since when) goes into the memory."""
    for series in by_place(rows) if journeys else ():
        first = series["latitude"]
        mine = [one for one in journeys if one.lot_id == first["subject_id"] and one.tracker_id == first["device_id"]]
        if mine:
            yield from _series(series, mine, memory)


def _series(series: Series, journeys: Sequence[Journey], memory: Memory) -> Iterator[Row]:
    first = series["latitude"]
    key = f"standing|{first['subject_id']}|{first['channel']}"
    errors = points_of(series["position_error"]) if "position_error" in series else {}
    off: Points = {}
    stood: Points = {}
    late: Points = {}
    stops: dict[datetime, bool] = {}
    for at, place in places(first, series["longitude"]):
        journey = under_way(journeys, at)
        error = min(errors.get(at, Decimal(0)), MOST_ERROR_M)
        stops[at] = journey is None or _may_stand(journey, place)
        off[at] = _outside(journey, place, error) if journey else Decimal(0)
        memory[key], stood[at] = _standing(memory.get(key), at, place, error, stops[at])
        late[at] = _minutes_late(journey, at, place) if journey else Decimal(0)
    if not off:
        return
    for metric, found in (("off_route", off), ("standing", stood), ("lateness", late)):
        yield row_of(metric, first, found)
    if "door" in series:
        yield row_of("door_away", series["door"], _opened(points_of(series["door"]), stops, journeys))


def under_way(journeys: Sequence[Journey], at: datetime) -> Journey | None:
    """The journey whose corridor judges at that moment."""
    return next((one for one in reversed(journeys) if one.is_under_way(at)), None)


def _may_stand(journey: Journey, place: Position | None) -> bool:
    return place is not None and journey.corridor.is_stop(place.latitude, place.longitude)


def _outside(journey: Journey, place: Position | None, error: Decimal) -> Decimal:
    if place is None:
        return NOWHERE_M
    return max(Decimal(0), Decimal(round(journey.corridor.metres_outside(place.latitude, place.longitude))) - error)


def _minutes_late(journey: Journey, at: datetime, place: Position | None) -> Decimal:
    if place is not None and journey.corridor.is_end(place.latitude, place.longitude):
        return Decimal(0)
    return max(Decimal(0), _minutes(at, journey.arrives_by))


def _standing(kept: list[object] | None, at: datetime, place: Position | None, error: Decimal, free: bool) -> tuple[list[object] | None, Decimal]:  # fmt: skip
    """Where it stands and since when, and for how many minutes; at a planned stop and off the road the clock does not run."""
    if free or place is None:
        return None, Decimal(0)
    if kept is not None:
        north, east, since = kept
        moved = great_circle_metres(float(str(north)), float(str(east)), place.latitude, place.longitude)
        if moved <= STANDS_WITHIN_M + float(error):
            return kept, _minutes(at, datetime.fromisoformat(str(since)))
    return [place.latitude, place.longitude, at.isoformat()], Decimal(0)


def _opened(door: Points, stops: dict[datetime, bool], journeys: Sequence[Journey]) -> Points:
    """Open, and not at a stop by the last place that the message tells before; where it tells none before, by the first that it tells."""
    moments = sorted(stops)
    found: Points = {}
    for at, value in door.items():
        before = [one for one in moments if one <= at]
        at_stop = under_way(journeys, at) is None or stops[before[-1] if before else moments[0]]
        found[at] = Decimal(0) if at_stop else value
    return found


def _minutes(at: datetime, since: datetime) -> Decimal:
    return Decimal(int((at - since).total_seconds() // 60))


def way_driven(ws: Workspace, journey: Journey, until: datetime) -> list[tuple[datetime, Position]]:
    """Where the tracker was on its journey, in event time, as far as the viewer may read what it says."""
    end = min(until, journey.until or until)
    rows = ws.session.scalars(
        select(ReadingSeries)
        .where(
            ReadingSeries.subject_id == journey.lot_id,
            ReadingSeries.device_id == journey.tracker_id,
            ReadingSeries.metric.in_(("latitude", "longitude")),
            ReadingSeries.last_at >= journey.since,
            ReadingSeries.first_at <= end,
        )
        .order_by(ReadingSeries.first_at, ReadingSeries.boot, ReadingSeries.sequence)
        .limit(MOST_POINTS)
    ).all()
    found: dict[tuple[int, int, datetime], dict[str, Row]] = {}  # a message over midnight is two rows of each metric
    for row in rows:
        told = {name: getattr(row, name) for name in ("first_at", "offsets", "values")}
        found.setdefault((row.boot, row.sequence, row.first_at), {})[row.metric] = told
    way = [
        (at, place)
        for pair in found.values()
        if len(pair) == 2
        for at, place in places(pair["latitude"], pair["longitude"])
        if place is not None and journey.since <= at <= end
    ]
    return sorted(way, key=lambda one: one[0])
