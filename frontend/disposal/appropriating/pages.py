"""Pages of goods that a bank takes over at their value: proposed by the bank, answered by the pledgor, shared out."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered, home
from frontend.disposal.appropriating.told import told_of
from frontend.disposal.blueprint import pages
from frontend.disposal.shown import RANKS
from frontend.language import money, translate
from frontend.pages import render
from marketplace.disposal import actions
from marketplace.disposal.appropriating.answering import ACT
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.proposing import BUYERS
from marketplace.disposal.appropriating.queries import find_appropriation, list_appropriations
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.pledgors_people import takes_two
from marketplace.disposal.preparing import goods_for_sale
from marketplace.disposal.rules.appropriating import APPROPRIATION_TERMS, AppropriationState
from marketplace.financing.claims import enforcement_claims
from marketplace.financing.queries import find_deal
from tenants import approvals
from tenants.organisations import organisations_of_kind
from tenants.workspace import Workspace


@pages.look("/appropriations")
def list_proposals(ws: Workspace) -> Any:
    return render("disposal/appropriating/appropriations.html", rows=list_appropriations(ws, limit=100))


@pages.look("/deals/<uuid:deal_id>/appropriations/new")
def new_appropriation(ws: Workspace, deal_id: UUID) -> Any:
    ws.may("propose_waterfall")
    find_deal(ws, deal_id)
    goods = goods_for_sale(ws, deal_id, entered.chosen("lot", of=request.values))
    buyers = sorted({(one.name, one.id) for kind in BUYERS for one in organisations_of_kind(ws.session, kind)})
    return render(
        "disposal/appropriating/new_appropriation.html",
        goods=goods, deal_id=deal_id, claims=enforcement_claims(ws, deal_id), terms=APPROPRIATION_TERMS,
        buyers=[(str(firm_id), name) for name, firm_id in buyers],
    )  # fmt: skip


@pages.act("/deals/<uuid:deal_id>/appropriations", again="new_appropriation")
def propose_appropriation(ws: Workspace, deal_id: UUID) -> Any:
    goods = goods_for_sale(ws, deal_id, entered.chosen("lot", of=request.values))
    currency, junior = goods.valuation.currency, request.form.get("junior", "").strip()
    bargain = actions.bargain_of(
        entered.money("value", currency),
        storage=entered.money("storage", currency),
        enforcement=entered.money("enforcement", currency),
        tax_rate=entered.share("tax_rate"),
        juniors=[(junior, entered.money("junior_amount", currency))] if junior else [],
        buyer_id=entered.chosen_or_none("buyer_id"),
    )
    actions.propose_appropriation(ws, deal_id, lot_id=goods.lot_id, bargain=bargain)
    flash(translate("Proposed. A colleague puts it before the pledgor."), "ok")
    return redirect(url_for(".show_desk"))


@pages.look("/appropriations/<uuid:appropriation_id>")
def show_appropriation(ws: Workspace, appropriation_id: UUID) -> Any:
    row = find_appropriation(ws, appropriation_id)
    pledgor = row.borrower_id == ws.tenant_id
    waits = pledgor and any(one.subject_id == row.id for one in approvals.waiting(ws))
    order = find_handover(ws, row.id) if row.state is AppropriationState.DONE and not pledgor else None
    return render(
        "disposal/appropriating/appropriation.html",
        told=told_of(ws, row), row=row, ranks=RANKS, pledgor=pledgor, waits=waits, order=order, two=pledgor and takes_two(ws, ACT),
    )  # fmt: skip


@pages.act("/appropriations/<uuid:appropriation_id>/answer", again="show_appropriation")
def answer_appropriation(ws: Workspace, appropriation_id: UUID) -> Any:
    accept = request.form.get("answer") == "accept"
    answered = actions.answer_appropriation(ws, appropriation_id, accept=accept)
    flash(_answered(answered), "ok")
    return redirect(url_for(".show_appropriation", appropriation_id=appropriation_id))


@pages.act("/appropriations/<uuid:appropriation_id>/taking-over", again="show_appropriation")
def take_over_goods(ws: Workspace, appropriation_id: UUID) -> Any:
    actions.take_over_goods(ws, appropriation_id)
    flash(translate("The goods are taken over. The warehouse may hand them over."), "ok")
    return redirect(url_for(".show_appropriation", appropriation_id=appropriation_id))


@pages.act("/appropriations/<uuid:appropriation_id>/surplus", again="show_appropriation")
def confirm_surplus(ws: Workspace, appropriation_id: UUID) -> Any:
    actions.confirm_surplus(ws, appropriation_id, reference=request.form.get("reference", ""))
    flash(translate("The surplus is paid."), "ok")
    return redirect(url_for(".show_appropriation", appropriation_id=appropriation_id))


@home.needs
def goods_to_take_over(ws: Workspace) -> list[home.Need]:
    """Proposals that wait for the pledgor's word, goods that the bank may take over, a surplus that it owes."""
    if ws.member.is_system or not (ws.can("answer_appropriation") or ws.can("settle_sale")):
        return []
    return [need for row in list_appropriations(ws) if (need := _need(ws, row)) is not None]


def _need(ws: Workspace, row: Appropriation) -> home.Need | None:
    here, mine = f"/appropriations/{row.id}", row.borrower_id == ws.tenant_id
    if mine and row.state is AppropriationState.PROPOSED and ws.can("answer_appropriation"):
        label = translate("The bank would take over %(title)s", title=row.title)
        return home.Need(label, here, 1, "danger", money(row.value), "scale", row.answer_by)
    if not mine and row.state is AppropriationState.CONSENTED and ws.can("settle_sale"):
        label = translate("%(title)s to take over", title=row.title)
        return home.Need(label, here, 1, "watch", money(row.value), "scale", row.take_by)
    return None


def _answered(row: Appropriation) -> str:
    words = {
        AppropriationState.CONSENTED: "You agree. The bank may take the goods over.",
        AppropriationState.DECLINED: "You do not agree.",
    }
    return translate(words.get(row.state, "A colleague has to agree too."))
