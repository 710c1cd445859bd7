"""Fences: corners on the earth that goods do not leave, and how far from one a position lies.

Positions are floats (degrees, metres): they are no amounts, and a GPS fix is good to metres at best. Whether two sides cross is asked of whole
millionths of a degree, exactly. Longitudes go the short way round, so a fence may lie across the 180th meridian.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import combinations, pairwise
from math import cos, hypot, radians
from typing import Any

from tenants.errors import Invalid

CORNERS_MAX = 60
TEXT_MAX = 4000
LEAST_M2 = 100
WIDEST_M = 50_000
POLAR = 85
_METRES_PER_DEGREE = 111_320.0
_Point = tuple[float, float]
_Whole = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84 degrees."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise Invalid("position_impossible", "There is no such place on earth.", field="position")


@dataclass(frozen=True)
class Fence:
    """A simple polygon in the order of its corners, the last side leading back to the first. Made by `fence_from`, which refuses what is none."""

    corners: tuple[Position, ...]

    @property
    def text(self) -> str:
        """As it is kept and typed: a line for each corner, latitude and longitude to a millionth of a degree."""
        return "\n".join(f"{one.latitude:.6f}, {one.longitude:.6f}" for one in self.corners)

    @cached_property
    def unrolled(self) -> tuple[_Point, ...]:
        """Degrees north and east of the first corner's meridian, each side the short way round: no jump at 180°."""
        east, found = 0.0, [(self.corners[0].latitude, 0.0)]
        for one, two in pairwise(self.corners):
            east += short_way(two.longitude - one.longitude)
            found.append((two.latitude, east))
        return tuple(found)

    def metres_from(self, at: Position) -> list[_Point]:
        """The corners in metres east and north of a position, on a plane around it: good to a per mille over the few kilometres of a site."""
        start, width = short_way(self.corners[0].longitude - at.longitude), cos(radians(at.latitude))
        return [((start + east) * width * _METRES_PER_DEGREE, (north - at.latitude) * _METRES_PER_DEGREE) for north, east in self.unrolled]  # fmt: skip

    def metres_outside(self, at: Position) -> float:
        """Distance to the fence, 0 inside."""
        sides = list(_around(self.metres_from(at)))
        if _holds_origin(sides):
            return 0.0
        return min(_distance_from_origin(one, two) for one, two in sides)

    @cached_property
    def square_metres(self) -> float:
        """What it encloses."""
        sides = _around(self.metres_from(self.corners[0]))
        doubled: float = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)
        return abs(doubled) / 2


def metres_between(one: Position, other: Position) -> float:
    """The distance on a plane around the second, the longitudes taken the short way round: good to a per mille near a site, and far enough elsewhere."""
    east = short_way(one.longitude - other.longitude) * cos(radians(other.latitude)) * _METRES_PER_DEGREE
    return hypot(east, (one.latitude - other.latitude) * _METRES_PER_DEGREE)


def short_way(degrees: float) -> float:
    """A turn of so many degrees, the short way round."""
    return (degrees + 180) % 360 - 180


def fence_from(written: str) -> Fence:
    """Read a fence: a line for each corner, latitude and longitude; or GeoJSON (a Polygon or a Feature of one), whose order is longitude and latitude.

    Refuses, by corner, what is no place on earth, what stands twice, sides that cross or turn back on themselves; and fewer than three corners, more than
    sixty, holes, less than 100 m², more than 50 km from corner to corner, and what lies within five degrees of a pole, where no plane holds.
    """
    text = written.strip()
    if len(text) > TEXT_MAX:
        raise _wrong("fence_long", "A fence is written in %(most)s characters at most.", most=TEXT_MAX)
    pairs = list(_from_geojson(text)) if text.startswith("{") else list(_from_lines(text))
    corners = [_corner(number, *pair) for number, pair in enumerate(pairs, 1)]
    if len(corners) > 3 and corners[0] == corners[-1]:
        corners.pop()
    if not 3 <= len(corners) <= CORNERS_MAX:
        raise _wrong("fence_open", "A fence has 3 to %(most)s corners.", most=CORNERS_MAX)
    made = Fence(tuple(corners))
    _require_simple(made)
    _require_size(made)
    return made


def _wrong(code: str, because: str, **facts: object) -> Invalid:
    return Invalid(code, because, field="fence", **facts)


def _from_lines(text: str) -> Iterator[tuple[object, object]]:
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        parts = line.replace(",", " ").replace("，", " ").split()
        if len(parts) != 2:
            raise _unreadable(number)
        yield parts[0], parts[1]


def _from_geojson(text: str) -> Iterator[tuple[object, object]]:
    """RFC 7946: a Polygon's first ring is its outside; longitude comes first."""
    try:
        told = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise _wrong("fence_unreadable", "This is no GeoJSON.") from None
    shape = told.get("geometry") if told.get("type") == "Feature" else told
    rings = shape.get("coordinates") if isinstance(shape, dict) and shape.get("type") == "Polygon" else None
    if not isinstance(rings, list) or not rings or not isinstance(rings[0], list):
        raise _wrong("fence_no_polygon", "A fence is a GeoJSON Polygon.")
    if len(rings) > 1:
        raise _wrong("fence_holed", "A fence has no holes.")
    for number, place in enumerate(rings[0], 1):
        if not isinstance(place, list) or len(place) not in (2, 3):
            raise _unreadable(number)
        yield place[1], place[0]


def _corner(number: int, latitude: Any, longitude: Any) -> Position:
    try:
        north, east = (Decimal(str(part)) for part in (latitude, longitude))
        if not (abs(north) <= 90 and abs(east) <= 180):
            raise _wrong("corner_nowhere", "Corner %(corner)s is no place on earth.", corner=number)
    except InvalidOperation:
        raise _unreadable(number) from None
    if abs(north) > POLAR:
        raise _wrong("corner_polar", "Corner %(corner)s lies too near to a pole.", corner=number)
    return Position(round(float(north), 6), round(float(east), 6))


def _unreadable(number: int) -> Invalid:
    return _wrong("corner_unreadable", "Corner %(corner)s is written as latitude and longitude, such as 29.932, 121.888.", corner=number)  # fmt: skip


def _require_simple(fence: Fence) -> None:
    """No corner twice, no side that crosses or touches another, none that turns back on the one before."""
    points = [(round(east * 1e6), round(north * 1e6)) for north, east in fence.unrolled]
    for (one, place), (other, same) in combinations(enumerate(points, 1), 2):
        if place == same:
            raise _wrong("corner_twice", "Corner %(corner)s lies where corner %(other)s lies.", corner=other, other=one)
    sides = list(enumerate(_around(points), 1))
    for number, (start, corner) in sides:
        after = points[(number + 1) % len(points)]
        if _turn(start, corner, after) == 0 and _along(start, corner, after) < 0:
            raise _wrong("side_turns_back", "At corner %(corner)s the fence turns back on itself.", corner=number % len(points) + 1)  # fmt: skip
    for (one, side), (other, another) in combinations(sides, 2):
        if other - one not in (1, len(points) - 1) and _meet(*side, *another):
            raise _wrong("sides_cross", "The side from corner %(corner)s crosses the side from corner %(other)s.", corner=one, other=other)  # fmt: skip


def _require_size(fence: Fence) -> None:
    for number, corner in enumerate(fence.corners[1:], 2):
        if metres_between(corner, fence.corners[0]) > WIDEST_M:
            raise _wrong("fence_wide", "Corner %(corner)s lies more than %(most)s km from corner 1.", corner=number, most=WIDEST_M // 1000)  # fmt: skip
    if fence.square_metres < LEAST_M2:
        raise _wrong("fence_small", "A fence encloses %(least)s m² at least.", least=LEAST_M2)


def _around(points: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The sides, the last one back to the first point."""
    return zip(points, [*points[1:], points[0]], strict=True)


def _turn(one: _Whole, two: _Whole, three: _Whole) -> int:
    """Positive to the left, negative to the right, 0 straight on."""
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])


def _along(one: _Whole, two: _Whole, three: _Whole) -> int:
    return (two[0] - one[0]) * (three[0] - two[0]) + (two[1] - one[1]) * (three[1] - two[1])


def _meet(one: _Whole, two: _Whole, three: _Whole, four: _Whole) -> bool:
    """Whether two sides have a point in common."""
    first, second = _turn(one, two, three), _turn(one, two, four)
    third, fourth = _turn(three, four, one), _turn(three, four, two)
    if (first > 0) != (second > 0) and (third > 0) != (fourth > 0) and 0 not in (first, second, third, fourth):
        return True
    touching = ((first, one, two, three), (second, one, two, four), (third, three, four, one), (fourth, three, four, two))  # fmt: skip
    return any(turn == 0 and _between(*side) for turn, *side in touching)


def _between(one: _Whole, two: _Whole, point: _Whole) -> bool:
    return all(min(one[axis], two[axis]) <= point[axis] <= max(one[axis], two[axis]) for axis in (0, 1))


def _holds_origin(sides: Sequence[tuple[_Point, _Point]]) -> bool:
    """Even-odd rule: a ray to the east crosses the fence an odd number of times."""
    crossings = 0
    for (x1, y1), (x2, y2) in sides:
        if (y1 > 0) != (y2 > 0) and x1 + (x2 - x1) * (-y1) / (y2 - y1) > 0:
            crossings += 1
    return crossings % 2 == 1


def _distance_from_origin(one: _Point, two: _Point) -> float:
    (x1, y1), (dx, dy) = one, (two[0] - one[0], two[1] - one[1])
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else min(1.0, max(0.0, -(x1 * dx + y1 * dy) / length))
    return hypot(x1 + along * dx, y1 + along * dy)
