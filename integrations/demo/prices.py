"""Prices for the story: a series from a file, or one of our own in which copper falls twice."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from integrations.demo.files import refuse, refuse_row
from marketplace.valuation.rules.price_files import NOT_ABOVE_ZERO, Fault, PriceRow, read_price_file
from marketplace.valuation.rules.prices import MEAN_OVER_DAYS
from tenants.errors import Invalid

DAYS = 90
HISTORY_ROWS, STORY_ROWS = 30, 64  # business days before the loan, and of the ninety days after it
RELEASE_ROW, LATEST_ROW = 5, 45  # calls come after the first release, and early enough to sell in the ninety days
INITIAL = Decimal("0.65")
AFTER_RELEASE = Decimal("0.64")  # the loan-to-value when money is drawn, and again when goods were released
CALL_LINES = [
    Decimal(n) / 1000 for n in range(720, 654, -5)
]  # the bank's usual line first, then closer to the initial one
LIQUIDATION = Decimal("0.85")
NO_TRADE = {"", "-", "–", "nan", "na", "n/a", "null", ".."}


@dataclass(frozen=True)
class Market:
    """Prices by day, and the call line of a loan that this market brings to two margin calls."""

    prices: dict[date, Decimal]
    call_line: Decimal

    def newest(self, today: date) -> Decimal:
        """The last price by that day."""
        return self.prices[max(day for day in self.prices if day <= today)]

    def lendable(self, today: date) -> Decimal:
        """The price that a loan is measured by: the lower of the newest and the mean, as the house values."""
        return lendable([self.prices[day] for day in sorted(self.prices) if day <= today])


def lendable(series: Sequence[Decimal]) -> Decimal:
    """The lower of the newest price and the mean of the last twenty (`marketplace.valuation`), the rule that the story plans by."""
    last = series[-MEAN_OVER_DAYS:]
    return min(last[-1], sum(last, Decimal(0)) / len(last))


def invented(start: date, *, seed: int = 7) -> Market:
    """Ninety days of copper: quiet, a fall that is cured, a recovery, and a fall that is not."""
    chance, level, series = random.Random(seed), 78_500.0, {}  # noqa: S311 -- a picture of a market, not a secret
    for n in range(-30, DAYS + 1):
        pull = {20: -0.07, 21: -0.07, 22: -0.07, 37: 0.03, 38: 0.03, 45: -0.05, 46: -0.06, 47: -0.05, 48: -0.03}.get(
            n, 0.0
        )
        level *= math.exp(pull + chance.gauss(0, 0.004))
        series[start + timedelta(days=n)] = Decimal(round(level / 10) * 10)
    return Market({day: price for day, price in series.items() if day.weekday() < 5}, CALL_LINES[0])


def from_file(path: Path, start: date) -> Market:
    """The days of a real series that bring a loan to a margin call twice, laid onto the story's days with thirty before them as history.

    Refuses a file that cannot be read whole, is too short, or in which the price never falls far enough.
    """
    prices = [price for _, price in _rows(path)]
    needed = HISTORY_ROWS + STORY_ROWS
    if len(prices) < needed:
        refuse(path, "holds %(count)s prices, and the story takes %(needed)s.", count=len(prices), needed=needed)
    found = _twice_called(prices)
    if found is None:
        refuse(path, "never falls far enough in nine weeks for two margin calls: take a series with a fall in it.")
    at, line = found
    return Market(dict(_laid(prices, at, start)), line)


def _rows(path: Path) -> Sequence[PriceRow]:
    try:
        read = read_price_file(path.read_bytes(), date.max)
    except Invalid as refused:
        refuse(path, refused.because, **refused.facts)
    for fault in read.faults:
        if not _without_trade(fault):
            refuse_row(path, fault.row, fault.because, **fault.facts)
    return read.rows


def _without_trade(fault: Fault) -> bool:
    """Whether the row only says that nothing was traded that day: sources leave the price out or write 0."""
    return fault.because == NOT_ABOVE_ZERO or fault.facts.get("cell", "?").lower() in NO_TRADE


def _twice_called(prices: Sequence[Decimal]) -> tuple[int, Decimal] | None:
    """The row to lend on and the call line: the bank's usual line if the series allows it, else the nearest to it; the deepest fall first."""
    measured = [lendable(prices[max(0, at - MEAN_OVER_DAYS + 1) : at + 1]) for at in range(len(prices))]
    starts = range(HISTORY_ROWS, len(prices) - STORY_ROWS + 1)
    deepest = sorted(starts, key=lambda at: min(measured[at : at + LATEST_ROW]) / measured[at])
    pairs = ((at, line) for line in CALL_LINES for at in deepest if calls_twice(measured[at : at + LATEST_ROW], line))
    return next(pairs, None)


def calls_twice(measured: Sequence[Decimal], line: Decimal) -> bool:
    """Whether a loan made on the first day is called, cured by cash to the initial line, and called again.

    The first call must not come before the release, nor at once at the liquidation line, where nobody waits for a cure.
    """
    lowest = min(measured[: RELEASE_ROW + 1])
    if lowest * line <= measured[0] * INITIAL:
        return False
    first = next((n for n, price in enumerate(measured) if price * line <= lowest * AFTER_RELEASE), None)
    if first is None or measured[first] * LIQUIDATION <= measured[0] * INITIAL:
        return False
    return any(price * line <= measured[first] * INITIAL for price in measured[first + 1 :])


def _laid(prices: Sequence[Decimal], at: int, start: date) -> Iterator[tuple[date, Decimal]]:
    """Prices on business days: that of row `at` on the first day of the story, or on the business day before it."""
    yield from zip(_business_days(start, -1), reversed(prices[at - HISTORY_ROWS : at + 1]), strict=False)
    yield from zip(_business_days(start + timedelta(days=1), 1), prices[at + 1 : at + STORY_ROWS], strict=False)


def _business_days(day: date, step: int) -> Iterator[date]:
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=step)
