"""Price files as people keep them; nothing is guessed."""

import contextlib
import io
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from marketplace.tables import day_of
from marketplace.valuation.rules.price_files import TEMPLATE, read_price, read_price_file
from tenants.errors import Invalid

TODAY = date(2026, 3, 2)
DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data")
COPPER = DATA / "prices-cn" / "data" / "CU.csv"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("date,price\n2026-02-27,19850.00\n", "utf-8"),
        ("Trade Date;Settlement Price (CNY/t)\n2026/2/27;19,850\n", "utf-8-sig"),
        ("日期\t价格\n20260227\t19850\n", "utf-8"),
        ("交易日期,收盘价（元/吨）,结算价\n2026年2月27日,19000,¥19850.00\n", "gb18030"),
        ('Day,Close,Volume\n2026.02.27,"19,850.00",12\n\n', "utf-8"),
        ("DATE,open,high,low,close,volume,hold,settle\n2026-02-27,1,2,3,4,5,6,19850.0\n", "ascii"),
    ],
)
def test_headings_and_spellings_are_read(text: str, encoding: str) -> None:
    read = read_price_file(text.encode(encoding), TODAY)
    assert read.rows == ((date(2026, 2, 27), Decimal(19850)),)
    assert not read.faults


def test_a_spreadsheet_is_read() -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        day_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["报价日期", "均价"])
        sheet.write_datetime(1, 0, date(2026, 2, 27), day_format)
        sheet.write_number(1, 1, 19850.25)
        sheet.write_row(2, 0, ["2026-02-28", "n/a"])
    read = read_price_file(book.getvalue(), TODAY)
    assert read.rows == ((date(2026, 2, 27), Decimal("19850.25")),)
    assert [fault.row for fault in read.faults] == [3]


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("27/02/2026,19850", "not a date"),
        ("2026-02-30,19850", "not a date"),
        ("2026-03-03,19850", "lies ahead"),
        ("2026-02-27,about 19850", "not a price"),
        ("2026-02-27,", "not a price"),
        ("2026-02-27,-5", "not a price"),
        ("2026-02-27,0", "above zero"),
        ("2026-02-27,1e5", "not a price"),
        ("2026-02-26,19851", "another price"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_fault_and_the_rest_stands(line: str, because: str) -> None:
    read = read_price_file(f"date,price\n2026-02-26,19850\n{line}\n".encode(), TODAY)
    assert read.rows == ((date(2026, 2, 26), Decimal(19850)),)
    (fault,) = read.faults
    assert fault.row == 3
    assert because in fault.because


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "price_file_empty"),
        (b"date,price\n", "price_file_empty"),
        (b"date,weight\n2026-02-27,5\n", "price_columns_missing"),
        (b"PK\x03\x04 not a spreadsheet", "file_unreadable"),
        (b"\x00\x01\x02\xff" * 40, "file_unreadable"),
        (b'date,price\n"2026-02-27,5\n', "file_unreadable"),
        (b"x" * (5 * 1024 * 1024 + 1), "price_file_too_large"),
        (b"date,price\n" * 20_002, "price_file_too_long"),
    ],
)
def test_what_is_no_price_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_price_file(content, TODAY)


def test_the_template_is_a_price_file() -> None:
    assert len(read_price_file(TEMPLATE.encode(), TODAY).rows) == 2


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.decimals("0.01", "999999999", places=2))
def test_every_spelling_of_a_day_and_a_price_is_the_same(day: date, price: Decimal) -> None:
    assert (
        day_of(f"{day:%Y-%m-%d}") == day_of(f"{day:%Y%m%d}") == day_of(f"{day.year}年{day.month}月{day.day}日") == day
    )
    assert read_price(f"{price:f}") == read_price(f"{price:,f}") == read_price(f"¥{price:,f}") == price


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(Invalid):
        read = read_price_file(b"date,price\n" + content, TODAY)
        assert all(day <= TODAY and price > 0 for day, price in read.rows)


@pytest.mark.skipif(not COPPER.exists(), reason="the copper series is not on this machine")
def test_the_copper_series_is_read_and_its_two_empty_days_told() -> None:
    read = read_price_file(COPPER.read_bytes(), date(2026, 7, 1))
    assert (len(read.rows), read.price_column) == (723, "settle")
    assert [fault.row for fault in read.faults] == [50, 311]
    assert read.rows[-1] == (date(2026, 6, 17), Decimal("105380.0"))
