"""The corridor of a journey: the places that it leads through, how wide a band around them is allowed, and where the vehicle may stand.

Places are floats (degrees), widths metres: a GPS fix is good to metres at best. Legs are the shortest ways on the sphere, so a corridor may be long and may
cross the 180th meridian.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise
from typing import Any

from marketplace.sphere import great_circle_metres, metres_from_leg
from tenants.errors import Invalid

PLACES_MAX = 60
TEXT_MAX = 4000
WIDTH_M = (100, 20_000)
LONGEST_LEG_M = 1_000_000
STANDS_WITHIN_M = 250  # of a stop: a yard and the road before it
STOP_WORDS = frozenset({"stop", "停"})


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place of the journey in WGS 84 degrees; `is_stop`: the vehicle may stand there."""

    north: float
    east: float
    is_stop: bool = False

    @property
    def text(self) -> str:
        """As it is kept and typed: latitude and longitude to a millionth of a degree, and whether it is a stop."""
        return f"{self.north:.6f}, {self.east:.6f}" + (" stop" if self.is_stop else "")


@dataclass(frozen=True)
class Corridor:
    """The way through its waypoints, `width_m` wide in all. Made by `corridor_from`, which refuses what is none. Its two ends are stops."""

    waypoints: tuple[Waypoint, ...]
    width_m: int

    @property
    def text(self) -> str:
        """A line for each waypoint."""
        return "\n".join(one.text for one in self.waypoints)

    @cached_property
    def length_m(self) -> float:
        """From the first waypoint to the last."""
        return sum(great_circle_metres(a.north, a.east, b.north, b.east) for a, b in pairwise(self.waypoints))

    def metres_outside(self, north: float, east: float) -> float:
        """How far a place lies outside of the band, 0 inside."""
        legs = pairwise((one.north, one.east) for one in self.waypoints)
        return max(0.0, min(metres_from_leg(north, east, a, b) for a, b in legs) - self.width_m / 2)

    def is_stop(self, north: float, east: float) -> bool:
        """Whether the vehicle may stand there: at a stop, or at one of the ends."""
        stops = (one for n, one in enumerate(self.waypoints) if one.is_stop or n in (0, len(self.waypoints) - 1))
        return any(_is_at(one, north, east) for one in stops)

    def is_end(self, north: float, east: float) -> bool:
        """Whether the journey has arrived there."""
        return _is_at(self.waypoints[-1], north, east)


def corridor_from(written: str, width_m: int) -> Corridor:
    """Read a corridor: a line for each waypoint, latitude and longitude, with the word `stop` behind it where the vehicle may stand.

    Refuses, by line, what is no place on earth or leads more than 1,000 km in one leg; fewer than two places, more than sixty, one that follows itself, and a
    width below 100 m or above 20 km.
    """
    if not WIDTH_M[0] <= width_m <= WIDTH_M[1]:
        raise Invalid("width_wrong", "A corridor is %(least)s to %(most)s m wide.", field="width_m", least=WIDTH_M[0], most=WIDTH_M[1])  # fmt: skip
    text = written.strip()
    if len(text) > TEXT_MAX:
        raise _wrong("route_long", "A route is written in %(most)s characters at most.", most=TEXT_MAX)
    places = tuple(_places(text))
    if not 2 <= len(places) <= PLACES_MAX:
        raise _wrong("route_open", "A route leads through 2 to %(most)s places.", most=PLACES_MAX)
    for number, (a, b) in enumerate(pairwise(places), 2):
        metres = great_circle_metres(a.north, a.east, b.north, b.east)
        if metres == 0:
            raise _wrong("place_twice", "Line %(line)s names the place of the line before.", line=number)
        if metres > LONGEST_LEG_M:
            raise _wrong("leg_long", "Line %(line)s lies more than %(most)s km from the line before.", line=number, most=LONGEST_LEG_M // 1000)  # fmt: skip
    return Corridor(places, width_m)


def _is_at(place: Waypoint, north: float, east: float) -> bool:
    return great_circle_metres(place.north, place.east, north, east) <= STANDS_WITHIN_M


def _places(text: str) -> Iterator[Waypoint]:
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        parts = line.replace(",", " ").replace("，", " ").split()
        is_stop = len(parts) == 3 and parts[2].lower() in STOP_WORDS
        if len(parts) != 2 + is_stop:
            raise _unreadable(number)
        yield Waypoint(_degrees(number, parts[0], 90), _degrees(number, parts[1], 180), is_stop)


def _degrees(number: int, written: str, most: int) -> float:
    try:
        degrees = Decimal(written)
        if not abs(degrees) <= most:
            raise _wrong("place_nowhere", "Line %(line)s is no place on earth.", line=number)
    except InvalidOperation:
        raise _unreadable(number) from None
    return round(float(degrees), 6)


def _unreadable(number: int) -> Invalid:
    return _wrong("place_unreadable", "Line %(line)s is written as latitude and longitude, such as 29.932, 121.888, with “stop” behind it where the vehicle may stand.", line=number)  # fmt: skip


def _wrong(code: str, because: str, **facts: Any) -> Invalid:
    return Invalid(code, because, field="waypoints", **facts)
