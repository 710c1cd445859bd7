"""The words of supervision: English msgids for severities, types and dispositions, and sentences that travel inside facts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from marketplace.quantity import Quantity
from marketplace.supervision.models.alarms import Alarm

SEVERITIES = {
    "CRITICAL": "Critical",
    "MAJOR": "Major",
    "MINOR": "Minor",
    "WARNING": "Warning",
    "INDETERMINATE": "Indeterminate",
}
DISPOSITIONS = {"TRUE": "true alarm", "FALSE": "false alarm", "TEST": "test", "MAINTENANCE": "maintenance"}
LOOKS = {"seen": "by video", "on_site": "on site"}
ENDS = DISPOSITIONS | {"SUPERSEDED": "superseded"}
TYPES = {
    "weight_change": "Weight change",
    "temperature": "Temperature",
    "humidity": "Humidity",
    "door_open": "Door open",
    "door_left_open": "Door left open",
    "unauthorised_move": "Unauthorised movement",
    "geofence": "Left the area",
    "route": "Left the route",
    "long_stop": "Stood too long",
    "door_off_stop": "Opened on the way",
    "late_arrival": "Late on the way",
    "position_doubted": "Position contradicted",
    "smoke": "Smoke",
    "water": "Water",
    "intrusion": "Intrusion",
    "image_change": "Picture changed",
    "camera_blocked": "Camera blocked",
    "marks_missing": "Marks missing",
    "picture_still": "Picture does not move",
    "silence": "Silence",
    "battery_low": "Battery low",
    "battery_empty": "Battery nearly empty",
    "tamper": "Tampering",
    "signature": "False signature",
    "replay": "Readings repeated",
    "clock_skew": "Clock wrong",
    "calibration_due": "Calibration due",
    "calibration_expired": "Calibration expired",
    "firmware": "Unknown firmware",
    "gap": "Missing messages",
    "power": "Power",
    "temperature_rate": "Temperature changes fast",
    "temperature_budget": "Heat budget used up",
    "humidity_rate": "Humidity changes fast",
    "door_often": "Door opened often",
    "weight_still": "Weight does not move",
    "temperature_still": "Temperature does not move",
    "humidity_still": "Humidity does not move",
    "weight_anomaly": "Unusual weight",
    "temperature_anomaly": "Unusual temperature",
    "humidity_anomaly": "Unusual humidity",
    "count_anomaly": "Unusual count",
    "loss": "Goods reported lost or damaged",
    "patrol_missed": "Patrol missed",
    "patrol_late": "Patrol late",
}


def saying(msgid: str, facts: dict[str, Any] | None = None) -> dict[str, Any]:
    """A sentence as it travels inside a fact: untranslated, its places filled at the reader's door."""
    return {"word": msgid, "facts": plain(facts or {})}


def by_alarm(alarm: Alarm) -> dict[str, Any]:
    """Why the house acted: this alarm, as each reader reads it."""
    return saying("alarm %(number)s", {"number": alarm.number})


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as JSON keeps them: exact figures as text, moments in ISO form."""
    return {name: _plain(value) for name, value in facts.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, Quantity):
        return {"amount": f"{value.amount:f}", "unit": value.unit}
    if isinstance(value, bool | int | str | dict | list):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
