"""A floor as the plan draws it: each bin with its goods, newest values, what is wrong, and the colour of the chosen layer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from frontend.language import datetime_text, decimal, quantity, time_text, translate
from frontend.supervision.alarm_words import alarm_reason, severity_word, type_word
from frontend.supervision.showing import figure, metric_words
from marketplace.inventory.places.models import Site
from marketplace.supervision.watching.judging import CLIMATES
from marketplace.twin.floors import Floor, Goods, OpenAlarm, Place, Sensed
from marketplace.twin.rules import LAYERS, Layer
from marketplace.twin.steps import Step

GRAVE = ("CRITICAL", "MAJOR")
DOORS = ("door_open", "door_left_open")
NAMES = {
    "LotReceived": "Lot %(number)s came in",
    "LotVerified": "Lot %(number)s was confirmed",
    "LotDeparted": "Goods of %(number)s left",
    "LotReturned": "Goods of %(number)s came back",
    "LotFrozen": "Lot %(number)s frozen",
    "LotUnfrozen": "Lot %(number)s may move again",
    "QuantityShrunk": "Less of %(number)s than was verified",
    "QuantityFound": "Missing goods of %(number)s were found",
    "LotSplit": "Lot %(number)s was split up",
    "LotMerged": "Lot %(number)s went into another",
    "LotTransformed": "Lot %(number)s was made into other goods",
    "LotMade": "Lot %(number)s began",
    "GateExitRecorded": "Goods went out through the gate",
    "QuantityMeasured": "The scales settled at another weight",
    "RAISED": "%(what)s: alarm %(number)s",
    "OVER": "%(what)s is over",
}


def plan_of(site: Site, floor: Floor) -> dict[str, Any]:
    """The hall: its size, and its door in the middle of the southern wall, open while a door alarm holds."""
    width, depth = float(site.width), float(site.depth)
    is_open = any(alarm.type in DOORS and alarm.is_active for alarm in floor.alarms)
    gate = {"x": width / 2 - 2, "y": depth - 0.25, "w": 4, "label": translate("Gate"), "open": is_open}
    return {"width": width, "height": depth, "gates": [gate]}


def bins_of(floor: Floor, layer: str | None, heat: Mapping[UUID, Decimal]) -> list[dict[str, Any]]:
    """Every bin as the macro takes it."""
    drawn = [_bin(place, floor) for place in floor.places]
    return [_heated(one, LAYERS[layer], heat.get(UUID(one["id"]))) for one in drawn] if layer else drawn


def legend_of(layer: Layer) -> list[tuple[int, str]]:
    """Each step with its range in figures: `below 5`, `5 – 15`, … `35 and more`; of what is counted the whole numbers that belong to it: `0`, `1`, `2 – 4`."""
    low, *_, top = layer.bounds
    first = _whole(Decimal(0), low) if layer.places == 0 else translate("below %(figure)s", figure=f"{low:f}")
    ends = _whole if layer.places == 0 else _between
    middle = [ends(start, end) for start, end in pairwise(layer.bounds)]
    return list(enumerate([first, *middle, translate("%(figure)s and more", figure=f"{top:f}")]))


def _between(start: Decimal, end: Decimal) -> str:
    return f"{start:f} – {end:f}"


def _whole(start: Decimal, end: Decimal) -> str:
    return f"{start:f}" if end - start == 1 else _between(start, end - 1)


def steps_told(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """What happened, in few words, for the slider's marks and their list."""
    return [{"at": step.at, "label": _told(step), "tone": "danger" if step.is_grave else "info"} for step in steps]


def _told(step: Step) -> str:
    what = type_word(step.facts["type"]) if step.kind in ("RAISED", "OVER") else ""
    return translate(NAMES[step.kind], what=what, number=step.facts.get("number", ""))


def _bin(place: Place, floor: Floor) -> dict[str, Any]:
    goods, where = place.goods, place.bin
    shape = {
        "x": float(where.x), "y": float(where.y), "w": float(where.width), "h": float(where.height), "id": str(where.id), "label": where.code,
    }  # fmt: skip
    if goods is None:
        lines = [[translate("Lot"), translate("None that you may see")]]
        return shape | {"state": "empty", "href": "#", "title": where.code, "lines": lines}
    return shape | {
        "state": _state(place, floor),
        "fill": _fill(goods),
        "href": f"/lots/{goods.lot_id}",
        "title": f"{where.code} · {goods.number}",
        "lines": _lines(place, goods, floor),
        "alarm": bool(place.alarms),
        "under": [goods.number, quantity(goods.amount), *_climate(place.sensed)],
        "lock": goods.is_held,
    }


def _lines(place: Place, goods: Goods, floor: Floor) -> list[list[str]]:
    lines = [
        [translate("Lot"), f"{goods.number} · {goods.product_name}"],
        [translate("Verified"), quantity(goods.verified)],
    ]
    lines += [[translate(metric_words(one.metric).label), _value(one)] for one in place.sensed]
    return lines + [[severity_word(alarm.severity), alarm_words(alarm, floor)] for alarm in place.alarms]


def alarm_words(alarm: OpenAlarm, floor: Floor) -> str:
    """Its type, and whether the house knew of it at that moment."""
    if alarm.noticed_at > floor.at:
        return translate(
            "%(alarm)s (noticed at %(time)s)", alarm=type_word(alarm.type), time=time_text(alarm.noticed_at)
        )
    return type_word(alarm.type)


def alarm_rows(floor: Floor) -> list[dict[str, Any]]:
    """What is wrong, worst first, as the rail lists it."""
    return [
        {"id": alarm.id, "severity": severity_word(alarm.severity), "title": alarm_words(alarm, floor), "reason": alarm_reason(alarm), "since": datetime_text(alarm.raised_at, "short")}
        for alarm in floor.alarms
    ]  # fmt: skip


def _value(one: Sensed) -> str:
    return f"{figure(one.metric, one.value)} {metric_words(one.metric).unit}".strip()


def _climate(sensed: Sequence[Sensed]) -> list[str]:
    """Temperature and humidity on one short line, where they are measured."""
    shown = [_value(one) for one in sensed if one.metric in CLIMATES]
    return [" · ".join(shown)] if shown else []


def _state(place: Place, floor: Floor) -> str:
    """What is not heard is unknown, never fine."""
    if any(alarm.severity in GRAVE for alarm in place.alarms):
        return "danger"
    silent = any(one.is_silent(floor.at) for one in place.sensed)
    return "watch" if place.alarms or silent or not place.sensed else "ok"


def _fill(goods: Goods) -> float:
    """How much of what was declared is there."""
    if not goods.documented_qty or goods.verified_qty is None:
        return 0.0 if goods.weighed_qty is None else 1.0
    return float(min(Decimal(1), goods.verified_qty / goods.documented_qty))


def _heated(drawn: dict[str, Any], layer: Layer, found: Decimal | None) -> dict[str, Any]:
    """The step of the colour, and the figure as text: first under the bin's name, and first of its facts."""
    told = "–" if found is None else f"{decimal(found, layer.places)} {layer.unit}".strip()
    step = "none" if found is None else layer.step(found)
    return drawn | {
        "heat": step,
        "under": [told] if found is not None else [],
        "lines": [[translate(layer.label), told], *drawn["lines"]],
    }
