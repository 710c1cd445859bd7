"""The alarm rules that a site starts with; every figure may be set for each product and site (domain.md section 7,
product defaults).

`Debounce(samples, lasting)` reads "so many samples or so long". Limits themselves come with the goods: a baseline, a
climate, a fence.
"""

from datetime import timedelta
from decimal import Decimal

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import AlarmRule, Debounce

_AT_ONCE = Debounce()


def _lasting(**time: int) -> Debounce:
    return Debounce(lasting=timedelta(**time))


DEFAULT_RULES: dict[str, AlarmRule] = {
    rule.type: rule
    for rule in (
        AlarmRule(
            "weight_change", Severity.CRITICAL, Debounce(samples=3, lasting=timedelta(seconds=60)), _lasting(minutes=5)
        ),
        AlarmRule(
            "unauthorised_move",
            Severity.CRITICAL,
            Debounce(samples=2, lasting=timedelta(seconds=30)),
            Debounce(samples=2),
        ),
        AlarmRule(
            "geofence",
            Severity.MAJOR,
            _lasting(minutes=2),
            _lasting(minutes=2),
            worsening=((timedelta(minutes=10), Severity.CRITICAL),),
        ),
        AlarmRule("door_open", Severity.MAJOR, _lasting(seconds=5), _AT_ONCE),
        AlarmRule("door_left_open", Severity.MINOR, _lasting(minutes=10), _AT_ONCE),
        AlarmRule("intrusion", Severity.MAJOR, Debounce(samples=3, lasting=timedelta(seconds=10)), Debounce(samples=3)),
        AlarmRule(
            "image_change", Severity.MAJOR, Debounce(samples=3, lasting=timedelta(seconds=10)), Debounce(samples=3)
        ),
        AlarmRule("temperature", Severity.MAJOR, _lasting(minutes=10), _AT_ONCE),
        AlarmRule("humidity", Severity.MAJOR, _lasting(minutes=10), _AT_ONCE),
        AlarmRule("smoke", Severity.CRITICAL, _lasting(seconds=2), _AT_ONCE),
        AlarmRule("water", Severity.CRITICAL, _lasting(seconds=2), _AT_ONCE),
        AlarmRule(
            "silence",
            Severity.WARNING,
            _AT_ONCE,
            Debounce(samples=3),
            worsening=((timedelta(minutes=30), Severity.MAJOR),),
        ),
        AlarmRule("battery_low", Severity.WARNING, _lasting(hours=1), _AT_ONCE),
        AlarmRule("battery_empty", Severity.MINOR, _lasting(hours=1), _AT_ONCE),
        AlarmRule("tamper", Severity.CRITICAL),
        AlarmRule("clock_skew", Severity.MINOR),
        AlarmRule("calibration_due", Severity.MINOR),
        AlarmRule("calibration_expired", Severity.MAJOR),
        AlarmRule("camera_blocked", Severity.MAJOR, _lasting(seconds=30), _AT_ONCE),
    )
}

TEMPERATURE_HYSTERESIS_C = Decimal(1)
HUMIDITY_HYSTERESIS_PERCENT = Decimal(3)
BATTERY_LOW_PERCENT = Decimal(20)
BATTERY_EMPTY_PERCENT = Decimal(10)
IMAGE_CHANGE_SHARE = Decimal("0.02")
