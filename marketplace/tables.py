"""Tables in files as firms keep them: CSV (UTF-8, with or without its mark, or GB 18030) or xlsx; English or Chinese headings in any order.

What every upload shares: how cells are found, under which headings they stand, and how the words and figures in them are read. Nothing is guessed: a cell
that cannot be read for certain is an error of its row, told with its column.
"""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tenants.errors import Invalid

Cell = Any
Row = dict[str, Any]

UNIT_WORDS = {
    "t": "TNE", "ton": "TNE", "tons": "TNE", "tonne": "TNE", "tonnes": "TNE", "mt": "TNE", "吨": "TNE", "公吨": "TNE",
    "kg": "KGM", "千克": "KGM", "公斤": "KGM", "g": "GRM", "克": "GRM", "pcs": "H87", "pc": "H87", "piece": "H87", "pieces": "H87",
    "件": "H87", "个": "H87", "l": "LTR", "升": "LTR", "m3": "MTQ", "m³": "MTQ", "立方米": "MTQ", "m": "MTR", "米": "MTR",
}  # fmt: skip
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,8})?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,8})?", re.ASCII)


def rows_of(
    content: bytes, columns: Mapping[str, Sequence[str]], needed: Sequence[str], *, rows_max: int, bytes_max: int
) -> list[dict[str, str]]:
    """The rows of a file as text by column, each with `line`, its number in the file (the heading is line 1).

    `columns`: each column's headings, plain (see `plain`). Refuses what is too large, is neither CSV nor xlsx, has no rows, lacks a needed column or names
    one twice.
    """
    if len(content) > bytes_max:
        raise Invalid("file_too_large", "A file has at most %(most)s MB.", field="file", most=bytes_max // 1024**2)
    table = cells_of(content, rows_max)
    if len(table) < 2:
        raise Invalid("file_without_rows", "The file holds no rows.", field="file")
    places = _places(table[0], columns, needed)
    rows = [
        {"line": str(line)} | {column: text_of(at(cells, place)) for column, place in places.items()}
        for line, cells in enumerate(table[1:], start=2)
        if any(text_of(cell) for cell in cells)
    ]
    if not 0 < len(rows) <= rows_max:
        raise Invalid("rows_too_many", "A file has between 1 and %(most)s rows.", field="file", most=rows_max)
    return rows


def cells_of(content: bytes, rows_max: int) -> list[list[Cell]]:
    """The cells of a CSV or of a workbook's first sheet, little more than `rows_max` rows of it. Refuses what is neither."""
    return _workbook(content, rows_max) if content[:4] == b"PK\x03\x04" else _csv(content)


def error(column: str, because: str, **facts: Any) -> dict[str, Any]:
    """What is wrong with one cell, as an upload keeps it: an English sentence with its places filled at the door."""
    return {"column": column, "because": because, "facts": facts}


def at(cells: Sequence[Cell], place: int) -> Cell:
    """The cell at a place; short rows end in empty ones."""
    return cells[place] if place < len(cells) else ""


def text_of(cell: Cell) -> str:
    """A cell as it would be typed: a spreadsheet's 498.75 is "498.75", its 60.0 is "60"."""
    if isinstance(cell, float) and math.isfinite(cell):
        # The shortest decimal that is this very double: what the spreadsheet shows, not its binary tail.
        exact = Decimal(repr(cell))
        return f"{exact.to_integral_value() if exact == exact.to_integral_value() else exact:f}"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = unicodedata.normalize("NFC", str(cell if cell is not None else "")).strip()
    # Exports of ours guard what would begin a formula with an apostrophe; reading them back, it is not part of the text.
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text


def plain(cell: Cell) -> str:
    """A heading without spaces, stars, brackets and case: `Heat number *` is `heatnumber`."""
    text = unicodedata.normalize("NFKC", str(cell)).lower()
    head = text.split("(")[0]
    return "".join(sign for sign in head if sign.isalnum())


def unit_code(written: str) -> str:
    """A unit as people write it (t, 吨, kg, pcs) or its UN/ECE code; what is not known is given back for the quantity to refuse."""
    return UNIT_WORDS.get(written.strip().lower(), written.strip().upper())


def amount_text(written: str) -> str:
    """A quantity's figure without its thousands' separators: 1,234.5 and 1，234.5 are 1234.5."""
    return written.replace(",", "").replace("，", "").replace(" ", "")


def day_of(cell: Cell) -> date | None:
    """A day written 2026-03-02, 2026/3/2, 2026.3.2, 20260302 or 2026年3月2日, or a spreadsheet's own date.

    Day-first and month-first forms are not read: nobody can tell 03/02 from 02/03.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = unicodedata.normalize("NFKC", text_of(cell))
    found = _ISO.fullmatch(written) or _COMPACT.fullmatch(written)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def number_of(cell: Cell) -> Decimal | None:
    """A figure written 19850, 19,850.00 or ¥19,850, or a spreadsheet's number; None for what is no plain number."""
    written = unicodedata.normalize("NFKC", text_of(cell)).removeprefix("¥").removeprefix("CNY").removesuffix("元").strip()  # fmt: skip
    if _GROUPED.fullmatch(written):
        written = written.replace(",", "")
    return Decimal(written) if _NUMBER.fullmatch(written) else None


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


def _workbook(content: bytes, rows_max: int) -> list[list[Cell]]:
    from python_calamine import CalamineError, CalamineWorkbook  # a large library, needed for spreadsheets alone

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            return [list(row) for row in book.get_sheet_by_index(0).to_python(nrows=rows_max + 20)]
    except (CalamineError, ValueError, IndexError, OSError) as broken:
        raise Invalid("file_unreadable", "This is neither a CSV nor an xlsx file.", field="file") from broken


def _places(headings: Sequence[Cell], columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> dict[str, int]:
    written = [plain(cell) for cell in headings]
    places: dict[str, int] = {}
    for column, words in columns.items():
        found = [place for place, heading in enumerate(written) if heading in words]
        if len(found) > 1:
            raise Invalid("column_twice", "The column %(column)s is there twice.", field="file", column=column)
        if found:
            places[column] = found[0]
    missing = [column for column in needed if column not in places]
    if missing:
        raise Invalid(
            "columns_missing", "The file lacks the columns: %(columns)s.", field="file", columns=", ".join(missing)
        )
    return places
