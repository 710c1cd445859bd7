"""Pledges on paper and in spreadsheets: the list of pledged goods (质押清单), the release order (放货指令), the export."""

from typing import Any
from uuid import UUID

from flask import Response, request

from frontend import paper
from frontend.inventory.sheets import csv_file
from frontend.pledges.blueprint import pages
from frontend.spreadsheets import Table, offer_tables
from marketplace.pledges import queries
from marketplace.pledges.models import Pledge
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

COLUMNS = (
    "deal_id", "lot_number", "product_name", "grade", "site_name", "quantity", "unit", "units", "rank", "status", "certificate", "offered_at", "active_at", "ended_at",
)  # fmt: skip
ORDER_COLUMNS = (
    "id", "deal_id", "lot_number", "product_name", "ordered", "executed", "unit", "status", "ordered_at", "weighed", "executed_by", "executed_at",
)  # fmt: skip


@pages.look("/pledges.csv")
def export_pledges(ws: Workspace) -> Response:
    rows = queries.list_pledges(
        ws, status=request.args.get("status") or None, text=request.args.get("q") or None, limit=queries.MOST_ROWS
    )
    return csv_file("pledges.csv", COLUMNS, ([_cell(row, name) for name in COLUMNS] for row in rows))


def pledge_list(ws: Workspace, deal_id: UUID) -> Table:
    """The list of pledged goods as its paper has it: what is held, or all that was once nothing is."""
    pledges = _listed(ws, deal_id)
    return Table(
        f"pledge-list-{str(deal_id)[-8:]}", COLUMNS, [[_cell(row, name) for name in COLUMNS] for row in pledges]
    )


def release_order(ws: Workspace, order_id: UUID) -> Table:
    """A release order with what was weighed out under it, one line each; a line without weight where nothing has left yet."""
    order = queries.find_order(ws, order_id)
    told = [getattr(order, name) for name in ORDER_COLUMNS[:9]]
    lines: list[list[Any]] = [
        [one.weighed, one.executed_by, one.executed_at] for one in queries.executions_of(ws, order_id)
    ]
    return Table(
        f"release-order-{str(order_id)[-8:]}", ORDER_COLUMNS, [[*told, *line] for line in lines or [["", "", ""]]]
    )


offer_tables(pages, "/pledges/<uuid:deal_id>/list", pledge_list)
offer_tables(pages, "/release-orders/<uuid:order_id>/order", release_order)


@pages.look("/pledges/<uuid:deal_id>/list.pdf")
def print_list(ws: Workspace, deal_id: UUID) -> Response:
    pledges = _listed(ws, deal_id)
    live = [one for one in pledges if one.ended_at is None]
    totals = {unit: Quantity(amount, unit) for group in queries.by_deal(live) for unit, amount in group.totals.items()}
    return paper.as_pdf(
        "pledges/list_sheet.html",
        f"pledge-list-{str(deal_id)[-8:]}.pdf",
        deal_id=deal_id,
        pledges=pledges,
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


def _listed(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    pledges = queries.pledges_of_deal(ws, deal_id, live=False)
    if not pledges:
        raise NotFound("deal_unknown", "There is no such deal.")
    return [one for one in pledges if one.ended_at is None] or pledges


def _cell(row: Any, name: str) -> Any:
    return f"[{row.units.lower},{row.units.upper})" if name == "units" else getattr(row, name)
