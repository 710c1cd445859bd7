"""How far two places on earth lie from each other, as the crow flies."""

from math import asin, cos, radians, sin, sqrt

EARTH_METRES = (
    6_371_008.7714  # the mean radius by which search servers reckon, so that every index draws the same circle
)


def great_circle_metres(north: float, east: float, other_north: float, other_east: float) -> float:
    """Metres between two places in degrees of latitude and longitude (haversine; within half a per cent of the ellipsoid's)."""
    rise, turn = radians(other_north - north), radians(other_east - east)
    bend = sin(rise / 2) ** 2 + cos(radians(north)) * cos(radians(other_north)) * sin(turn / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(bend)))
