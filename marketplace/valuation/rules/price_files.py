"""Prices in files as people keep them: CSV or xlsx, English or Chinese headings, in the order and spelling of their source.

Nothing is guessed: a day or a price that cannot be read for certain is a fault of its row, and a file without the two columns is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.tables import Cell, at, cells_of, day_of, number_of, plain, text_of
from tenants.errors import Invalid

ROWS_MAX = 20_000
BYTES_MAX = 5 * 1024 * 1024
PRICE_MAX = Decimal(10) ** 12
NOT_ABOVE_ZERO = "A price must be above zero."
TEMPLATE = "date,price\n2026-02-27,19850.00\n2026-03-02,19870.50\n"

_DATE_HEADINGS = ("date", "day", "tradedate", "tradingdate", "tradingday", "quotedate", "日期", "交易日期", "交易日", "报价日期", "报价日", "时间")  # fmt: skip
# In the order of preference where a file has several: an exchange's settlement price is the day's fair price, its close one trade.
_PRICE_HEADINGS = ("price", "价格", "报价", "单价", "settle", "settlement", "settlementprice", "settleprice", "结算价", "结算", "均价", "平均价", "average", "close", "closeprice", "closing", "收盘价", "收盘", "last", "value", "最新价")  # fmt: skip

PriceRow = tuple[date, Decimal]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row: its number in the file (the heading is row 1) and why, an English sentence with places."""

    row: int
    because: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class PriceFile:
    """A file as read: the prices by day, the rows that could not be read, and which columns were taken."""

    rows: tuple[PriceRow, ...]
    faults: tuple[Fault, ...]
    date_column: str
    price_column: str


def read_price_file(content: bytes, today: date) -> PriceFile:
    """Read a price file. Refuses what is too large, is neither CSV nor xlsx, or lacks a column of days or of prices.

    A day after `today`, a second price for a day and a price of nothing are faults of their rows.
    """
    table = _table(content)
    if len(table) < 2:
        raise Invalid("price_file_empty", "The file holds no rows of prices.", field="file")
    headings = [plain(cell) for cell in table[0]]
    day_at, price_at = _find(headings, _DATE_HEADINGS), _find(headings, _PRICE_HEADINGS)
    if day_at is None or price_at is None:
        raise Invalid(
            "price_columns_missing",
            "The file needs one column of dates and one of prices; its headings are: %(headings)s.",
            field="file",
            headings=", ".join(str(cell)[:30] for cell in table[0][:12]),
        )
    rows, faults = _read_rows(table[1:], day_at, price_at, today)
    return PriceFile(rows, faults, str(table[0][day_at]), str(table[0][price_at]))


def read_price(cell: Cell) -> Decimal | None:
    """A price written 19850, 19,850.00, ¥19,850 or a spreadsheet's number; None for what is no plain number or below zero."""
    found = number_of(cell)
    return found if found is not None and found >= 0 else None


def _read_rows(
    table: Sequence[Sequence[Cell]], day_at: int, price_at: int, today: date
) -> tuple[tuple[PriceRow, ...], tuple[Fault, ...]]:
    prices: dict[date, Decimal] = {}
    faults: list[Fault] = []
    for number, cells in enumerate(table, start=2):
        if not any(text_of(cell) for cell in cells):
            continue
        day_cell, price_cell = at(cells, day_at), at(cells, price_at)
        day, price = day_of(day_cell), read_price(price_cell)
        fault = _fault(number, day_cell, price_cell, day, price, prices, today)
        if fault:
            faults.append(fault)
        else:
            assert day is not None
            assert price is not None
            prices[day] = price
    return tuple(sorted(prices.items())), tuple(faults)


def _fault(
    row: int,
    day_cell: Cell,
    price_cell: Cell,
    day: date | None,
    price: Decimal | None,
    known: dict[date, Decimal],
    today: date,
) -> Fault | None:
    if day is None:
        return Fault(row, "“%(cell)s” is not a date; write it as 2026-03-02.", {"cell": text_of(day_cell)[:40]})
    if day > today:
        return Fault(row, "The date %(day)s lies ahead.", {"day": day.isoformat()})
    if price is None:
        return Fault(row, "“%(cell)s” is not a price.", {"cell": text_of(price_cell)[:40]})
    if not 0 < price < PRICE_MAX:
        return Fault(row, NOT_ABOVE_ZERO, {})
    if day in known and known[day] != price:
        return Fault(row, "The file has another price for %(day)s already.", {"day": day.isoformat()})
    return None


def _table(content: bytes) -> list[list[Cell]]:
    if len(content) > BYTES_MAX:
        raise Invalid("price_file_too_large", "The file is larger than 5 MB.", field="file")
    table = cells_of(content, ROWS_MAX)
    if len(table) > ROWS_MAX:
        raise Invalid("price_file_too_long", "The file has more than %(rows)s rows.", field="file", rows=ROWS_MAX)
    return table


def _find(headings: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((headings.index(name) for name in wanted if name in headings), None)
