"""Pages from the payment to the free proceeds: the buyer's yes or no, a dispute and what each side says, goods and money that go back."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered, home
from frontend.disposal.accepting.told import DECISIONS, GROUNDS, STATES
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.accepting.queries import (
    count_open_disputes,
    count_refunds_owed,
    dispute_of,
    find_acceptance,
    find_dispute,
    list_disputes,
    to_accept,
)
from marketplace.disposal.handing_over import find_handover
from marketplace.documents.actions import add_document
from marketplace.documents.queries import documents_of
from marketplace.documents.rules.content import Paper
from tenants import rooms
from tenants.workspace import Workspace


@pages.look("/auctions/<uuid:auction_id>/acceptance")
def show_acceptance(ws: Workspace, auction_id: UUID) -> Any:
    auction, waiting = queries.find_auction(ws, auction_id), find_acceptance(ws, auction_id)
    return render(
        "disposal/accepting/acceptance.html",
        auction=auction, waiting=waiting, seller=queries.is_seller(ws, auction), dispute=dispute_of(ws, waiting),
        word=STATES[waiting.state], grounds=[(one.value, translate(word), translate(note)) for one, (word, note) in GROUNDS.items()],
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/acceptance", again="show_acceptance")
def accept_goods(ws: Workspace, auction_id: UUID) -> Any:
    actions.accept_goods(ws, auction_id)
    flash(translate("Accepted. Thank you."), "ok")
    return redirect(url_for(".show_acceptance", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/dispute", again="show_acceptance")
def raise_dispute(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    words, ground = request.form.get("words", ""), request.form.get("ground", "")
    contested = entered.money_or_none("contested", auction.currency)
    dispute = actions.raise_dispute(ws, auction_id, ground=ground, words=words, found=_found(auction.unit), contested=contested)  # fmt: skip
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        add_document(ws, object_id=dispute.id, kind=Paper.OTHER, name=sent.filename, content=sent.read(), media_type=sent.mimetype or "")  # fmt: skip
    flash(translate("Disputed. What you contest is held until it is decided."), "ok")
    return redirect(url_for(".show_dispute", dispute_id=dispute.id))


@pages.act("/auctions/<uuid:auction_id>/refund", again="show_acceptance")
def confirm_refund(ws: Workspace, auction_id: UUID) -> Any:
    actions.confirm_refund(ws, auction_id, reference=request.form.get("reference", ""))
    flash(translate("The buyer has its money back."), "ok")
    return redirect(url_for(".show_acceptance", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/return", again="show_handover")
def take_back_goods(ws: Workspace, auction_id: UUID) -> Any:
    unit = find_handover(ws, auction_id).unit
    actions.take_back_goods(ws, auction_id, quantity=entered.quantity("quantity", unit))
    flash(translate("The goods are back, under the pledge as before."), "ok")
    return redirect(url_for(".show_handovers"))


@pages.look("/disputes")
def show_disputes(ws: Workspace) -> Any:
    return render("disposal/accepting/disputes.html", rows=list_disputes(ws, limit=200), grounds=GROUNDS, decisions=DECISIONS)  # fmt: skip


@pages.look("/disputes/<uuid:dispute_id>")
def show_dispute(ws: Workspace, dispute_id: UUID) -> Any:
    dispute = find_dispute(ws, dispute_id)
    return render(
        "disposal/accepting/dispute.html",
        dispute=dispute, papers=documents_of(ws, dispute_id), mine=rooms.my_roles(ws, dispute_id), grounds=GROUNDS, decisions=DECISIONS,
        choices=[(one.value, translate(word), translate(note)) for one, (word, note) in DECISIONS.items()],
    )  # fmt: skip


@pages.act("/disputes/<uuid:dispute_id>/answer", again="show_dispute")
def answer_dispute(ws: Workspace, dispute_id: UUID) -> Any:
    actions.answer_dispute(ws, dispute_id, words=request.form.get("words", ""))
    flash(translate("Answered."), "ok")
    return redirect(url_for(".show_dispute", dispute_id=dispute_id))


@pages.act("/disputes/<uuid:dispute_id>/finding", again="show_dispute")
def report_finding(ws: Workspace, dispute_id: UUID) -> Any:
    found = _found(find_dispute(ws, dispute_id).unit)
    actions.report_finding(ws, dispute_id, words=request.form.get("words", ""), found=found)
    flash(translate("Reported to both sides."), "ok")
    return redirect(url_for(".show_dispute", dispute_id=dispute_id))


@pages.act("/disputes/<uuid:dispute_id>/proposal", again="show_dispute")
def propose_settlement(ws: Workspace, dispute_id: UUID) -> Any:
    actions.propose_settlement(ws, dispute_id, words=request.form.get("words", ""))
    flash(translate("Proposed to both sides."), "ok")
    return redirect(url_for(".show_dispute", dispute_id=dispute_id))


@pages.act("/disputes/<uuid:dispute_id>/decision", again="show_dispute")
def propose_decision(ws: Workspace, dispute_id: UUID) -> Any:
    currency = find_dispute(ws, dispute_id).currency
    reduction = entered.money_or_none("reduction", currency)
    decision, because = request.form.get("decision", ""), request.form.get("because", "")
    actions.propose_decision(ws, dispute_id, decision=decision, because=because, reduction=reduction)
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for(".show_dispute", dispute_id=dispute_id))


@home.needs
def goods_to_accept(ws: Workspace) -> list[home.Need]:
    """A buyer's goods that wait for its yes, with the clock of the first."""
    if ws.member.is_system or ws.member.is_visitor or not ws.can("accept_goods"):
        return []
    waiting = to_accept(ws)
    href = f"/auctions/{waiting[0].auction_id}/acceptance" if waiting else "/bids"
    return [home.Need(translate("Bought goods to accept or dispute"), href, len(waiting), "watch", icon="inspect", until=waiting[0].accept_by if waiting else None)]  # fmt: skip


@home.needs
def disputes_to_answer(ws: Workspace) -> list[home.Need]:
    """Disputes that wait for the seller, the supervisor or the mediator, and money that is to go back to buyers."""
    if ws.member.is_system or ws.member.is_visitor or not any(map(ws.can, ("settle_sale", "inspect_lot", "mediate_dispute"))):  # fmt: skip
        return []
    return [
        home.Need(translate("Disputes about sold goods"), "/disputes", count_open_disputes(ws), "danger", icon="warning"),
        home.Need(translate("Refunds to pay to buyers"), "/disputes", count_refunds_owed(ws), "watch", icon="money"),
    ]  # fmt: skip


def _found(unit: str) -> Any:
    return entered.quantity_or_none("found", unit)
