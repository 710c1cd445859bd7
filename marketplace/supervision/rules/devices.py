"""What a device's own behaviour says: silent, out of its fence, its clock wrong, its calibration due.

Positions are floats (degrees, metres): they are no amounts, and a GPS fix is good to metres at best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import cos, hypot, radians

from marketplace.supervision.rules.alarms import Severity
from tenants.errors import Invalid

SILENT_AFTER_INTERVALS = 3
SILENCE_MAJOR_AFTER = timedelta(minutes=30)
SILENCE_CRITICAL_AFTER = timedelta(hours=2)
SKEW_TOLERATED = timedelta(seconds=120)
CALIBRATION_WARNING = timedelta(days=30)
FENCE_TOLERANCE_M = 50.0
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84 degrees."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise Invalid("position_impossible", "There is no such place on earth.", field="position")


def silence(last_at: datetime, now: datetime, interval: timedelta, *, sole_control: bool) -> Severity | None:
    """How bad a device's silence is: None up to three intervals, then WARNING, MAJOR at 30 min, CRITICAL at 2 h.

    CRITICAL only for a device that alone controls the goods. Counted from its last message.
    """
    quiet = now - last_at
    if quiet <= SILENT_AFTER_INTERVALS * interval:
        return None
    if sole_control and quiet >= SILENCE_CRITICAL_AFTER:
        return Severity.CRITICAL
    return Severity.MAJOR if quiet >= SILENCE_MAJOR_AFTER else Severity.WARNING


def is_skewed(device_at: datetime, server_at: datetime) -> bool:
    """Whether the device's clock is off by more than 120 s, either way, when a live message arrives."""
    return abs(device_at - server_at) > SKEW_TOLERATED


def calibration(calibrated_until: date, today: date) -> Severity | None:
    """MINOR within thirty days of its end, MAJOR after it: from then its figures verify nothing (invariant 34)."""
    if today > calibrated_until:
        return Severity.MAJOR
    return Severity.MINOR if calibrated_until - today <= CALIBRATION_WARNING else None


def is_outside(fence: Sequence[Position], at: Position, error_m: float) -> bool:
    """Whether a position is outside the fence beyond doubt: further out than the fix's own error and 50 m together."""
    return metres_outside(fence, at) > error_m + FENCE_TOLERANCE_M


def metres_outside(fence: Sequence[Position], at: Position) -> float:
    """Distance to the fence, 0 inside. Refuses a fence of fewer than three corners.

    On a plane around the position: good to a per mille over the few kilometres of a site, but not across the 180th
    meridian.
    """
    if len(fence) < 3:
        raise Invalid("fence_open", "A fence has three corners at least.", field="fence")
    corners = [_metres(corner, at) for corner in fence]
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if _holds_origin(sides):
        return 0.0
    return min(_distance_from_origin(one, two) for one, two in sides)


def metres_between(one: Position, other: Position) -> float:
    """The distance on a plane around the second, the longitudes taken the short way round: good to a per mille near a site, and far enough elsewhere."""
    turn = (one.longitude - other.longitude + 180) % 360 - 180
    east = turn * cos(radians(other.latitude)) * _METRES_PER_DEGREE
    return hypot(east, (one.latitude - other.latitude) * _METRES_PER_DEGREE)


_Point = tuple[float, float]


def _metres(corner: Position, origin: Position) -> _Point:
    east = (corner.longitude - origin.longitude) * cos(radians(origin.latitude)) * _METRES_PER_DEGREE
    return east, (corner.latitude - origin.latitude) * _METRES_PER_DEGREE


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
