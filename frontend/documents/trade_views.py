"""Pages of trades: the list with how each stands, one trade's four flows side by side, entering, adding, laying before a deal."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.documents import flows
from frontend.documents.blueprint import pages
from frontend.documents.particulars import ROWS, particulars
from frontend.language import unit
from frontend.pages import render
from marketplace.documents import actions, figures, queries, trades
from marketplace.documents.matching import matched
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import PAPERS, Lane, State
from marketplace.inventory.queries import list_lots
from marketplace.money import EXPONENTS
from marketplace.quantity import UNITS
from marketplace.shipments.queries import list_shipments
from tenants import rooms
from tenants.errors import Invalid
from tenants.workspace import Workspace

PAGE = 50
ADDABLE = tuple(paper for lane in (Lane.GOODS, Lane.INVOICE, Lane.MONEY) for paper in PAPERS[lane])


@pages.look("/trades")
def list_trades(ws: Workspace) -> Any:
    state, text = request.args.get("state") or None, request.args.get("q") or None
    found = queries.list_trades(ws, state=state, text=text, cursor=_cursor(), limit=PAGE)
    counts = queries.count_trades(ws)
    return render(
        "documents/trades.html",
        trades=found,
        counts=counts,
        states=list(State),
        next_cursor=found[-1].trade_id if len(found) == PAGE else None,
        flags=flows.FLAGS,
        query=request.args.to_dict(),
    )


@pages.look("/trades/new")
def new_trade(ws: Workspace) -> Any:
    ws.may("keep_trades")
    return render("documents/new_trade.html", **_choices())


@pages.act("/trades", again="new_trade")
def enter_trade(ws: Workspace) -> Any:
    trade = trades.enter_trade(ws, particulars(request.form))
    return redirect(url_for(".show_trade", trade_id=trade.trade_id))


@pages.look("/trades/<uuid:trade_id>")
def show_trade(ws: Workspace, trade_id: UUID) -> Any:
    trade = queries.find_trade(ws, trade_id)
    outcome, rings = matched(ws, trade)
    mine = trade.tenant_id == ws.tenant_id
    laid = queries.laid_before(ws, trade_id=trade_id)
    return render(
        "documents/trade.html",
        trade=trade,
        lines=flows.lines_shown(outcome),
        lines_in_all=len(outcome.lines) if outcome else 0,
        flows=flows.flows_shown(outcome),
        flags=flows.FLAGS,
        rings=rings,
        mine=mine and ws.can("keep_trades"),
        laid=[one.room_id for one in laid],
        documents=queries.documents_of(ws, trade_id),
        parties=queries.platform_parties(ws, trade) if mine else [],
        shared={one.tenant_id for one in rooms.participants(ws, trade_id)} if rooms.my_roles(ws, trade_id) else set(),
    )


@pages.look("/trades/<uuid:trade_id>/records/new")
def new_record(ws: Workspace, trade_id: UUID) -> Any:
    ws.may("keep_trades")
    trade = queries.find_trade(ws, trade_id)
    mine = list_lots(ws, limit=100)
    lots = [(one.id, f"{one.number} · {one.product_name}") for one in mine if one.received_at and one.tenant_id == ws.tenant_id]  # fmt: skip
    journeys = [(one.shipment_id, f"{one.number} · {one.product_name}") for one in list_shipments(ws) if one.delivered_at]  # fmt: skip
    return render("documents/new_record.html", trade=trade, papers=ADDABLE, lots=lots, journeys=journeys, **_choices())


@pages.act("/trades/<uuid:trade_id>/records", again="new_record")
def add_record(ws: Workspace, trade_id: UUID) -> Any:
    trades.add_record(ws, trade_id, paper=_paper(), said=particulars(request.form))
    return redirect(url_for(".show_trade", trade_id=trade_id))


@pages.act("/trades/<uuid:trade_id>/lots", again="new_record")
def record_lot(ws: Workspace, trade_id: UUID) -> Any:
    trades.record_lot(ws, trade_id, entered.chosen("lot_id"), line=request.form.get("order_line", "").strip())
    return redirect(url_for(".show_trade", trade_id=trade_id))


@pages.act("/trades/<uuid:trade_id>/shipments", again="new_record")
def record_shipment(ws: Workspace, trade_id: UUID) -> Any:
    trades.record_shipment(ws, trade_id, entered.chosen("shipment_id"), line=request.form.get("order_line", "").strip())
    return redirect(url_for(".show_trade", trade_id=trade_id))


@pages.act("/trades/<uuid:trade_id>/e-invoices", again="new_record")
def take_e_invoice(ws: Workspace, trade_id: UUID) -> Any:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    trades.own_trade(ws, trade_id)
    paper = actions.add_document(ws, object_id=trade_id, kind=Paper.VAT_INVOICE, name=sent.filename, content=sent.read())  # fmt: skip
    figures.read_particulars(ws, paper.id)
    return redirect(url_for(".show_trade", trade_id=trade_id))


@pages.act("/deals/<uuid:deal_id>/trades")
def lay_before(ws: Workspace, deal_id: UUID) -> Any:
    trades.lay_before(ws, entered.chosen("trade_id"), deal_id)
    return redirect(f"/deals/{deal_id}")


@pages.act("/trades/<uuid:trade_id>/deals/<uuid:deal_id>/withdrawal")
def take_back(ws: Workspace, trade_id: UUID, deal_id: UUID) -> Any:
    trades.take_back(ws, trade_id, deal_id)
    return redirect(url_for(".show_trade", trade_id=trade_id))


@pages.act("/trades/<uuid:trade_id>/shares")
def share_trade(ws: Workspace, trade_id: UUID) -> Any:
    trade = queries.find_trade(ws, trade_id)
    trades.share_trade(ws, trade.trade_id, entered.chosen("organisation_id"))
    return redirect(url_for(".show_trade", trade_id=trade_id))


def _choices() -> dict[str, Any]:
    return {
        "rows": range(1, ROWS + 1),
        "units": [(one, unit(one)) for one in sorted(UNITS)],
        "currencies": [(one, one) for one in sorted(EXPONENTS)],
    }


def _paper() -> Paper:
    try:
        return Paper(request.form.get("kind", ""))
    except ValueError as wrong:
        raise Invalid("document_kind_unknown", "Choose a kind of document from the list.", field="kind") from wrong


def _cursor() -> UUID | None:
    try:
        return UUID(request.args["cursor"]) if request.args.get("cursor") else None
    except ValueError:
        return None
