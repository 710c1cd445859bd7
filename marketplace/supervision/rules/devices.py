"""What a device's own behaviour says: silent, its clock wrong, its calibration due."""

from datetime import date, datetime, timedelta

from marketplace.supervision.rules.alarms import Severity

SILENT_AFTER_INTERVALS = 3
SILENCE_MAJOR_AFTER = timedelta(minutes=30)
SILENCE_CRITICAL_AFTER = timedelta(hours=2)
SKEW_TOLERATED = timedelta(seconds=120)
CALIBRATION_WARNING = timedelta(days=30)


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
