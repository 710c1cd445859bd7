"""What each kind of device measures, and what its figures may be used for."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of device. `needs_calibration`: its figures may verify a quantity only while a calibration is in force.

    `bound_to`: whether it watches one lot, a bin (and whatever lies in it) or a whole site.
    """

    kind: str
    label: str
    metrics: tuple[str, ...]
    icon: str
    needs_calibration: bool = False


PROFILES: dict[str, Profile] = {
    profile.kind: profile
    for profile in (
        Profile("weight", "Scale", ("weight",), "scale", needs_calibration=True),
        Profile("climate", "Temperature and humidity", ("temperature", "humidity"), "thermometer"),
        Profile("door", "Door contact", ("door",), "door"),
        Profile(
            "position",
            "Position (GPS)",
            ("latitude", "longitude", "position_error", "network_latitude", "network_longitude", "network_error"),
            "pin",
        ),
        Profile("tag_reader", "Tag reader", ("tag",), "tag"),
        Profile("camera", "Camera", ("count", "marks_missing", "image_change", "camera_blocked"), "camera"),
        Profile("smoke", "Smoke detector", ("smoke",), "danger"),
        Profile("water", "Water detector", ("water",), "droplets"),
        Profile("gateway", "Gateway", ("mains",), "wifi"),
        Profile("combined", "Combined sensor", ("weight", "temperature", "humidity", "door"), "sensor", True),
    )
}


def is_calibrated(kind: str, calibrated_until: date | None, on: date) -> bool:
    """Whether the figures of that day may verify a quantity (invariant 34): without a certificate, never where one is needed."""
    if calibrated_until is None:
        return not PROFILES[kind].needs_calibration
    return on <= calibrated_until
