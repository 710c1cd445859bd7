"""Trade content for the gallery: one deal on copper cathode, a hall with bins, alarms and lots, drawn from a fixed seed."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

NOW = datetime(2026, 3, 18, 6, 42, 10, tzinfo=UTC)
AUCTION = UUID("0198e0aa-0000-7000-8000-0000000000a1")
DAY = 86400


def gallery(now: datetime = NOW) -> dict[str, Any]:
    """Everything that layout/gallery.html shows besides its own words."""
    return {
        "chart": _value_and_debt(now), "climate": _climate(now), "hall": _hall(), "lots": LOTS, "alarms": _alarms(now), "query": {},
        "moments": [now - timedelta(minutes=4), now - timedelta(minutes=37), now - timedelta(days=2, hours=3), now - timedelta(days=30)],
    }  # fmt: skip


def _value_and_debt(now: datetime) -> dict[str, Any]:
    """Ninety days of a falling value against a debt drawn in two parts, in millions of yuan."""
    dice = random.Random(7)
    at = [int(now.timestamp()) - (90 - day) * DAY for day in range(91)]
    value = [37.0]
    for _ in range(90):
        value.append(round(value[-1] * (1 + dice.gauss(-0.0006, 0.008)), 3))
    debt = [None] * 14 + [16.0] * 20 + [24.0] * 57
    call = [None if owed is None else round(owed / 0.75, 3) for owed in debt]
    return {
        "at": at,
        "series": [{"label": "Value", "values": value, "fill": True}, {"label": "Debt", "values": debt, "tone": "neutral"},
                   {"label": "Call line", "values": call, "tone": "danger", "dash": True}],
        "marks": [{"at": at[34], "label": "Second drawdown", "tone": "info"}, {"at": at[88], "label": "Warning line crossed", "tone": "watch"}],
    }  # fmt: skip


def _climate(now: datetime) -> dict[str, Any]:
    """Two days of temperature and humidity in one bin, every ten minutes."""
    start, dice = int(now.timestamp()) - 2 * DAY, random.Random(8)
    temperature = [
        round(17 + 4 * math.sin((n - 60) / 46) + dice.gauss(0, 0.2) + (6 if 214 < n < 232 else 0), 2)
        for n in range(288)
    ]
    return {
        "at": [start + n * 600 for n in range(288)],
        "series": [{"label": "Temperature", "values": temperature, "unit": "°C"},
                   {"label": "Humidity", "values": [round(46 + 7 * math.cos(n / 41), 1) for n in range(288)], "unit": "%"}],
        "bands": [{"from": 10, "to": 25, "tone": "ok"}], "thresholds": [{"label": "Upper limit 25 °C", "value": 25, "tone": "danger"}],
        "marks": [{"at": start + 216 * 600, "label": "Temperature alarm", "tone": "danger"}],
    }  # fmt: skip


def _hall() -> dict[str, Any]:
    """A hall of three rows of nine bins: most pledged, some free, one in alarm, one silent."""
    dice = random.Random(9)
    bins = [_bin(number, dice) for number in range(1, 28)]
    bins[6] |= {"state": "danger", "fill": 0.72, "alarm": True, "lock": True, "title": "B-07: weight step"}
    bins[14] |= {"state": "watch", "fill": 0.6, "title": "B-15: silent for 12 min"}
    site = {
        "width": 41,
        "height": 19.4,
        "zones": [],
        "gates": [
            {"x": 6, "y": -0.25, "w": 4, "label": "Gate 1"},
            {"x": 30, "y": -0.25, "w": 4, "label": "Gate 2", "open": True},
        ],
    }
    return {"site": site, "bins": bins}


def _bin(number: int, dice: random.Random) -> dict[str, Any]:
    state = dice.choice(["ok", "accent", "accent", "empty"])
    fill = 0 if state == "empty" else round(dice.uniform(0.35, 1), 2)
    row, column, name = (number - 1) // 9, (number - 1) % 9, f"B-{number:02d}"
    facts = [["Weight", f"{fill * 42:.3f} t"]] if fill else [["State", "Empty"]]
    return {
        "id": name,
        "label": name,
        "title": name,
        "href": "#",
        "x": 2 + column * 4.1,
        "y": 3.2 + row * 5.1,
        "w": 3.4,
        "h": 3.2,
        "state": state,
        "fill": fill,
        "lock": state == "accent",
        "lines": facts,
    }


def _lot(number: str, product: str, owner: str, state: str, quantity: str, **rest: Any) -> dict[str, Any]:
    return {
        "number": number,
        "product": product,
        "owner": owner,
        "state": state,
        "quantity": quantity,
        "price": "–",
        "value": "–",
        "ltv": None,
        "evidence": "–",
        "tone": None,
    } | rest


LOTS = [
    _lot(
        "L-260211-004",
        "Copper cathode, grade A · B-07",
        "Jiangnan Copper",
        "PLEDGED",
        "124.688 t",
        price="69,920",
        value="¥8,718,184.96",
        ltv=76.2,
        evidence="2 min",
        tone="danger",
    ),
    _lot(
        "L-260211-005",
        "Copper cathode, grade A · B-11",
        "Jiangnan Copper",
        "PLEDGED",
        "124.702 t",
        price="69,920",
        value="¥8,719,163.84",
        ltv=71.4,
        evidence="4 min",
        tone="watch",
    ),
    _lot(
        "L-260302-001",
        "Aluminium ingot A00 · C-02",
        "Hangzhou Precision Rolling",
        "VERIFIED",
        "240.150 t",
        price="20,415",
        value="¥4,902,662.25",
        evidence="1 min",
    ),
    _lot(
        "L-260304-017",
        "Hot-rolled coil Q235B · D-19",
        "Suzhou Cable",
        "FROZEN",
        "612.000 t",
        price="3,388",
        value="¥2,073,456.00",
        ltv=64.0,
        evidence="38 min",
    ),
    _lot("L-260316-002", "Copper cathode, grade A", "Suzhou Cable", "DECLARED", "50.000 t"),
]


def _alarms(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "title": "Weight step −0.42 t",
            "where": "Bin B-07 · ¥8.7m pledged",
            "severity": "CRITICAL",
            "state": "ACTIVE_UNACK",
            "until": now + timedelta(minutes=3),
            "tone": "danger",
        },
        {
            "title": "Door open outside of shift",
            "where": "Gate 2 · hall B",
            "severity": "MAJOR",
            "state": "ACTIVE_ACK",
            "until": now + timedelta(minutes=48),
            "tone": None,
        },
        {
            "title": "Silent for 12 minutes",
            "where": "TH-0315",
            "severity": "WARNING",
            "state": "CLEARED_UNACK",
            "until": None,
            "tone": None,
        },
    ]
