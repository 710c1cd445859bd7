"""Files of lots: what is read from them, in which spellings, and what is refused."""

import io
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.files import ROWS_MAX, read_lot_rows
from marketplace.tables import amount_text, unit_code
from tenants.errors import Invalid, Refused

HEAD = "sku,quantity,site,supervisor\n"
GOOD = HEAD + "CU-1,100.5,Wusong,Sinolink\n"


def a_workbook(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return out.getvalue()


def code_of(content: bytes) -> tuple[str, str | None]:
    with pytest.raises(Invalid) as refused:
        read_lot_rows(content)
    return refused.value.code, refused.value.field


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_people_have(encoding: str) -> None:
    text = "仓库,商品编码,数量,监管方,批号\n吴淞三号,CU-1,1 024.5,中储监管,炉-7\n"
    (row,) = read_lot_rows(text.encode(encoding))
    assert row == {
        "line": "2",
        "sku": "CU-1",
        "quantity": "1 024.5",
        "site": "吴淞三号",
        "supervisor": "中储监管",
        "batch": "炉-7",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_that_spreadsheets_write(delimiter: str) -> None:
    (row,) = read_lot_rows(GOOD.replace(",", delimiter).encode())
    assert (row["quantity"], row["supervisor"]) == ("100.5", "Sinolink")


def test_a_workbook_keeps_its_figures_exact() -> None:
    head = ["SKU *", "Quantity (t)", "Site", "Supervisor", "Pieces"]
    rows = read_lot_rows(
        a_workbook(head, ["CU-1", 498.75, "W", "S", 60], ["CU-2", 0.1, "W", "S", ""], ["", "", "", "", ""])
    )
    assert [(one["quantity"], one["pieces"]) for one in rows] == [("498.75", "60"), ("0.1", "")]


def test_our_own_guard_against_formulas_is_taken_off_again() -> None:
    (row,) = read_lot_rows((HEAD + "'=CU-1,5,W,'t is fine\n").encode())
    assert (row["sku"], row["supervisor"]) == ("=CU-1", "'t is fine")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_without_rows"),
        (HEAD.encode(), "file_without_rows"),
        ((HEAD + "\n,,,\n").encode(), "rows_too_many"),
        ((HEAD + "a,1,b,c\n" * (ROWS_MAX + 1)).encode(), "rows_too_many"),
        (b"sku,quantity\na,1\n", "columns_missing"),
        (("sku,article," + HEAD).encode() + b"a,b,a,1,c,d\n", "column_twice"),
        (b"x" * (2 * 1024 * 1024 + 1), "file_too_large"),
        (b"PK\x03\x04 no workbook at all", "file_unreadable"),
        (b"\x00\x01\x02sku", "file_unreadable"),
        (b"\xff\xfe\x80\x80\x80", "file_unreadable"),
    ],
)
def test_what_is_no_table_of_lots_is_refused(content: bytes, code: str) -> None:
    assert code_of(content) == (code, "file")


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: (HEAD + text).encode()))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    try:
        rows = read_lot_rows(content)
    except Refused:
        return
    assert all({"line", "sku", "quantity", "site", "supervisor"} <= set(row) for row in rows)


@pytest.mark.parametrize(
    ("written", "code"),
    [("t", "TNE"), ("吨", "TNE"), ("KG", "KGM"), ("件", "H87"), ("tne", "TNE"), ("", ""), ("furlong", "FURLONG")],
)
def test_units_as_people_write_them(written: str, code: str) -> None:
    assert unit_code(written) == code


def test_separators_are_no_part_of_a_figure() -> None:
    assert amount_text("1,234，567.5 ") == "1234567.5"
