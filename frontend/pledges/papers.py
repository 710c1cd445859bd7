"""Pledges on paper and in spreadsheets: the list of pledged goods (质押清单), the release order (放货指令), the export."""

from typing import Any
from uuid import UUID

from flask import Response, request

from frontend import paper
from frontend.inventory.sheets import csv_file
from frontend.pledges.blueprint import pages
from marketplace.pledges import queries
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

COLUMNS = (
    "deal_id", "lot_number", "product_name", "grade", "site_name", "quantity", "unit", "units", "status", "certificate", "offered_at", "active_at", "ended_at",
)  # fmt: skip


@pages.look("/pledges.csv")
def export_pledges(ws: Workspace) -> Response:
    rows = queries.list_pledges(
        ws, status=request.args.get("status") or None, text=request.args.get("q") or None, limit=queries.MOST_ROWS
    )
    return csv_file("pledges.csv", COLUMNS, ([_cell(row, name) for name in COLUMNS] for row in rows))


@pages.look("/pledges/<uuid:deal_id>/list.pdf")
def print_list(ws: Workspace, deal_id: UUID) -> Response:
    pledges = queries.pledges_of_deal(ws, deal_id, live=False)
    if not pledges:
        raise NotFound("deal_unknown", "There is no such deal.")
    live = [one for one in pledges if one.ended_at is None]
    totals = {unit: Quantity(amount, unit) for group in queries.by_deal(live) for unit, amount in group.totals.items()}
    return paper.as_pdf(
        "pledges/list_sheet.html",
        f"pledge-list-{str(deal_id)[-8:]}.pdf",
        deal_id=deal_id,
        pledges=live or pledges,
        totals=totals.values(),
        controls=queries.control_records(ws, deal_id),
        parties={one.role: one.organisation for one in rooms.participants(ws, deal_id)},
    )


@pages.look("/release-orders/<uuid:order_id>/order.pdf")
def print_order(ws: Workspace, order_id: UUID) -> Response:
    order = queries.find_order(ws, order_id)
    return paper.as_pdf(
        "pledges/order_sheet.html",
        f"release-order-{str(order_id)[-8:]}.pdf",
        order=order,
        ordered=Quantity(order.ordered, order.unit),
        remaining=Quantity(order.remaining, order.unit),
        executions=[(one, Quantity(one.weighed, one.unit)) for one in queries.executions_of(ws, order_id)],
        parties={one.role: one.organisation for one in rooms.participants(ws, order.deal_id)},
    )


def _cell(row: Any, name: str) -> Any:
    return f"[{row.units.lower},{row.units.upper})" if name == "units" else getattr(row, name)
