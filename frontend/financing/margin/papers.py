"""Margin calls on paper and as a table: the letter that is served on the borrower, and the list of all calls with how each went."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response

from frontend import paper
from frontend.financing.blueprint import pages
from frontend.financing.margin.views import PARTIES, call_of_deal
from frontend.firms import names_of
from frontend.spreadsheets import Table, offer_tables
from marketplace.financing import queries
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.models.calls import MarginCall
from marketplace.valuation.queries import today
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

COLUMNS = (
    "deal", "call", "borrower", "bank", "state", "zone", "cause", "opened_at", "notified_at", "answer_by", "cure_by", "answered_at", "expired_at", "escalated_at", "closed_at",
    "outstanding", "market_value", "ltv", "missing_cash", "missing_goods", "currency",
)  # fmt: skip


@pages.look("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>.pdf")
def print_call(ws: Workspace, deal_id: UUID, call_id: UUID) -> Response:
    call, deal = call_of_deal(ws, deal_id, call_id), queries.find_deal(ws, deal_id)
    if not rooms.my_roles(ws, deal_id) & PARTIES:
        raise NotFound("call_unknown", "There is no such margin call.")  # the letter is between the two of them
    name = f"margin-call-{deal.number}-{call.number}.pdf"
    terms, names = queries.agreed_terms(ws, deal), names_of(ws, [deal.bank_id, deal.borrower_id])
    objection = objection_to(ws, call)
    return paper.as_pdf("financing/margin/call_letter.html", name, call=call, deal=deal, terms=terms, names=names, objection=objection)  # fmt: skip


def calls_table(ws: Workspace) -> Table:
    return Table(f"margin-calls-{today(ws)}", COLUMNS, _rows(ws))


offer_tables(pages, "/margin-calls", calls_table)


def _rows(ws: Workspace) -> Iterator[list[Any]]:
    calls = queries.margin_calls(ws)
    deals = {deal_id: queries.find_deal(ws, deal_id) for deal_id in {call.deal_id for call in calls}}
    names = names_of(ws, [one for deal in deals.values() for one in (deal.bank_id, deal.borrower_id)])
    for call in calls:
        deal = deals[call.deal_id]
        yield [deal.number, call.number, names[deal.borrower_id], names[deal.bank_id], *_told(call)]


def _told(call: MarginCall) -> list[Any]:
    times = [call.opened_at, call.notified_at, call.answer_by, call.cure_by, call.answered_at, call.expired_at, call.escalated_at, call.closed_at]  # fmt: skip
    worth = [call.outstanding.amount, call.market_value.amount, call.ltv, call.cash.amount, call.goods.amount]
    return [call.status, call.zone, call.cause, *times, *worth, call.currency]
