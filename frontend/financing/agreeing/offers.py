"""Pages between request and loan: the offer, its acceptance, approval, conditions."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.financing import shown
from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.language import ZONE
from frontend.pages import render
from marketplace.documents.queries import documents_of
from marketplace.financing import actions, queries
from marketplace.financing.money import reference_rates
from marketplace.financing.rules.interest import DayCount
from marketplace.financing.rules.offers import CHARGES, Terms
from marketplace.financing.rules.schedule import Plan
from marketplace.financing.rules.terms import Condition
from marketplace.inventory.queries import find_lot
from marketplace.valuation.models import LendingPolicy
from marketplace.valuation.queries import latest_valuation, policy_of
from tenants.errors import NotAllowed
from tenants.workspace import Workspace


@pages.look("/deals/<uuid:deal_id>/offers/new")
def new_offer(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    if deal.bank_id != ws.tenant_id:
        raise NotAllowed("not_allowed", "Your role does not allow this.")
    goods = queries.goods_of(ws, deal_id)
    policy = _published(ws, [find_lot(ws, row.lot_id).price_code for row in goods])
    return render(
        "financing/agreeing/new_offer.html",
        deal=deal,
        goods=shown.goods_shown(ws, deal_id, goods, latest_valuation(ws, deal_id)),
        policy=policy,
        names=names_of(ws, [deal.borrower_id]),
        references=[(code, code) for code in sorted({one.code for one in reference_rates.series(ws)})],
        day_counts=[(count.value, count.value) for count in DayCount],
        valid_until=shown.default_validity(ws.now).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"),
    )


@pages.act("/deals/<uuid:deal_id>/offers", again="new_offer")
def offer_financing(ws: Workspace, deal_id: UUID) -> Any:
    form, currency = request.form, queries.find_deal(ws, deal_id).currency
    terms = Terms(
        limit=entered.money("limit", currency),
        **{name: entered.money_or_none(name, currency) for name in CHARGES},
        annual_rate=entered.share("annual_rate"),
        overdue_factor=entered.figure("overdue_factor"),
        misuse_factor=entered.figure("misuse_factor"),
        day_count=entered.text("day_count"),
        tenor_days=entered.whole("tenor_days"),
        haircut=entered.share("haircut"),
        devices_required="devices_required" in form,
        conditions=tuple(name.value for name in Condition if name.value.lower() in form),
        repayment_plan=entered.text("repayment_plan") or Plan.BULLET,
        reference_code=entered.text("reference_code").upper(),
        spread=entered.signed_share("spread") if entered.text("spread") else Decimal(0),
        reset_months=entered.whole("reset_months", 0),
        grace_days=entered.whole("grace_days", 0),
        objection_days=entered.whole("objection_days", 0),
        compounds="compounds" in form,
        principal_first="principal_first" in form,
        ltv_initial=entered.share("ltv_initial"),
        ltv_warn=entered.share("ltv_warn"),
        ltv_call=entered.share("ltv_call"),
        ltv_liquidation=entered.share("ltv_liquidation"),
    )
    actions.offer_financing(ws, deal_id, terms, valid_until=entered.moment("valid_until"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/acceptance", again="show_deal")
def accept_offer(ws: Workspace, deal_id: UUID) -> Any:
    actions.accept_offer(ws, deal_id, offer_id=entered.chosen_or_none("offer_id"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/approval", again="show_deal")
def propose_approval(ws: Workspace, deal_id: UUID) -> Any:
    actions.propose_approval(ws, deal_id)
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.look("/deals/<uuid:deal_id>/conditions/new")
def new_condition(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    papers = [(document.id, document.name) for document in documents_of(ws, deal_id)]
    return render(
        "financing/agreeing/new_condition.html", deal=deal, papers=papers, chosen=request.args.get("condition")
    )


@pages.act("/deals/<uuid:deal_id>/conditions", again="new_condition")
def record_condition(ws: Workspace, deal_id: UUID) -> Any:
    actions.record_condition(
        ws,
        deal_id,
        entered.text("condition"),
        reference=entered.text("reference"),
        valid_until=entered.day_or_none("valid_until"),
        waived_because=entered.text("waived_because"),
        document_id=entered.chosen_or_none("document_id"),
    )
    return redirect(url_for(".show_deal", deal_id=deal_id))


def _published(ws: Workspace, codes: list[str]) -> LendingPolicy | None:
    """The bank's own published terms for the goods, to begin the form with: the most careful where goods are of several kinds."""
    found = [policy for code in sorted(set(codes)) if (policy := policy_of(ws, ws.tenant_id, code))]
    return min(found, key=lambda policy: (policy.ltv_initial, -policy.haircut, Decimal(0))) if found else None
