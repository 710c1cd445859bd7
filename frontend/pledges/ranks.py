"""Pages of second ranks: the pledgor asks, the first bank consents, the goods are offered behind it, the second bank declares its claim."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.pages import render
from frontend.pledges.blueprint import pages
from frontend.tenants.views import told
from marketplace.financing import actions as financing
from marketplace.financing.queries import list_deals
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import SIGNED
from marketplace.pledges import actions
from marketplace.pledges.holding import goods_list
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import find_consent, list_consents
from marketplace.quantity import Quantity
from tenants import approvals, record, rooms
from tenants.workspace import Workspace

AGREED = SIGNED | {DealState.TERM_SHEET, DealState.UNDER_REVIEW, DealState.APPROVED}


@pages.look("/ranks")
def list_ranks(ws: Workspace) -> Any:
    consents = list_consents(ws)
    return render("pledges/ranks.html", consents=consents, names=_names(ws, consents))


@pages.look("/ranks/<uuid:consent_id>")
def show_rank(ws: Workspace, consent_id: UUID) -> Any:
    consent = find_consent(ws, consent_id)
    return render(
        "pledges/rank.html",
        consent=consent,
        goods=_measured(consent.goods),
        names=_names(ws, [consent]),
        mine=rooms.my_roles(ws, consent_id),
        waiting=any(one.subject_id == consent_id for one in approvals.waiting(ws)),
        events=told(record.events_of(ws, consent_id)),
    )


@pages.look("/pledges/<uuid:deal_id>/ranks/new")
def new_rank(ws: Workspace, deal_id: UUID) -> Any:
    rooms.require(ws, deal_id)
    held = [one for one in pledges_of_deal(ws, deal_id) if one.rank == 1 and one.status == "ACTIVE"]
    banks = {one.bank_id for one in held}
    others = [one for one in list_deals(ws) if one.deal_id != deal_id and one.status in AGREED and one.bank_id not in banks and one.borrower_id == ws.tenant_id]  # fmt: skip
    names = names_of(ws, (one.bank_id for one in others))
    deals = [(one.deal_id, f"{one.number} · {names[one.bank_id]}") for one in others]
    return render("pledges/new_rank.html", deal_id=deal_id, goods=_measured(goods_list(held)), deals=deals)


@pages.act("/pledges/<uuid:deal_id>/ranks", again="new_rank")
def ask_second_rank(ws: Workspace, deal_id: UUID) -> Any:
    form = request.form
    consent = actions.ask_second_rank(
        ws,
        deal_id,
        second_deal_id=entered.chosen("second_deal_id"),
        lot_ids=[
            UUID(one["lot_id"]) for one in goods_list(pledges_of_deal(ws, deal_id)) if f"lot_{one['lot_id']}" in form
        ],
        cap=entered.money("cap"),
        most=entered.money("most"),
        because=form.get("because", ""),
    )
    return redirect(url_for(".show_rank", consent_id=consent.id))


@pages.act("/ranks/<uuid:consent_id>/consent", again="show_rank")
def propose_consent(ws: Workspace, consent_id: UUID) -> Any:
    actions.propose_consent(ws, consent_id)
    return redirect(url_for(".show_rank", consent_id=consent_id))


@pages.act("/ranks/<uuid:consent_id>/refusal", again="show_rank")
def refuse_second_rank(ws: Workspace, consent_id: UUID) -> Any:
    actions.refuse_second_rank(ws, consent_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_rank", consent_id=consent_id))


@pages.act("/ranks/<uuid:consent_id>/withdrawal", again="show_rank")
def withdraw_second_rank(ws: Workspace, consent_id: UUID) -> Any:
    actions.withdraw_second_rank(ws, consent_id)
    return redirect(url_for(".show_rank", consent_id=consent_id))


@pages.act("/ranks/<uuid:consent_id>/pledges", again="show_rank")
def offer_behind(ws: Workspace, consent_id: UUID) -> Any:
    deal = financing.top_up_behind(ws, consent_id)
    return redirect(url_for(".show_pledges", deal_id=deal.deal_id))


@pages.act("/ranks/<uuid:consent_id>/claim", again="show_rank")
def claim_proceeds(ws: Workspace, consent_id: UUID) -> Any:
    actions.claim_proceeds(ws, consent_id, claim=entered.money("claim"))
    return redirect(url_for(".show_rank", consent_id=consent_id))


def _names(ws: Workspace, consents: list[RankConsent]) -> dict[UUID, str]:
    return names_of(ws, (firm for one in consents for firm in (one.tenant_id, one.first_bank_id, one.second_bank_id)))


def _measured(goods: list[dict[str, str]]) -> list[tuple[dict[str, str], Quantity]]:
    """Lots of a consent or of a list of pledged goods, each with its quantity."""
    return [(one, Quantity.of(*one["quantity"].split())) for one in goods]
