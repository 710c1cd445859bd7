"""Lists as CSV for spreadsheets: UTF-8 with a mark that Excel knows, and no cell that a spreadsheet would take for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from frontend.language import ZONE

# What spreadsheets begin to calculate at (OWASP, CSV injection); a tab or a line break may hide one.
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A list to download."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def harmless(cell: Any) -> str:
    """A cell as text: times in the house's zone, figures as they are, and an apostrophe before what would begin a formula."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(ZONE).isoformat(timespec="seconds")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(BEGINS_FORMULA) else text
