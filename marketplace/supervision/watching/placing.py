"""How far a position lies from where the goods belong, and from where the network saw the device: latitude and longitude are two series of one message, and a
rule judges them together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.supervision.rules.fences import Fence, Position, metres_between
from marketplace.supervision.watching.lenses import Row

Points = dict[datetime, Decimal]
Series = dict[str, Row]
_FIX = ("latitude", "longitude", "position_error")
# Which series of a message these are made of.
MADE_OF = {
    **dict.fromkeys(("off_route", "standing", "lateness"), _FIX),
    "door_away": (*_FIX, "door"),
    "distance": _FIX,
    "disagreement": (*_FIX, "network_latitude", "network_longitude", "network_error"),
}
MOST_ERROR_M = Decimal(100)  # a fix that claims to be worse excuses no more
NOWHERE_M = Decimal(20_000_000)
# A cell tells where a device is to kilometres; what a network does not say of its error, or says beyond all measure, counts as these.
USUAL_NETWORK_ERROR_M = Decimal(3000)
MOST_NETWORK_ERROR_M = Decimal(20_000)


def distances(
    rows: Sequence[Row], middles: Mapping[UUID, Position], fence_of: Callable[[UUID, datetime], Fence | None]
) -> Iterator[Row]:
    """For each pair of coordinate series the metres outside of the fence that held then, or from the middle of the site, as a series of its own.

    The fix's own error (`position_error`) is taken off: what counts is how far out the goods are beyond doubt. Goods with neither fence nor middle have no distance.
    """
    for series in by_place(rows):
        subject = series["latitude"]["subject_id"]
        errors = points_of(series["position_error"]) if "position_error" in series else {}
        found: Points = {}
        for at, position in places(series["latitude"], series["longitude"]):
            metres = _metres(position, fence_of(subject, at), middles.get(subject))
            if metres is not None:
                found[at] = max(Decimal(0), metres - min(errors.get(at, Decimal(0)), MOST_ERROR_M))
        if found:
            yield row_of("distance", series["latitude"], found)


def disagreements(rows: Sequence[Row]) -> Iterator[Row]:
    """Where a device tells both what its receiver says and where the network saw it: the metres that lie between the two beyond both errors, at the same moments.

    A receiver believes whatever sky it is shown; cells are another's word. 0 where their errors explain it.
    """
    for series in by_place(rows):
        if not {"network_latitude", "network_longitude"} <= series.keys():
            continue
        own, network = (dict(places(series[f"{who}latitude"], series[f"{who}longitude"])) for who in ("", "network_"))
        errors, wide = (
            points_of(series[name]) if name in series else {} for name in ("position_error", "network_error")
        )
        found: Points = {}
        for at in own.keys() & network.keys():
            excused = min(errors.get(at, Decimal(0)), MOST_ERROR_M) + min(
                wide.get(at, USUAL_NETWORK_ERROR_M), MOST_NETWORK_ERROR_M
            )
            found[at] = max(Decimal(0), _between(own[at], network[at]) - excused)
        if found:
            yield row_of("disagreement", series["latitude"], dict(sorted(found.items())))


def places(north: Row, east: Row) -> Iterator[tuple[datetime, Position | None]]:
    """Where a device was by two series of its coordinates; None for a place that is none on earth."""
    return ((at, _position(latitude, longitude)) for at, latitude, longitude in _shared(north, east))


def _between(one: Position | None, other: Position | None) -> Decimal:
    return NOWHERE_M if one is None or other is None else Decimal(round(metres_between(one, other)))


def by_place(rows: Sequence[Row]) -> Iterator[Series]:
    """The series of one subject and channel by metric, where it has both coordinates."""
    found: dict[tuple[UUID, str], Series] = defaultdict(dict)
    for row in rows:
        found[row["subject_id"], row["channel"]][row["metric"]] = row
    return (series for series in found.values() if {"latitude", "longitude"} <= series.keys())


def points_of(row: Row) -> Points:
    """Its values by their moments."""
    moments = (row["first_at"] + timedelta(milliseconds=offset) for offset in row["offsets"])
    return dict(zip(moments, row["values"], strict=True))


def _shared(one: Row, other: Row) -> Iterator[tuple[datetime, Decimal, Decimal]]:
    """The moments at which both said something, and what."""
    others = points_of(other)
    return ((at, value, others[at]) for at, value in points_of(one).items() if at in others)


def _position(north: Decimal, east: Decimal) -> Position | None:
    on_earth = -90 <= north <= 90 and -180 <= east <= 180
    return Position(float(north), float(east)) if on_earth else None


def _metres(at: Position | None, fence: Fence | None, middle: Position | None) -> Decimal | None:
    """A place that is none on earth is as far as can be: what is not believed is never fine."""
    if fence is None and middle is None:
        return None
    if at is None:
        return NOWHERE_M
    if fence:
        return Decimal(round(fence.metres_outside(at)))
    assert middle is not None
    return Decimal(round(metres_between(at, middle)))


def row_of(metric: str, like: Row, found: Points) -> Row:
    """A series of this metric with these points, in the place of the one that it is made of."""
    first, values = min(found), list(found.values())
    offsets = [int((at - first) / timedelta(milliseconds=1)) for at in found]
    told = {"first_at": first, "last_at": max(found), "points": len(found), "offsets": offsets, "values": values}
    return like | told | {"metric": metric, "least": min(values), "greatest": max(values)}
