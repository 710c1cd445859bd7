"""The way of goods as a drawing: the corridor as a band, its stops, and the way that was driven, what lies outside of the band told apart. North is up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from math import cos, hypot, radians

from frontend.language import decimal, translate
from marketplace.shipments.corridors import Corridor, corridor_from
from marketplace.shipments.models import ShipmentRoute
from marketplace.supervision.rules.fences import Position, short_way

SIDE = 42.0  # of the drawing, so that letters have one size however long the way is
LEAST_BAND = 0.8
MOST_DRAWN = 600
METRES_PER_DEGREE = 111_320.0
RULERS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
Point = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """A waypoint in the drawing."""

    x: float
    y: float
    is_stop: bool


@dataclass(frozen=True)
class RoadMap:
    """A drawing in its own units. `band`: how wide the corridor is drawn; `inside`, `outside`: the way driven in strokes; `last`: where the goods were last.

    `unheard`: from the start to where they were first heard of, if that is outside of the start's end of the corridor: nobody knows how they came there.
    """

    label: str
    width: float
    height: float
    places: tuple[Place, ...]
    band: float
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    unheard: str | None
    last: Point | None
    ruler: float
    ruler_km: int

    @property
    def points(self) -> str:
        """The waypoints as SVG takes them."""
        return " ".join(f"{one.x:.2f},{one.y:.2f}" for one in self.places)


def road_map(route: ShipmentRoute, driven: Sequence[tuple[datetime, Position]]) -> RoadMap:
    """The plan of this way, and what of it was driven."""
    corridor = corridor_from(route.waypoints, route.width_m)
    drawn = [place for _, place in driven[:: max(1, len(driven) // MOST_DRAWN)]]
    is_out = [corridor.metres_outside(one.latitude, one.longitude) > 0 for one in drawn]
    start = corridor.waypoints[0]
    planned = [_metres(start.north, start.east, one.north, one.east) for one in corridor.waypoints]
    been = [_metres(start.north, start.east, one.latitude, one.longitude) for one in drawn]
    west, east, south, north = _edges([*planned, *been], route.width_m)
    k = SIDE / max(east - west, north - south)
    path, way = ([((x - west) * k, (north - y) * k) for x, y in points] for points in (planned, been))
    strokes = {
        flag: tuple(_stroke(one, two) for (one, two), outs in zip(pairwise(way), pairwise(is_out), strict=True) if any(outs) is flag)
        for flag in (False, True)
    }  # fmt: skip
    unheard = _stroke(path[0], way[0]) if way and hypot(*been[0]) > route.width_m / 2 else None
    ruler_km = max((one for one in RULERS_KM if one * 1000 * k <= SIDE / 3), default=RULERS_KM[0])
    return RoadMap(
        _label(corridor, len(driven), sum(is_out), bool(unheard)), (east - west) * k, (north - south) * k,
        tuple(Place(x, y, one.is_stop) for (x, y), one in zip(path, corridor.waypoints, strict=True)),
        max(LEAST_BAND, route.width_m * k), strokes[False], strokes[True], unheard, way[-1] if way else None, ruler_km * 1000 * k, ruler_km,
    )  # fmt: skip


def _metres(north: float, east: float, other_north: float, other_east: float) -> Point:
    """East and north of a start, on the plane of a map that keeps its parallels: good enough to look at."""
    return short_way(other_east - east) * cos(radians(north)) * METRES_PER_DEGREE, (
        other_north - north
    ) * METRES_PER_DEGREE


def _edges(points: Sequence[Point], width_m: int) -> tuple[float, float, float, float]:
    """West, east, south and north of all, with the band's half and a little air; never narrower than a third of what it is long."""
    (west, east), (south, north) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    air = width_m / 2 + max(east - west, north - south) / 20
    short = (max(east - west, north - south) / 3 - min(east - west, north - south)) / 2
    wider, higher = (
        max(0.0, short) if one else 0.0 for one in (east - west < north - south, east - west >= north - south)
    )
    return west - air - wider, east + air + wider, south - air - higher, north + air + higher


def _stroke(one: Point, two: Point) -> str:
    return f"M{one[0]:.2f} {one[1]:.2f}L{two[0]:.2f} {two[1]:.2f}"


def _label(corridor: Corridor, driven: int, outside: int, unheard: bool) -> str:
    km, stops = Decimal(round(corridor.length_m)) / 1000, sum(one.is_stop for one in corridor.waypoints)
    said = translate("A way of %(km)s km, planned stops: %(stops)s, in a corridor %(width)s m wide.", km=decimal(km, 1), stops=stops, width=decimal(corridor.width_m, 0))  # fmt: skip
    if not driven:
        return said
    found = (
        translate("%(outside)s of the places shown lie outside.", outside=outside) if outside else translate("All places shown lie inside.")
    )  # fmt: skip
    first = translate("Of the first stretch nothing was heard.") if unheard else ""
    return f"{said} {found} {first}".rstrip()
