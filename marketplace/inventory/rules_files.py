"""Lots in files as firms keep them: CSV (UTF-8 or GB18030) or xlsx, English or Chinese headings, columns in any order.

Nothing is guessed: a cell that cannot be read for certain is an error of its row, told with its column, and no row is declared while one is wrong
in a way that the firm has not seen.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tenants.errors import Invalid

ROWS_MAX = 500
BYTES_MAX = 2 * 1024 * 1024
COLUMNS: dict[str, tuple[str, ...]] = {
    "sku": (
        "sku",
        "articlenumber",
        "article",
        "product",
        "productcode",
        "商品编码",
        "产品编码",
        "品号",
        "货号",
        "商品",
    ),
    "quantity": ("quantity", "qty", "amount", "weight", "数量", "重量", "净重"),
    "unit": ("unit", "uom", "单位", "计量单位"),
    "site": ("site", "warehouse", "仓库", "库点", "仓储地点"),
    "supervisor": ("supervisor", "supervisingfirm", "监管方", "监管企业", "监管公司"),
    "reference": ("reference", "contract", "purchaseorder", "po", "合同号", "合同编号", "单据号", "参考号"),
    "origin": ("origin", "brand", "producer", "产地", "品牌", "生产厂家"),
    "pieces": ("pieces", "bundles", "count", "件数", "捆数"),
    "batch": ("batch", "heat", "heatnumber", "batchnumber", "批号", "炉号", "批次号"),
}
NEEDED = ("sku", "quantity", "site", "supervisor")
UNIT_WORDS = {
    "t": "TNE", "ton": "TNE", "tons": "TNE", "tonne": "TNE", "tonnes": "TNE", "mt": "TNE", "吨": "TNE", "公吨": "TNE",
    "kg": "KGM", "千克": "KGM", "公斤": "KGM", "g": "GRM", "克": "GRM", "pcs": "H87", "pc": "H87", "piece": "H87", "pieces": "H87",
    "件": "H87", "个": "H87", "l": "LTR", "升": "LTR", "m3": "MTQ", "m³": "MTQ", "立方米": "MTQ", "m": "MTR", "米": "MTR",
}  # fmt: skip

Cell = Any


def read_lot_rows(content: bytes, name: str) -> list[dict[str, str]]:
    """The rows of a file as text by column, each with `line`, its number in the file (the heading is line 1).

    Refuses what is too large, is neither CSV nor xlsx, has no rows, lacks a needed column or names one twice.
    """
    if len(content) > BYTES_MAX:
        raise Invalid("file_too_large", "A file has at most %(most)s MB.", field="file", most=BYTES_MAX // 1024**2)
    table = _workbook(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    if len(table) < 2:
        raise Invalid("file_without_rows", "The file holds no rows.", field="file")
    places = _places(table[0])
    rows = [
        {"line": str(line)} | {column: _text(_at(cells, at)) for column, at in places.items()}
        for line, cells in enumerate(table[1:], start=2)
        if any(_text(cell) for cell in cells)
    ]
    if not 0 < len(rows) <= ROWS_MAX:
        raise Invalid("rows_too_many", "A file has between 1 and %(most)s rows.", field="file", most=ROWS_MAX)
    return rows


def unit_code(written: str) -> str:
    """A unit as people write it (t, 吨, kg, pcs) or its UN/ECE code; what is not known is given back for the quantity to refuse."""
    return UNIT_WORDS.get(written.strip().lower(), written.strip().upper())


def amount_text(written: str) -> str:
    """A quantity's figure without its thousands' separators: 1,234.5 and 1，234.5 are 1234.5."""
    return written.replace(",", "").replace("，", "").replace(" ", "")


def _csv(content: bytes) -> list[list[Cell]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            # Excel in some countries writes semicolons, and a copied table has tabs.
            head = text.split("\n", 1)[0]
            delimiter = max(",;\t", key=head.count)
            return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)]
        except csv.Error:
            break
    raise Invalid("file_unreadable", "This is neither a CSV nor an xlsx file.", field="file")


def _workbook(content: bytes) -> list[list[Cell]]:
    from python_calamine import CalamineError, CalamineWorkbook  # a large library, needed for spreadsheets alone

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            return [list(row) for row in book.get_sheet_by_index(0).to_python(nrows=ROWS_MAX + 20)]
    except (CalamineError, ValueError, IndexError, OSError) as broken:
        raise Invalid("file_unreadable", "This is neither a CSV nor an xlsx file.", field="file") from broken


def _places(headings: Sequence[Cell]) -> dict[str, int]:
    plain = [_plain(cell) for cell in headings]
    places: dict[str, int] = {}
    for column, words in COLUMNS.items():
        found = [at for at, heading in enumerate(plain) if heading in words]
        if len(found) > 1:
            raise Invalid("column_twice", "The column %(column)s is there twice.", field="file", column=column)
        if found:
            places[column] = found[0]
    missing = [column for column in NEEDED if column not in places]
    if missing:
        raise Invalid(
            "columns_missing", "The file lacks the columns: %(columns)s.", field="file", columns=", ".join(missing)
        )
    return places


def _plain(cell: Cell) -> str:
    """A heading without spaces, stars, brackets and case: `Heat number *` is `heatnumber`."""
    text = unicodedata.normalize("NFKC", str(cell)).lower()
    head = text.split("(")[0]
    return "".join(sign for sign in head if sign.isalnum())


def _at(cells: Sequence[Cell], place: int) -> Cell:
    return cells[place] if place < len(cells) else ""


def _text(cell: Cell) -> str:
    """A cell as it would be typed: a spreadsheet's 498.75 is "498.75", its 60.0 is "60"."""
    if isinstance(cell, float):
        # The shortest decimal that is this very double: what the spreadsheet shows, not its binary tail.
        exact = Decimal(repr(cell))
        return f"{exact.to_integral_value() if exact == exact.to_integral_value() else exact:f}"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = unicodedata.normalize("NFC", str(cell)).strip()
    # Exports of ours guard what would begin a formula with an apostrophe; reading them back, it is not part of the text.
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text
