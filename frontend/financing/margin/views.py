"""Pages of margin calls: the list, and one call with its clock, its objection and its cure calculator."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.financing import shown
from frontend.financing.blueprint import pages
from frontend.financing.margin.curing import calculator
from frontend.firms import names_of
from frontend.pages import render
from frontend.tenants.telling import told
from marketplace.documents.queries import documents_of
from marketplace.financing import actions, queries
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.models.calls import MarginCall
from marketplace.valuation.queries import latest_valuation, valuations
from tenants import approvals, record, rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

PARTIES = {"borrower", "bank"}


@pages.look("/margin-calls")
def list_calls(ws: Workspace) -> Any:
    ended = request.args.get("state") == "ended"
    calls = queries.margin_calls(ws, live=not ended)
    deals = {call.deal_id: queries.find_deal(ws, call.deal_id) for call in calls}
    names = names_of(ws, [one for deal in deals.values() for one in (deal.bank_id, deal.borrower_id)])
    positions = queries.positions(ws, list(deals.values()))
    return render(
        "financing/margin/margin_calls.html",
        calls=sorted(calls, key=lambda call: call.cure_by) if not ended else calls,
        deals=deals,
        names=names,
        positions=positions,
        ended=ended,
        query=request.args.to_dict(),
    )


@pages.look("/margin-calls/<uuid:call_id>")
def find_call(ws: Workspace, call_id: UUID) -> Any:
    """Where a call is looked at by whoever knows its id alone."""
    return redirect(url_for(".show_call", deal_id=queries.find_call(ws, call_id).deal_id, call_id=call_id))


@pages.look("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>")
def show_call(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    call, deal, mine = call_of_deal(ws, deal_id, call_id), queries.find_deal(ws, deal_id), rooms.my_roles(ws, deal_id)
    names = names_of(ws, [deal.bank_id, deal.borrower_id])
    if not mine & PARTIES:
        events = told([one for one in record.events_of(ws, deal_id) if one.kind.startswith("MarginCall")])
        return render("financing/margin/call_scoped.html", call=call, deal=deal, names=names, events=events)
    standing, value = queries.position(ws, deal_id), latest_valuation(ws, deal_id)
    kinds = (
        "MarginCall",
        "Notice",
        "Objection",
        "RepaymentReceived",
        "GoodsToppedUp",
        "PledgesActivated",
        "ValuationBlocked",
    )
    return render(
        "financing/margin/margin_call.html",
        call=call,
        deal=deal,
        position=standing,
        value=value,
        terms=queries.terms_of(ws, deal),
        mine=mine,
        names=names,
        events=told([one for one in record.events_of(ws, deal_id) if one.kind.startswith(kinds)][:30]),
        chart=shown.value_chart(valuations(ws, deal_id), standing),
        proposals={one.act for one in approvals.waiting(ws) if one.subject_id == call_id},
        sequence=record.sequence_of(ws, deal_id),
        objection=objection_to(ws, call),
        papers=documents_of(ws, deal_id),
        **calculator(ws, deal, standing, value),
    )


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/acceptance", again="show_call")
def accept_call(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    actions.accept_call(ws, call_id)
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/objection", again="show_call")
def object_to_call(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    papers = [one for name in request.form.getlist("documents") if (one := entered.chosen_or_none("documents", of={"documents": name}))]  # fmt: skip
    ground, because = entered.text("ground"), entered.text("because")
    actions.object_to_call(ws, call_id, ground=ground, because=because, documents=papers)
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/objection-answer", again="show_call")
def answer_objection(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    upheld = entered.text("answer") == "uphold"
    actions.propose_objection_answer(ws, call_id, upheld=upheld, because=entered.text("because"))
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/notice", again="show_call")
def serve_notice(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    actions.serve_notice(ws, call_id, proof=entered.text("proof"))
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/cancellation", again="show_call")
def cancel_call(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    actions.cancel_call(ws, call_id)
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls/<uuid:call_id>/extension", again="show_call")
def propose_extension(ws: Workspace, deal_id: UUID, call_id: UUID) -> Any:
    until, because = entered.moment("until"), entered.text("because")
    actions.propose_extension(ws, call_id, until=until, because=because)
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call_id))


@pages.act("/deals/<uuid:deal_id>/margin-calls", again="show_deal")
def call_margin(ws: Workspace, deal_id: UUID) -> Any:
    call = actions.call_margin(ws, deal_id)
    return redirect(url_for(".show_call", deal_id=deal_id, call_id=call.id))


@pages.act("/deals/<uuid:deal_id>/watch-end", again="show_deal")
def end_watch(ws: Workspace, deal_id: UUID) -> Any:
    actions.end_watch(ws, deal_id, because=entered.text("because"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


def call_of_deal(ws: Workspace, deal_id: UUID, call_id: UUID) -> MarginCall:
    """A call that belongs to this deal."""
    call = queries.find_call(ws, call_id)
    if call.deal_id != deal_id:
        raise NotFound("call_unknown", "There is no such margin call.")
    return call
