"""The daily collateral report of a bank: on the screen, on paper, in a spreadsheet."""

from datetime import timedelta
from typing import Any

from flask import Response, request

from frontend import entered, paper
from frontend.language import translate
from frontend.pages import Pages, render
from frontend.spreadsheets import Table, offer_tables
from marketplace.risk.collateral import CollateralReport, collateral_report
from marketplace.risk.rules.collateral import Facility, Finding, Movement
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

pages = Pages("risk", __name__)
COLUMNS = (
    "day", "deal", "borrower", "status", "lot", "product", "unit", "opening", "in", "out", "closing", "unexplained", "book", "devices", "price", "quoted_on",
    "grade", "condition", "market_value", "collateral_value", "owed", "currency", "ltv", "headroom", "zone", "findings",
)  # fmt: skip


@pages.look("/reports/collateral")
def show_collateral(ws: Workspace) -> Any:
    return render("risk/collateral.html", **_told(ws))


@pages.look("/reports/collateral.pdf")
def print_collateral(ws: Workspace) -> Response:
    told = _told(ws)
    return paper.as_pdf("risk/collateral_sheet.html", f"collateral-{told['report'].day}.pdf", **told)


def collateral_table(ws: Workspace) -> Table:
    report = collateral_report(ws, on=entered.day_or_none("day", of=request.args))
    rows = (_row(report, one, movement) for one in report.facilities for movement in one.movements)
    return Table(f"collateral-{report.day}", COLUMNS, rows)


offer_tables(pages, "/reports/collateral", collateral_table)


def in_words(finding: Finding) -> str:
    """A finding in the reader's language."""
    return translate(finding.says, **dict(finding.facts))


def _told(ws: Workspace) -> dict[str, Any]:
    report = collateral_report(ws, on=entered.day_or_none("day", of=request.args))
    return {
        "report": report,
        "sums": report.sums(),
        "said": {one.number: [(finding.severity, in_words(finding)) for finding in one.findings] for one in report.facilities},
        "before": report.day - timedelta(days=1),
        "after": report.day + timedelta(days=1) if report.day < today(ws) else None,
    }  # fmt: skip


def _row(report: CollateralReport, one: Facility, movement: Movement) -> list[Any]:
    worth = [value.amount if value else "" for value in (movement.market_value, movement.collateral_value)]
    moved = [movement.opening, movement.came, movement.went, movement.closing, movement.unexplained, movement.book, movement.measured]  # fmt: skip
    priced = [movement.price, movement.quoted_on, movement.grade, movement.condition]
    stands = [one.owed.amount, one.owed.currency, one.ltv, one.headroom, one.zone or ""]
    return [
        report.day, one.number, one.borrower, one.status, movement.lot_number, movement.product_name, movement.unit, *moved, *priced, *worth, *stands,
        "; ".join(in_words(finding) for finding in one.findings),
    ]  # fmt: skip
