"""How supervision shows what it knows: words for metrics, figures with their units, charts. What is told of alarms stands in `alarm_words`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import g, request

from frontend.language import decimal, translate
from frontend.supervision.alarm_words import alarm_title
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.supervision import queries
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.models.alarms import Alarm, ClimateLimit
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.readings.charts import Bucket
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from marketplace.supervision.rules.limits import weight_tolerance
from marketplace.supervision.watching.books import book_weights
from marketplace.supervision.watching.judging import CLIMATES
from tenants.workspace import Workspace

# What only rules read: a fingerprint of a picture says nothing to people.
UNSHOWN = frozenset({"picture"})
HOURS = (24, 168, 720)
RANGES = {24: "Day", 168: "Week", 720: "Month"}
POINTS_AT_LEAST = 6


@dataclass(frozen=True)
class MetricWords:
    """A metric as people read it. `states`: the words for 0 and 1 where it is no quantity."""

    label: str
    unit: str
    icon: str
    places: int = 1
    states: tuple[str, str] | None = None

    @property
    def sign(self) -> str:
        """The unit as the reader writes it."""
        return translate(self.unit)

    @property
    def is_whole(self) -> bool:
        """Whether it only takes whole figures: things that are counted, and states."""
        return self.states is not None or (not self.unit and self.places == 0)


METRICS = {
    "weight": MetricWords("Weight", "kg", "scale", 0),
    "temperature": MetricWords("Temperature", "°C", "thermometer", 1),
    "humidity": MetricWords("Humidity", "%", "droplets", 1),
    "door": MetricWords("Door", "", "door", states=("Shut", "Stands open")),
    "smoke": MetricWords("Smoke", "", "danger", states=("None", "Smoke!")),
    "water": MetricWords("Water", "", "droplets", states=("Dry", "Water!")),
    "tamper": MetricWords("Case", "", "shield", states=("Closed", "Opened!")),
    "mains": MetricWords("Mains", "", "wifi", states=("Failed", "Present")),
    "battery": MetricWords("Battery", "%", "battery", 0),
    "count": MetricWords("Count", "", "camera", 0),
    "marks_missing": MetricWords("Marks missing", "", "tag", 0),
    "image_change": MetricWords("Picture changed", "", "image", 3),
    "camera_blocked": MetricWords("Camera view", "", "eye", states=("Unobstructed", "Blocked!")),
    "latitude": MetricWords("Latitude", "°", "pin", 5),
    "longitude": MetricWords("Longitude", "°", "pin", 5),
    "position_error": MetricWords("Error of the position", "m", "pin", 0),
    "network_latitude": MetricWords("Latitude by the network", "°", "pin", 5),
    "network_longitude": MetricWords("Longitude by the network", "°", "pin", 5),
    "network_error": MetricWords("Error of the network", "m", "pin", 0),
}


@dataclass(frozen=True)
class Shown:
    """A newest value as a tile shows it."""

    metric: str
    label: str
    value: str
    unit: str
    icon: str
    device: str
    at: datetime
    fresh: bool
    trusted: bool
    spark: list[float]

    @property
    def tone(self) -> str | None:
        """Red where it is not fresh any more: what is not heard is unknown, never fine."""
        return None if self.fresh else "danger"


def span_for(interval: timedelta) -> int:
    """The shortest span, in hours, in which a device that speaks this often draws a line; the longest for one that hardly speaks."""
    return next((hours for hours in HOURS if timedelta(hours=hours) >= POINTS_AT_LEAST * interval), HOURS[-1])


def hours_asked(interval: timedelta = timedelta()) -> int:
    """The span that the reader chose among those offered, else the one that shows something."""
    asked = request.args.get("hours", "")
    return int(asked) if asked.isdecimal() and int(asked) in HOURS else span_for(interval)


def metric_words(metric: str) -> MetricWords:
    """The words of a metric; one that supervision does not know keeps its own name."""
    return METRICS.get(metric) or MetricWords(metric, "", "sensor", 2)


def figure(metric: str, value: Decimal) -> str:
    """A value as people write it: a state by its word."""
    words = metric_words(metric)
    return translate(words.states[bool(value)]) if words.states else decimal(value, words.places)


def shown(ws: Workspace, row: LatestReading, spark: Sequence[Bucket] = ()) -> Shown:
    """One newest value."""
    words = metric_words(row.metric)
    label = translate(words.label) + (f" · {row.channel}" if row.channel else "")
    expected = timedelta(seconds=row.interval_seconds) * SILENT_AFTER_INTERVALS
    values = [float(bucket.mean) for bucket in spark[:: max(1, len(spark) // 40)]] if not words.states else []
    return Shown(
        row.metric, label, figure(row.metric, row.value), words.sign, words.icon, row.device_name, row.at,
        ws.now - row.at <= expected, row.trusted, values,
    )  # fmt: skip


def lot_watch(lot_id: UUID) -> dict[str, Any]:
    """All that `lot_readings.html` shows of a lot: newest values, the metrics that have a chart, reliance and its reasons."""
    ws: Workspace = g.ws
    latest = [row for row in queries.latest_readings(ws, lot_id) if row.metric not in UNSHOWN]
    hours = hours_asked(max((timedelta(seconds=row.interval_seconds) for row in latest), default=timedelta()))
    start = ws.now - timedelta(hours=hours)
    ordered = sorted(latest, key=lambda row: (row.metric == "battery", [*METRICS, row.metric].index(row.metric)))
    tiles = [shown(ws, row, queries.chart(ws, lot_id, row.metric, start, ws.now)) for row in ordered]
    heard = max((row.received_at for row in latest), default=None)
    charted = [metric for metric in METRICS if metric in {row.metric for row in latest} and metric != "battery"]
    return {
        "tiles": tiles,
        "metrics": [(metric, METRICS[metric]) for metric in charted],
        "condition": condition_of(ws, lot_id),
        "sequence": int(heard.timestamp() * 1000) if heard else 0,
        "hours": hours,
        "ranges": [(each, RANGES[each]) for each in HOURS],
    }


def lot_alarms(lot_id: UUID, limit: int = 8) -> list[Alarm]:
    """What `lot_alarms.html` shows: the lot's alarms, newest first."""
    return queries.alarms_of_lot(g.ws, lot_id, limit=limit)


def chart_of_lot(
    ws: Workspace, lot_id: UUID, metric: str, start: datetime, end: datetime, *, marks: bool = True
) -> dict[str, Any]:
    """A lot's metric as `<series-chart>` takes it: the line, the limits it is held to, and the alarms upon it."""
    lot = find_lot(ws, lot_id)
    data = chart_data(metric, queries.chart(ws, lot_id, metric, start, end))
    thresholds, bands = _limits(ws, lot, metric)
    alarms = [alarm for alarm in queries.alarms_of_lot(ws, lot_id) if start <= alarm.raised_at < end] if marks else []
    return data | {"thresholds": thresholds, "bands": bands, "marks": [_mark(alarm) for alarm in alarms]}


def chart_data(metric: str, buckets: Sequence[Bucket]) -> dict[str, Any]:
    """Points as columns. Wide stretches show their least and greatest beside the mean, so that no peak is averaged away."""
    words = metric_words(metric)
    spread = any(bucket.least != bucket.greatest for bucket in buckets)
    label = translate(words.label)
    if words.states:  # a state is drawn as 1 while it holds: say which
        label += f" (1 = {translate(words.states[1]).rstrip('!！')})"
    lines = [
        {
            "label": label,
            "values": [float(b.mean) for b in buckets],
            "unit": words.sign,
            "fill": bool(words.states),
        }
    ]
    if spread and not words.states:
        for name, values in (("Highest", [b.greatest for b in buckets]), ("Lowest", [b.least for b in buckets])):
            lines.append(
                {"label": translate(name), "values": [float(v) for v in values], "unit": words.sign, "dash": True}
            )
    return {"at": [bucket.at.timestamp() for bucket in buckets], "series": lines}


def _limits(ws: Workspace, lot: Lot, metric: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if metric == "weight":
        entries = book_weights(ws, [lot]).get(lot.id)
        if not entries or not entries[-1][1]:
            return [], []
        book, tolerance = entries[-1][1], weight_tolerance(entries[-1][1])
        line = {"label": translate("By the book"), "value": float(book), "tone": "neutral"}
        return [line], [{"from": float(book - tolerance), "to": float(book + tolerance), "tone": "ok"}]
    if metric in CLIMATES:
        set_limit = queries.climates_of(ws, lot.id).get(metric)
        low, high = (set_limit.low, set_limit.high) if set_limit else CLIMATES[metric]
        named = (("Highest allowed", high), ("Lowest allowed", low))
        return [
            {"label": translate(name), "value": float(value), "tone": "danger"}
            for name, value in named
            if value is not None and set_limit
        ], []
    return [], []


def _mark(alarm: Alarm) -> dict[str, Any]:
    tone = "danger" if alarm.severity in ("CRITICAL", "MAJOR") else "watch"
    return {"at": alarm.raised_at.timestamp(), "label": alarm_title(alarm), "tone": tone, "href": f"/alarms/{alarm.id}"}


def climate_words(limit: ClimateLimit) -> str:
    """`5 – 30 °C`, `≤ 70 %`: what the goods ask for."""
    unit = metric_words(limit.metric).unit
    low, high = (None if one is None else f"{one.normalize():f}" for one in (limit.low, limit.high))
    if low is not None and high is not None:
        return f"{low} – {high} {unit}"
    return f"≤ {high} {unit}" if low is None else f"≥ {low} {unit}"


def kind_word(kind: str) -> str:
    """A kind of device."""
    return translate(PROFILES[kind].label) if kind in PROFILES else kind
