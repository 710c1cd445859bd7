"""Pages between request and loan: the offer, its acceptance, approval, conditions."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entries
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
        limit=entries.money(form, "limit", currency),
        **{name: entries.money_or_none(form, name, currency) for name in CHARGES},
        annual_rate=entries.share(form, "annual_rate"),
        overdue_factor=entries.figure(form, "overdue_factor"),
        misuse_factor=entries.figure(form, "misuse_factor"),
        day_count=entries.text(form, "day_count"),
        tenor_days=entries.whole(form, "tenor_days"),
        haircut=entries.share(form, "haircut"),
        devices_required="devices_required" in form,
        conditions=tuple(name.value for name in Condition if name.value.lower() in form),
        repayment_plan=entries.text(form, "repayment_plan") or Plan.BULLET,
        reference_code=entries.text(form, "reference_code").upper(),
        spread=entries.signed_share(form, "spread") if entries.text(form, "spread") else Decimal(0),
        reset_months=entries.whole(form, "reset_months") if entries.text(form, "reset_months") else 0,
        grace_days=entries.whole(form, "grace_days") if entries.text(form, "grace_days") else 0,
        objection_days=entries.whole(form, "objection_days") if entries.text(form, "objection_days") else 0,
        compounds="compounds" in form,
        principal_first="principal_first" in form,
        ltv_initial=entries.share(form, "ltv_initial"),
        ltv_warn=entries.share(form, "ltv_warn"),
        ltv_call=entries.share(form, "ltv_call"),
        ltv_liquidation=entries.share(form, "ltv_liquidation"),
    )
    actions.offer_financing(ws, deal_id, terms, valid_until=entries.moment(form, "valid_until"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/acceptance", again="show_deal")
def accept_offer(ws: Workspace, deal_id: UUID) -> Any:
    actions.accept_offer(ws, deal_id, offer_id=entries.identity_or_none(request.form, "offer_id"))
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
    form = request.form
    actions.record_condition(
        ws,
        deal_id,
        entries.text(form, "condition"),
        reference=entries.text(form, "reference"),
        valid_until=entries.day_or_none(form, "valid_until"),
        waived_because=entries.text(form, "waived_because"),
        document_id=entries.identity_or_none(form, "document_id"),
    )
    return redirect(url_for(".show_deal", deal_id=deal_id))


def _published(ws: Workspace, codes: list[str]) -> LendingPolicy | None:
    """The bank's own published terms for the goods, to begin the form with: the most careful where goods are of several kinds."""
    found = [policy for code in sorted(set(codes)) if (policy := policy_of(ws, ws.tenant_id, code))]
    return min(found, key=lambda policy: (policy.ltv_initial, -policy.haircut, Decimal(0))) if found else None
