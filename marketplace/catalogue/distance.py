"""How far goods lie from where a buyer stands: as the crow flies, which is what a first look at freight needs."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.sphere import great_circle_metres


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
    """Kilometres on the great circle."""
    return great_circle_metres(one.latitude, one.longitude, other.latitude, other.longitude) / 1000


def middle(spots: list[Spot]) -> Spot:
    """The middle of a city's places: near enough to measure from. There must be one at least."""
    return Spot(sum(one.latitude for one in spots) / len(spots), sum(one.longitude for one in spots) / len(spots))
