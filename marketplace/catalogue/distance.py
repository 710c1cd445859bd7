"""How far goods lie from where a buyer stands: as the crow flies, which is what a first look at freight needs."""

from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0087714  # the mean radius by which search servers reckon, so that every index draws the same circle


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by latitude and longitude in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Near:
    """Where a searcher stands, and within how many kilometres of it goods may lie; None: anywhere, the nearest first."""

    spot: Spot
    km: int | None = None


def spot_of(latitude: Decimal | None, longitude: Decimal | None) -> Spot | None:
    """A place, where both figures of it are known."""
    return None if latitude is None or longitude is None else Spot(float(latitude), float(longitude))


def spot_read(written: str) -> Spot | None:
    """A place as `31.23, 121.47`; None where it is written otherwise, or lies nowhere on earth."""
    parts = written.replace("，", ",").split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    return Spot(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def km_between(one: Spot, other: Spot) -> float:
    """Kilometres on the great circle (haversine; within half a per cent of the ellipsoid's)."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    bend = sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(bend)))


def middle(spots: list[Spot]) -> Spot:
    """The middle of a city's places: near enough to measure from. There must be one at least."""
    return Spot(sum(one.latitude for one in spots) / len(spots), sum(one.longitude for one in spots) / len(spots))
