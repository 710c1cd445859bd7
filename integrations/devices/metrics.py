"""The metrics that supervision knows, their units, and how a device's own words for them are read.

Units are those of the SenML registry (RFC 8428 section 12.1). A known metric arrives in its own unit or in one that
converts exactly; any other unit is refused, since a weight in the wrong unit is worse than none. Metrics that
supervision does not know are kept under the device's own name and unit.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from integrations.devices.notations import number, numbers, text
from integrations.devices.refusals import malformed, refusal

TEXT_CHARACTERS_MAX = 256
STATE = "/"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UNIT = re.compile(r"[A-Za-z0-9%/*.^-]{0,32}")
_ZERO_CELSIUS = Decimal("273.15")  # kelvin, by definition of the Celsius scale
_GRAMS = Decimal(1000)

Value = Decimal | bool | str
Reader = Callable[[object], Value]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name, the unit of its values as stored, and how a raw value is read into it."""

    name: str
    unit: str
    read: Reader


def _quantity(value: object) -> Decimal:
    return number(value, "value")


def _grams(value: object) -> Decimal:
    return number(value, "value") / _GRAMS


def _kelvin(value: object) -> Decimal:
    return number(value, "value") - _ZERO_CELSIUS


def _words(value: object) -> str:
    return text(value, "value", TEXT_CHARACTERS_MAX)


def _state(value: object) -> bool:
    """True or false; 1 and 0 as in SenML's unit "/" count as well."""
    if isinstance(value, bool):
        return value
    if number(value, "value") not in (0, 1):
        raise malformed("value")
    return bool(value)


def _anything(value: object) -> Value:
    if isinstance(value, bool):
        return value
    return _words(value) if isinstance(value, str) else _quantity(value)


def read_all(metric: "Metric", raw: Sequence[object]) -> Sequence[Value]:
    """A column of raw values, read in one step where all are plain numbers."""
    figures = numbers(raw) if metric.read is _quantity else None
    return [metric.read(value) for value in raw] if figures is None else figures


QUANTITIES = {
    "weight": "kg",
    "temperature": "Cel",
    "humidity": "%RH",
    "battery": "%EL",
    "latitude": "lat",
    "longitude": "lon",
    "count": "count",
}
# Beside a receiver's position: how many metres it may be off, and where the network (its cells) saw the device.
BESIDE_POSITION = {"position_error": "m", "network_latitude": "lat", "network_longitude": "lon", "network_error": "m"}
STATES = ("door", "smoke", "water", "mains", "tamper")
TEXTS = ("tag", "firmware")
KNOWN: dict[str, Metric] = {
    **{name: Metric(name, unit, _quantity) for name, unit in (QUANTITIES | BESIDE_POSITION).items()},
    **{name: Metric(name, STATE, _state) for name in STATES},
    **{name: Metric(name, "", _words) for name in TEXTS},
}
CONVERTED = {
    ("weight", "g"): Metric("weight", "kg", _grams),
    ("temperature", "K"): Metric("temperature", "Cel", _kelvin),
}
BY_UNIT = {unit: name for name, unit in QUANTITIES.items() if name != "count"} | {"g": "weight", "K": "temperature"}
ALIASES = {
    "temp": "temperature",
    "hum": "humidity",
    "rh": "humidity",
    "mass": "weight",
    "open": "door",
    "epc": "tag",
    "leak": "water",
    "lat": "latitude",
    "lon": "longitude",
}


def metric_named(name: object, unit: object) -> Metric:
    """The metric that a device names outright. Refuses a known metric in a unit that does not convert into its own."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise malformed("metric")
    if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
        raise malformed("unit")
    known = KNOWN.get(name)
    if known is None:
        return Metric(name, unit, _anything)
    if unit == known.unit or (unit == "" and known.unit == STATE):
        return known
    if (name, unit) in CONVERTED:
        return CONVERTED[name, unit]
    raise refusal("wrong_unit", metric=name, unit=unit)


@lru_cache(maxsize=4096)
def metric_in_pack(name: str, unit: str) -> Metric:
    """The metric of a SenML record: told by its unit where that leaves no doubt, else by the last part of its name."""
    last = re.split(r"[:/.]", name)[-1].lower().replace("-", "_")
    if unit in BY_UNIT and last not in BESIDE_POSITION:
        return metric_named(BY_UNIT[unit], unit)
    return metric_named(ALIASES.get(last, last), unit)
