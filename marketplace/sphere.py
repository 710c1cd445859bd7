"""How far two places on earth lie from each other, and how far one lies from the way between two, as the crow flies."""

from math import asin, cos, radians, sin, sqrt

EARTH_METRES = (
    6_371_008.7714  # the mean radius by which search servers reckon, so that every index draws the same circle
)


def great_circle_metres(north: float, east: float, other_north: float, other_east: float) -> float:
    """Metres between two places in degrees of latitude and longitude (haversine; within half a per cent of the ellipsoid's)."""
    rise, turn = radians(other_north - north), radians(other_east - east)
    bend = sin(rise / 2) ** 2 + cos(radians(north)) * cos(radians(other_north)) * sin(turn / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(bend)))


def metres_from_leg(north: float, east: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Metres from a place to the shortest way between two others, in degrees: across it where it passes, else to its nearer end.

    The way is less than half of the earth's girth.
    """
    here, one, two = _outward(north, east), _outward(*start), _outward(*end)
    pole = _cross(one, two)
    along = _dot(_cross(pole, one), here), _dot(_cross(two, pole), here)
    size = sqrt(_dot(pole, pole))
    if size > 0 and min(along) >= 0:
        return EARTH_METRES * asin(min(1.0, abs(_dot(pole, here)) / size))
    return min(great_circle_metres(north, east, *start), great_circle_metres(north, east, *end))


def _outward(north: float, east: float) -> tuple[float, float, float]:
    """A place as the direction in which it lies from the middle of the earth."""
    height, turn = radians(north), radians(east)
    return cos(height) * cos(turn), cos(height) * sin(turn), sin(height)


def _cross(one: tuple[float, float, float], two: tuple[float, float, float]) -> tuple[float, float, float]:
    (x, y, z), (u, v, w) = one, two
    return y * w - z * v, z * u - x * w, x * v - y * u


def _dot(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))
