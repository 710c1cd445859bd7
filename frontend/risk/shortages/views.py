"""Shortages of the whole market for the supervising authority: on the screen, on paper, in a spreadsheet."""

from typing import Any

from flask import Response, request

from frontend import paper
from frontend.pages import Pages, render
from frontend.risk.market.views import HIDDEN
from frontend.spreadsheets import Table, offer_tables
from marketplace.quantity import Quantity
from marketplace.risk.rules.market import FIRMS_MIN, SHARE_MAX, quarter_after, quarter_name
from marketplace.risk.shortages import ShortageFigures, ShortageReport, shortage_report
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

pages = Pages("shortage_statistics", __name__)
COLUMNS = ("quarter", "site", "warehouse", "hs_code", "grade", "state", "cases", "days_open_longest", "claimed", "found", "found_later", "unit", "part_found")  # fmt: skip


@pages.look("/reports/shortages")
def show_shortage_report(ws: Workspace) -> Any:
    return render("risk/shortages/shortages.html", **_told(ws))


@pages.look("/reports/shortages.pdf")
def print_shortage_report(ws: Workspace) -> Response:
    told = _told(ws)
    return paper.as_pdf("risk/shortages/shortages_sheet.html", f"shortages-{told['quarter']}.pdf", **told)


def shortage_table(ws: Workspace) -> Table:
    found = _asked(ws)
    quarter = quarter_name(found.begins)
    return Table(f"shortages-{quarter}", COLUMNS, [[quarter, *_row(one)] for one in found.rows])


offer_tables(pages, "/reports/shortages", shortage_table)


def _row(one: ShortageFigures) -> list[Any]:
    """One row; where quantities are hidden, the word instead of each, so that nobody takes it for nothing."""
    quantities = [_amount(each) for each in (one.claimed, one.found, one.found_later)]
    part = HIDDEN if one.part is None else one.part
    return [one.site, one.warehouse, one.hs_code, one.grade, one.state, one.cases, one.days, *quantities, one.unit, part]  # fmt: skip


def _amount(quantity: Quantity | None) -> Any:
    return HIDDEN if quantity is None else quantity.amount


def _asked(ws: Workspace) -> ShortageReport:
    return shortage_report(ws, quarter=request.args.get("quarter", "").strip() or None)


def _told(ws: Workspace) -> dict[str, Any]:
    found = _asked(ws)
    return {
        "found": found,
        "quarter": quarter_name(found.begins),
        "before": quarter_name(quarter_after(found.begins, -1)),
        "after": quarter_name(found.ends) if found.ends <= today(ws) else None,
        "firms_min": FIRMS_MIN,
        "share_max": SHARE_MAX,
    }
