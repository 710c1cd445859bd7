"""Statistics of the whole market for the supervising authority: on the screen, on paper, in a spreadsheet."""

from typing import Any

from flask import Response, request

from frontend import paper
from frontend.catalogue.words import regime_name
from frontend.pages import Pages, render
from frontend.spreadsheets import Table, offer_tables
from marketplace.risk.market import MarketStatistics, market_statistics
from marketplace.risk.rules.market import FIRMS_MIN, SHARE_MAX, Cell, quarter_after, quarter_name
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

pages = Pages("market_statistics", __name__)
COLUMNS = ("quarter", "topic", "state", "cases", "amount", "against", "unit", "share")
HIDDEN = "hidden"


@pages.look("/reports/market")
def show_market(ws: Workspace) -> Any:
    return render("risk/market/market.html", **_told(ws))


@pages.look("/reports/market.pdf")
def print_market(ws: Workspace) -> Response:
    told = _told(ws)
    return paper.as_pdf("risk/market/market_sheet.html", f"market-{told['quarter']}.pdf", **told)


def market_table(ws: Workspace) -> Table:
    found = _asked(ws)
    quarter = quarter_name(found.begins)
    rows: list[list[Any]] = [[quarter, "firms", kind, count, "", "", "", ""] for kind, count in found.firms.items()]
    rows += [[quarter, "announced", one.status, one.sales, one.hammers.amount, "", one.hammers.currency, ""] for one in found.announced]  # fmt: skip
    rows += [[quarter, one.topic, one.state, *_figures(one)] for one in found.cells]
    return Table(f"market-{quarter}", COLUMNS, rows)


offer_tables(pages, "/reports/market", market_table)


def _figures(one: Cell) -> list[Any]:
    """The figures of a cell; where it is hidden, the word instead of each, so that nobody takes it for nothing."""
    if not one.is_shown:
        return [HIDDEN, HIDDEN, HIDDEN, one.unit, HIDDEN]
    amount, against = (one.money.amount if one.money else one.amount), (one.valuation.amount if one.valuation else one.against)  # fmt: skip
    return [one.cases, amount, "" if against is None else against, one.unit, "" if one.share is None else one.share]


def _asked(ws: Workspace) -> MarketStatistics:
    return market_statistics(ws, quarter=request.args.get("quarter", "").strip() or None)


def _told(ws: Workspace) -> dict[str, Any]:
    found = _asked(ws)
    return {
        "found": found,
        "quarter": quarter_name(found.begins),
        "before": quarter_name(quarter_after(found.begins, -1)),
        "after": quarter_name(found.ends) if found.ends <= today(ws) else None,
        "firms_min": FIRMS_MIN,
        "share_max": SHARE_MAX,
        "regime_name": regime_name,
    }
