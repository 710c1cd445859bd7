"""Fences on the earth: read from lines and GeoJSON, refused by corner, the same wherever on the globe they lie."""

import json
from itertools import combinations, pairwise
from math import atan2, cos, pi, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace.supervision.rules.fences import Fence, Position, fence_from, metres_between, short_way
from tenants.errors import Invalid

# A yard of about 1 km by 1 km in Shanghai, with a bite taken out of its north-east corner.
YARD = """
31.300, 121.600
31.300, 121.610
31.305, 121.610
31.305, 121.605
31.309, 121.605
31.309, 121.600
"""


def ring(*corners: tuple[float, float]) -> str:
    return "\n".join(f"{north}, {east}" for north, east in corners)


def geojson(*corners: tuple[float, float], holes: int = 0, **more: object) -> str:
    outside = [[east, north] for north, east in (*corners, corners[0])]
    return json.dumps({"type": "Polygon", "coordinates": [outside] * (1 + holes)} | more)


def test_fence_with_a_bite() -> None:
    yard = fence_from(YARD)
    assert yard.metres_outside(Position(31.302, 121.608)) == 0
    assert yard.metres_outside(Position(31.308, 121.602)) == 0
    assert yard.metres_outside(Position(31.3068, 121.6080)) == pytest.approx(200, abs=2)
    assert yard.metres_outside(Position(31.299, 121.605)) == pytest.approx(111.3, abs=0.5)
    assert yard.square_metres == pytest.approx((0.009 * 0.010 - 0.004 * 0.005) * 111_320**2 * cos(radians(31.3)), rel=1e-6)  # fmt: skip


def test_a_slanted_fence() -> None:
    """A triangle whose west side climbs to the east: what lies beside the slope is outside, what lies under it inside."""
    triangle = fence_from(ring((31.300, 121.600), (31.300, 121.610), (31.308, 121.609)))
    assert triangle.metres_outside(Position(31.302, 121.606)) == 0
    assert triangle.metres_outside(Position(31.306, 121.6080)) == 0
    for latitude, longitude in ((31.304, 121.602), (31.306, 121.605), (31.304, 121.611), (31.309, 121.609)):
        assert triangle.metres_outside(Position(latitude, longitude)) > 40


def test_geojson_says_longitude_first() -> None:
    corners = [(29.93, 121.88), (29.93, 121.89), (29.94, 121.89)]
    typed = fence_from(ring(*corners))
    assert fence_from(geojson(*corners)) == typed
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(geojson(*corners))}
    assert fence_from(json.dumps(feature)) == typed
    assert fence_from(typed.text) == typed
    assert typed.text.splitlines()[0] == "29.930000, 121.880000"


SQUARE = [(0.0, 179.99), (0.0, -179.99), (0.02, -179.99), (0.02, 179.99)]


def test_a_fence_across_the_antimeridian() -> None:
    fence = fence_from(ring(*SQUARE))
    for east in (179.995, 180.0, -180.0, -179.995):
        assert fence.metres_outside(Position(0.01, east)) == 0
    assert fence.metres_outside(Position(0.01, 179.98)) == pytest.approx(1113, abs=2)
    assert fence.metres_outside(Position(0.01, -179.98)) == pytest.approx(1113, abs=2)
    assert fence.metres_outside(Position(0.01, 0.0)) > 10_000_000


@pytest.mark.parametrize(
    ("written", "code", "facts"),
    [
        ("", "fence_open", {}),
        (ring((31.3, 121.6), (31.3, 121.61)), "fence_open", {}),
        (ring(*[(31.3 + n / 1000, 121.6) for n in range(61)]), "fence_open", {}),
        ("1" * 4001, "fence_long", {}),
        (ring((31.3, 121.6), (31.3, 121.61)) + "\nnorth 5", "corner_unreadable", {"corner": 3}),
        (ring((31.3, 121.6), (91, 121.61), (31.4, 121.6)), "corner_nowhere", {"corner": 2}),
        (ring((31.3, 121.6), (31.3, -181), (31.4, 121.6)), "corner_nowhere", {"corner": 2}),
        ("31.3, nan\n31.3, 121.61\n31.4, 121.6", "corner_unreadable", {"corner": 1}),
        (ring((89.9, 1), (89.9, 2), (89.95, 2)), "corner_polar", {"corner": 1}),
        (ring((31.3, 121.6), (31.3, 121.61), (31.31, 121.61), (31.3, 121.6), (31.31, 121.6)), "corner_twice", {"corner": 4, "other": 1}),
        (ring((31.3, 121.6), (31.31, 121.61), (31.31, 121.6), (31.3, 121.61)), "sides_cross", {"corner": 1, "other": 3}),
        (ring((31.3, 121.6), (31.3, 121.62), (31.31, 121.62), (31.3, 121.61), (31.31, 121.6)), "sides_cross", {"corner": 1, "other": 3}),
        (ring((31.3, 121.6), (31.3, 121.61), (31.3, 121.605), (31.31, 121.605)), "side_turns_back", {"corner": 2}),
        (ring((31.3, 121.6), (31.3001, 121.6), (31.3, 121.60001)), "fence_small", {"least": 100}),
        (ring((31.3, 121.6), (31.3, 122.6), (31.4, 121.6)), "fence_wide", {"corner": 2, "most": 50}),
        ("{", "fence_unreadable", {}),
        ('{"a":' + "[" * 3000, "fence_unreadable", {}),
        ('{"type": "Point", "coordinates": [1, 2]}', "fence_no_polygon", {}),
        ('{"type": "Polygon", "coordinates": [[1, 2, 3]]}', "corner_unreadable", {"corner": 1}),
        (geojson((31.3, 121.6), (31.3, 121.61), (31.31, 121.61), holes=1), "fence_holed", {}),
    ],
)  # fmt: skip
def test_what_is_no_fence_is_refused_by_corner(written: str, code: str, facts: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        fence_from(written)
    assert (refused.value.code, refused.value.field) == (code, "fence")
    assert facts.items() <= refused.value.facts.items()


def test_refuses_a_place_that_is_none() -> None:
    for latitude, longitude in ((91, 0), (0, -181), (float("nan"), 0)):
        with pytest.raises(Invalid):
            Position(latitude, longitude)


metres = st.floats(200, 3000)


@st.composite
def stars(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Corners around a middle at (0, 0), in turn: however far out each of them lies, the sides meet nowhere but in the corners. In metres."""
    gaps = draw(st.lists(st.floats(10, 100), min_size=3, max_size=12))
    turns = [360 * sum(gaps[:n]) / sum(gaps) for n in range(len(gaps))]
    assume(all(5 < b - a < 170 for a, b in pairwise([*turns, 360])))
    return [
        (far * sin(radians(turn)), far * cos(radians(turn))) for far, turn in ((draw(metres), turn) for turn in turns)
    ]


def placed(star: list[tuple[float, float]], north: float, east: float) -> Fence:
    """A star of metres somewhere on the earth."""
    width = 111_320 * cos(radians(north))
    corners = [(north + y / 111_320, short_way(east + x / width)) for y, x in star]
    return fence_from(ring(*((round(n, 6), round(e, 6)) for n, e in corners)))


@given(stars(), st.floats(0, 2 * pi), st.floats(0, 5000), st.floats(-60, 60), st.floats(-180, 179))
def test_a_fence_is_the_same_wherever_on_earth_it_lies(star: list[tuple[float, float]], turn: float, far: float, north: float, east: float) -> None:  # fmt: skip
    """Moved around the globe along its parallel, across 180° or not, a position is as far outside as before; its middle is inside."""
    home, away = placed(star, north, 0.0), placed(star, north, east)
    width = 111_320 * cos(radians(north))
    y, x = far * sin(turn), far * cos(turn)
    at, there = (Position(north + y / 111_320, short_way(base + x / width)) for base in (0.0, east))
    assert home.metres_outside(at) == pytest.approx(away.metres_outside(there), abs=0.5)
    assert away.metres_outside(Position(north, short_way(east))) == 0


@given(stars(), st.floats(0, 2 * pi), st.floats(0, 5000), st.integers(0, 11))
def test_inside_is_what_the_corners_wind_around(star: list[tuple[float, float]], turn: float, far: float, first: int) -> None:  # fmt: skip
    """By another rule than the fence's own: the angles under which the sides are seen add up to a whole turn, or to none. Wherever the corners begin, and backwards."""
    fence = placed(star, 31.3, 121.6)
    at = Position(31.3 + far * sin(turn) / 111_320, 121.6 + far * cos(turn) / (111_320 * cos(radians(31.3))))
    seen = [atan2(y, x) for x, y in fence.metres_from(at)]
    wound = sum((b - a + pi) % (2 * pi) - pi for a, b in zip(seen, [*seen[1:], seen[0]], strict=True))
    outside = fence.metres_outside(at)
    assume(min(metres_between(at, one) for one in fence.corners) > 1)
    assert (outside == 0) == (abs(wound) > pi) or outside < 0.01
    begun = fence.corners[first % len(star) :] + fence.corners[: first % len(star)]
    for same in (Fence(begun), Fence(tuple(reversed(fence.corners)))):
        assert same.metres_outside(at) == pytest.approx(outside, abs=1e-6)


@given(stars(), st.data())
def test_corners_that_changed_places_are_refused(star: list[tuple[float, float]], data: st.DataObject) -> None:
    """Of four corners in turn, two that are neighbours change places: two sides cross, wherever in the fence that is. Told by an independent count."""
    assume(len(star) >= 4)
    place = data.draw(st.integers(0, len(star) - 2))
    crossed = [*star[:place], star[place + 1], star[place], *star[place + 2 :]]
    sides = list(zip(crossed, [*crossed[1:], crossed[0]], strict=True))
    meets = any(_cross(*one, *two) for (m, one), (n, two) in combinations(enumerate(sides), 2) if n - m not in (1, len(sides) - 1))  # fmt: skip
    assume(meets)
    with pytest.raises(Invalid) as refused:
        placed(crossed, 31.3, 121.6)
    assert refused.value.code == "sides_cross"


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether two sides cross well inside of both, by solving for the point."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = a, b, c, d
    by_turn = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if abs(by_turn) < 1:
        return False
    s = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / by_turn
    t = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / by_turn
    return 0.05 < s < 0.95 and 0.05 < t < 0.95
