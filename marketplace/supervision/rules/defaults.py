"""The alarm rules that a site starts with; every figure may be set for each product and site (domain.md section 7,
product defaults).

`Debounce(samples, lasting)` reads "so many samples or so long". Limits themselves come with the goods: a baseline, a
climate, a fence.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import AlarmRule, Debounce
from marketplace.supervision.rules.settings import Setting

_AT_ONCE = Debounce()
MEASURED = ("weight", "temperature", "humidity")


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
        AlarmRule(
            "position_doubted", Severity.MAJOR, Debounce(samples=3, lasting=timedelta(minutes=2)), _lasting(minutes=2)
        ),
        AlarmRule(
            "route",
            Severity.MAJOR,
            _lasting(minutes=2),
            _lasting(minutes=2),
            worsening=((timedelta(minutes=10), Severity.CRITICAL),),
        ),
        AlarmRule("long_stop", Severity.MAJOR),
        AlarmRule("door_off_stop", Severity.MAJOR, _lasting(seconds=5), _AT_ONCE),
        AlarmRule("late_arrival", Severity.MINOR, worsening=((timedelta(hours=2), Severity.MAJOR),)),
        AlarmRule("door_open", Severity.MAJOR, _lasting(seconds=5), _AT_ONCE),
        AlarmRule("door_left_open", Severity.MINOR, _lasting(minutes=10), _AT_ONCE),
        AlarmRule("intrusion", Severity.MAJOR, Debounce(samples=3, lasting=timedelta(seconds=10)), Debounce(samples=3)),
        AlarmRule(
            "image_change", Severity.MAJOR, Debounce(samples=3, lasting=timedelta(seconds=10)), Debounce(samples=3)
        ),
        AlarmRule("marks_missing", Severity.MAJOR, Debounce(samples=3), Debounce(samples=3)),
        AlarmRule("picture_still", Severity.MAJOR),
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
        # The mains failed at a gateway: one alarm for all the devices behind it.
        AlarmRule("power", Severity.MAJOR, _lasting(seconds=10), Debounce(samples=3)),
        AlarmRule("temperature_rate", Severity.MAJOR),
        AlarmRule("humidity_rate", Severity.MAJOR),
        AlarmRule("temperature_budget", Severity.MAJOR),
        AlarmRule("door_often", Severity.MINOR),
        *(AlarmRule(f"{metric}_still", Severity.WARNING) for metric in MEASURED),
        *(AlarmRule(f"{metric}_anomaly", Severity.WARNING) for metric in (*MEASURED, "count")),
    )
}

TEMPERATURE_HYSTERESIS_C = Decimal(1)
HUMIDITY_HYSTERESIS_PERCENT = Decimal(3)
BATTERY_LOW_PERCENT = Decimal(20)
BATTERY_EMPTY_PERCENT = Decimal(10)
IMAGE_CHANGE_SHARE = Decimal("0.02")
SURPRISING = Decimal("3.5")
_DEBOUNCE = ("samples", "lasting_seconds", "clear_seconds")
_CLIMATE = ("low", "high", "hysteresis", "lasting_seconds", "clear_seconds")
_RATE = ("by", "within_seconds")
_DAY_MINUTES = Decimal(24 * 60)
# What of each alarm type may be set, in the order in which people read it. Types that are not here are no matter of taste.
FIGURES: dict[str, tuple[str, ...]] = {
    "weight_change": ("tolerance_percent", "samples", "lasting_seconds", "clear_seconds"),
    "temperature": _CLIMATE,
    "humidity": _CLIMATE,
    "temperature_rate": _RATE,
    "humidity_rate": _RATE,
    "temperature_budget": _RATE,
    "door_open": ("opens", "closes", "lasting_seconds"),
    "door_left_open": ("lasting_seconds",),
    "door_often": _RATE,
    "unauthorised_move": _DEBOUNCE,
    "geofence": ("high", "fence", "margin", "hysteresis", "lasting_seconds", "clear_seconds"),
    "position_doubted": ("high", "hysteresis", *_DEBOUNCE),
    "route": ("high", "lasting_seconds", "clear_seconds"),
    "long_stop": ("high",),
    "door_off_stop": ("lasting_seconds",),
    "late_arrival": ("high",),
    "intrusion": _DEBOUNCE,
    "image_change": ("high", *_DEBOUNCE),
    "camera_blocked": ("lasting_seconds", "clear_seconds"),
    "marks_missing": ("high", "samples", "lasting_seconds", "clear_samples"),
    "picture_still": ("high",),
    "smoke": ("lasting_seconds", "clear_seconds"),
    "water": ("lasting_seconds", "clear_seconds"),
    "power": ("lasting_seconds", "clear_samples"),
    "battery_low": ("low", "lasting_seconds"),
    "battery_empty": ("low", "lasting_seconds"),
    **{f"{metric}_still": ("high",) for metric in MEASURED},
    **{f"{metric}_anomaly": ("high", "by") for metric in (*MEASURED, "count")},
}
_VALUES: dict[str, dict[str, Any]] = {
    "temperature": {"low": Decimal(-10), "high": Decimal(45), "hysteresis": TEMPERATURE_HYSTERESIS_C},
    "humidity": {"high": Decimal(80), "hysteresis": HUMIDITY_HYSTERESIS_PERCENT},
    "temperature_rate": {"by": Decimal(5), "within": timedelta(minutes=5)},
    # Out of doors the air swings by 8 on a quiet day; steam, or a wet wind through an open door, by 35 and more.
    "humidity_rate": {"by": Decimal(15), "within": timedelta(minutes=5)},
    # Degree-hours a day above the climate that the goods ask for: only who knows what they bear can say.
    "temperature_budget": {"by": Decimal(24), "within": timedelta(days=1), "is_on": False},
    "door_often": {"by": Decimal(20), "within": timedelta(hours=1)},
    "geofence": {
        "high": Decimal(500),
        "hysteresis": Decimal(50),
    },  # metres from the middle of the site, where it has no fence
    # Metres outside of the corridor of a journey, beyond what the fix may be off.
    "route": {"high": Decimal(50)},
    # Minutes where no stop was planned, and minutes after the latest arrival; over when the goods move on, and when they are there.
    "long_stop": {"high": Decimal(30)},
    "late_arrival": {"high": Decimal(30)},
    # Metres between receiver and network, beyond what both may be off.
    "position_doubted": {"high": Decimal(1000), "hysteresis": Decimal(500)},
    "image_change": {"high": IMAGE_CHANGE_SHARE, "hysteresis": IMAGE_CHANGE_SHARE / 2},
    "marks_missing": {"high": Decimal(0)},
    # No sensor of a camera is without noise: two pictures are never the same, and five on end are one picture shown again.
    "picture_still": {"high": Decimal(0), "hysteresis": Decimal(0)},
    "battery_low": {"low": BATTERY_LOW_PERCENT},
    "battery_empty": {"low": BATTERY_EMPTY_PERCENT},
    # A scale at rest may well say the same for days; a climate never does.
    "weight_still": {"high": _DAY_MINUTES, "is_on": False},
    "temperature_still": {"high": _DAY_MINUTES},
    "humidity_still": {"high": _DAY_MINUTES},
    # What is unusual is often harmless: a site asks for it where it wants to know.
    "weight_anomaly": {"high": SURPRISING, "by": Decimal(1), "is_on": False},
    "temperature_anomaly": {"high": SURPRISING, "by": Decimal(2), "is_on": False},
    "humidity_anomaly": {"high": SURPRISING, "by": Decimal(5), "is_on": False},
    "count_anomaly": {"high": SURPRISING, "by": Decimal(1), "is_on": False},
}
SETTINGS: dict[str, Setting] = {kind: Setting(rule, **_VALUES.get(kind, {})) for kind, rule in DEFAULT_RULES.items()}
