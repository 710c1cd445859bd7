"""Corridors: what is one and what is refused line by line, and how far a place lies outside, on a sphere and across the date line."""

from itertools import pairwise
from math import asin, atan2, cos, degrees, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.shipments.corridors import PLACES_MAX, corridor_from
from marketplace.sphere import great_circle_metres, metres_from_leg
from tenants.errors import Invalid

places = st.tuples(st.floats(-70, 70), st.floats(-180, 180))
small = st.floats(-4, 4)


def test_how_far_a_place_lies_outside() -> None:
    """A hundredth of a degree of latitude is 1,112 m; a corridor of 1 km reaches 500 m to each side and around its ends."""
    way = corridor_from("0, 121.5\n0, 121.6 stop\n0, 121.7", 1000)
    assert round(way.metres_outside(0.01, 121.55)) == 612
    assert way.metres_outside(0.0044, 121.55) == 0
    assert round(way.metres_outside(0, 121.71)) == 612, "beyond the end"
    assert [way.is_stop(0, east) for east in (121.5, 121.55, 121.6, 121.602, 121.603, 121.7)] == [True, False, True, True, False, True]  # fmt: skip
    assert (way.is_end(0, 121.7), way.is_end(0, 121.5)) == (True, False)
    assert round(way.length_m) == 22239


def test_a_way_over_the_date_line_is_as_wide_as_any() -> None:
    way = corridor_from("10, 179.9\n10, -179.9", 1000)
    assert way.metres_outside(10, 180) == 0
    assert round(way.length_m) < 22_000
    assert way.metres_outside(10, 0) > 10_000_000


@given(places, small, small, small, small)
def test_the_way_between_two_places_is_the_shortest(start: tuple[float, float], up: float, right: float, north: float, east: float) -> None:  # fmt: skip
    """Beside a thousand points of the chord, put back on the sphere: never further than any of them, and near to the nearest."""
    end, here = (start[0] + up, start[1] + right), (start[0] + north, start[1] + east)
    found = metres_from_leg(*here, start, end)
    along = [metres_from_leg(*here, point, point) for point in _between(start, end)]
    step = great_circle_metres(*start, *end) / 1000
    assert min(along) - step - 1 <= found <= min(along) + 1


def _between(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    def outward(north: float, east: float) -> list[float]:
        return [cos(radians(north)) * cos(radians(east)), cos(radians(north)) * sin(radians(east)), sin(radians(north))]

    one, two = outward(*start), outward(*end)
    found = []
    for n in range(1001):
        mixed = [a + (b - a) * n / 1000 for a, b in zip(one, two, strict=True)]
        size = sqrt(sum(part * part for part in mixed))
        x, y, z = (part / size for part in mixed)
        found.append((degrees(asin(max(-1.0, min(1.0, z)))), degrees(atan2(y, x))))
    return found


@pytest.mark.parametrize(
    ("written", "width", "code"),
    [
        ("31.2, 121.5", 1000, "route_open"),
        ("", 1000, "route_open"),
        ("\n".join(f"31.2, {121 + n / 100}" for n in range(PLACES_MAX + 1)), 1000, "route_open"),
        ("31.2, 121.5\n31.2, 121.6", 99, "width_wrong"),
        ("31.2, 121.5\n31.2, 121.6", 20_001, "width_wrong"),
        ("31.2, 121.5\n31.2, 121.5 stop", 1000, "place_twice"),
        ("31.2, 121.5\n31.2, 141.5", 1000, "leg_long"),
        ("91, 121.5\n31.2, 121.6", 1000, "place_nowhere"),
        ("31.2, 121.5\n31.2, NaN", 1000, "place_unreadable"),
        ("31.2, 121.5\n31.2, 180.1", 1000, "place_nowhere"),
        ("31.2, 121.5\n31.2", 1000, "place_unreadable"),
        ("31.2, 121.5\n31.2, 121.6 halt", 1000, "place_unreadable"),
        ("here, there\n31.2, 121.6", 1000, "place_unreadable"),
        ("31.2, 121.5\n" + " " * 4000 + "31.2, 121.6", 1000, "route_long"),
    ],
)
def test_refuses_what_is_no_corridor(written: str, width: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        corridor_from(written, width)
    assert (refused.value.code, refused.value.field) == (code, "width_m" if code == "width_wrong" else "waypoints")


def test_what_is_kept_is_read_again() -> None:
    way = corridor_from(" 31.2，121.5 \n\n31.25 121.6 停\n31.3, 121.7", 500)
    assert way.text == "31.200000, 121.500000\n31.250000, 121.600000 stop\n31.300000, 121.700000"
    assert corridor_from(way.text, 500) == way
    assert all(a != b for a, b in pairwise(way.waypoints))
