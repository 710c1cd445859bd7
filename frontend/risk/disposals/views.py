"""A seller's figures of its disposals: on the screen, on paper, in a spreadsheet."""

from typing import Any

from flask import Response, request

from frontend import paper
from frontend.pages import Pages, render
from frontend.risk.periods import period_asked
from frontend.spreadsheets import Table, offer_tables
from marketplace.risk.disposals import disposal_report
from tenants.workspace import Workspace

pages = Pages("disposal_figures", __name__)
COLUMNS = ("auction", "product", "rounds", "announced_at", "paid_at", "days", "proceeds", "valuation", "currency", "ratio", "below_70_percent")  # fmt: skip


@pages.look("/reports/disposals")
def show_disposals(ws: Workspace) -> Any:
    return render("risk/disposals/disposals.html", **_told(ws))


@pages.look("/reports/disposals.pdf")
def print_disposals(ws: Workspace) -> Response:
    return paper.as_pdf("risk/disposals/disposals_sheet.html", "disposals.pdf", **_told(ws))


def disposal_table(ws: Workspace) -> Table:
    report = disposal_report(ws, *period_asked(ws))
    rows = [
        [
            one.number, one.product, one.rounds, one.begun_at, one.paid_at, one.took.days, one.proceeds.amount, one.valuation.amount,
            one.proceeds.currency, one.ratio, "yes" if one.is_poor else "no",
        ]
        for one in report.liquidations
    ]  # fmt: skip
    return Table("disposals", COLUMNS, rows)


offer_tables(pages, "/reports/disposals", disposal_table)


def _told(ws: Workspace) -> dict[str, Any]:
    report = disposal_report(ws, *period_asked(ws))
    return {
        "report": report,
        "query": request.query_string.decode(),
        "since": request.args.get("since", ""),
        "until": request.args.get("until", ""),
    }
