"""Reports as tables that people take away: one table, as CSV and as a spreadsheet, with the figures and words that its screen and paper show."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from flask import Response

from frontend.inventory.sheets import csv_file, harmless
from frontend.pages import Pages
from tenants.workspace import Workspace

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Table:
    """What a report holds, row by row. `name` is what the file is called, without its ending; headings are codes, so that a program finds its column in either language."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def offer_tables(pages: Pages, rule: str, told: Callable[..., Table]) -> None:
    """Offer what `told(ws, ...)` tells at `rule`.csv and `rule`.xlsx."""

    def as_csv(ws: Workspace, **ids: Any) -> Response:
        table = told(ws, **ids)
        return csv_file(f"{table.name}.csv", table.columns, table.rows)

    def as_spreadsheet(ws: Workspace, **ids: Any) -> Response:
        return spreadsheet(told(ws, **ids))

    as_csv.__name__, as_spreadsheet.__name__ = f"{told.__name__}_as_csv", f"{told.__name__}_as_spreadsheet"
    pages.look(f"{rule}.csv")(as_csv)
    pages.look(f"{rule}.xlsx")(as_spreadsheet)


def spreadsheet(table: Table) -> Response:
    """The table as a workbook of one sheet, every cell as text: nothing is calculated, and no figure loses a digit to a float."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:  # fmt: skip
        sheet = book.add_worksheet(table.name[:31])
        sheet.write_row(0, 0, table.columns)
        for number, row in enumerate(table.rows, start=1):
            sheet.write_row(number, 0, [harmless(cell) for cell in row])
    answer = Response(written.getvalue(), mimetype=SPREADSHEET)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{table.name}.xlsx")
    return answer
