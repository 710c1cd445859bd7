"""Prices for the story: a series from a file, or one of our own in which copper falls twice."""

import csv
import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

DAYS = 90
DATE_NAMES = ("date", "day", "日期", "交易日期")
PRICE_NAMES = ("settle", "price", "close", "结算价", "收盘价", "value")


def invented(start: date, *, seed: int = 7) -> dict[date, Decimal]:
    """Ninety days of copper: quiet, a fall that is cured, a recovery, and a fall that is not."""
    chance, level, series = random.Random(seed), 78_500.0, {}  # noqa: S311 -- a picture of a market, not a secret
    for n in range(-30, DAYS + 1):
        pull = {20: -0.07, 21: -0.07, 22: -0.07, 37: 0.03, 38: 0.03, 45: -0.05, 46: -0.06, 47: -0.05, 48: -0.03}.get(
            n, 0.0
        )
        level *= math.exp(pull + chance.gauss(0, 0.004))
        series[start + timedelta(days=n)] = Decimal(round(level / 10) * 10)
    return {day: price for day, price in series.items() if day.weekday() < 5}


def from_file(path: Path, start: date) -> dict[date, Decimal]:
    """The ninety days of a real series in which the price fell most, laid onto the story's days; thirty days before them as history.

    Reads CSV with a column of dates and one of prices under any of the usual names; rows without either are passed over.
    """
    rows = _rows(path)
    if len(rows) < DAYS:
        raise ValueError(f"{path.name} holds {len(rows)} prices; the story takes at least {DAYS}")
    worst = min(range(20, len(rows) - 60), key=lambda at: min(price for _, price in rows[at : at + 60]) / rows[at][1])
    chosen, laid, day = rows[worst - 20 : worst + 66], {}, start - timedelta(days=28)
    for _, price in chosen:
        while day.weekday() >= 5:
            day += timedelta(days=1)
        laid[day] = price
        day += timedelta(days=1)
    return laid


def _rows(path: Path) -> Sequence[tuple[str, Decimal]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = {name.strip().lower(): name for name in reader.fieldnames or []}
        day = next((names[name] for name in DATE_NAMES if name in names), None)
        price = next((names[name] for name in PRICE_NAMES if name in names), None)
        if day is None or price is None:
            raise ValueError(f"{path.name} needs a column of dates and one of prices")
        found = [(row[day][:10], Decimal(row[price])) for row in reader if row[day] and row[price] not in {"", "nan"}]
    return sorted((one for one in found if one[1] > 0), key=lambda one: one[0])
