"""The statement of a distribution, rank by rank: on the screen, on paper, as a table. For the parties of the deal."""

from typing import Any
from uuid import UUID

from flask import Response

from frontend import paper
from frontend.disposal import shown
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from frontend.spreadsheets import Table, offer_tables
from marketplace.disposal import queries
from tenants.errors import NotFound
from tenants.workspace import Workspace

COLUMNS = ("sale", "distributed_at", "position", "rank", "claimant", "claimed", "paid", "before", "unpaid", "currency")


@pages.look("/auctions/<uuid:auction_id>/distribution")
def show_distribution(ws: Workspace, auction_id: UUID) -> Any:
    return render("disposal/distribution.html", **_told(ws, auction_id))


@pages.look("/auctions/<uuid:auction_id>/distribution.pdf")
def print_distribution(ws: Workspace, auction_id: UUID) -> Response:
    told = _told(ws, auction_id)
    return paper.as_pdf("disposal/distribution_sheet.html", f"distribution-{told['auction'].number}.pdf", **told)


def distribution_table(ws: Workspace, auction_id: UUID) -> Table:
    told = _told(ws, auction_id)
    number, at = told["auction"].number, told["head"].distributed_at
    rows = [
        [number, at, line.position, translate(shown.RANKS[line.rank]), shown.claimant(line), line.claimed.amount, line.paid.amount, line.before.amount, line.unpaid.amount, line.currency]
        for line in told["lines"]
    ]  # fmt: skip
    return Table(f"distribution-{number}", COLUMNS, rows)


offer_tables(pages, "/auctions/<uuid:auction_id>/distribution", distribution_table)


def _told(ws: Workspace, auction_id: UUID) -> dict[str, Any]:
    auction, found = queries.find_auction(ws, auction_id), queries.distribution_of(ws, auction_id)
    if found is None:
        raise NotFound("distribution_unknown", "Nothing is distributed yet.")
    return {"auction": auction, "head": found[0], "lines": found[1], "ranks": shown.RANKS, "claimant": shown.claimant}
