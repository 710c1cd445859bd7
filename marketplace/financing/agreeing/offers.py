"""Offer, acceptance, approval by two officers, signature."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.financing.agreeing.competing import agree, pass_over
from marketplace.financing.agreeing.requests import let_go
from marketplace.financing.agreeing.term_sheets import draw_up
from marketplace.financing.credit.deciding import approve_stage, put_forward, refuse_stage
from marketplace.financing.events.deals import (
    DealApproved,
    DealSigned,
    OfferAccepted,
    OfferExpired,
    OfferMade,
    RequestRejected,
    ReviewBegun,
)
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.money.plans import reference_rate
from marketplace.financing.queries import agreed_terms, goods_of, offers, open_offers
from marketplace.financing.rules.deals import DEAL, DealState
from marketplace.financing.rules.offers import CHARGES, Terms, require_possible
from marketplace.financing.rules.terms import UNSIGNED, Condition, percent_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.pledges.actions import offer_pledge
from marketplace.states import Actor
from marketplace.valuation.actions import revalue, set_basis
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

NOT_APPROVED = "A second officer did not approve."
VALIDITY_MAX = timedelta(days=180)


def offer_financing(ws: Workspace, deal_id: UUID, terms: Terms, *, valid_until: datetime) -> Offer:
    """Offer terms on a request, in place of an earlier offer.

    The goods are valued first, by these terms: a missing or stale price refuses the offer. Refuses figures that cannot be, lines that do not
    rise, and a validity that has passed or is longer than 180 days.
    """
    ws.may("offer_financing")
    deal = held_deal(ws, deal_id, role="bank")
    DEAL.find(DealState(deal.status), "offer")
    terms = _of_today(ws, terms)
    require_possible(terms, deal.currency)
    if Condition.GUARANTEE in terms.conditions and deal.core_id is None:
        raise Invalid("core_missing", "This deal names no core enterprise.", field="guarantee")
    if not ws.now < valid_until <= ws.now + VALIDITY_MAX:
        raise Invalid("validity_wrong", "An offer is valid from now for at most 180 days.", field="valid_until")
    set_basis(ws, deal_id, haircut=terms.haircut, devices_required=terms.devices_required)
    revalue(ws, deal_id, [(row.lot_id, row.pledged) for row in goods_of(ws, deal_id)], cause="offer", currency=deal.currency)  # fmt: skip
    step_deal(ws, deal, "offer", actor=Actor.BANK, met={"valuation_fresh"})
    _supersede(ws, deal_id)
    offer = _keep(ws, deal_id, terms, valid_until)
    ws.set_timer("financing.expire_offer", key=str(offer.id), due=valid_until, stream_id=deal_id, offer_id=str(offer.id))  # fmt: skip
    fact = OfferMade(offer_id=offer.id, limit=terms.limit, annual_rate=percent_text(terms.annual_rate), tenor_days=terms.tenor_days, valid_until=valid_until)  # fmt: skip
    ws.record(fact, on=deal_id)
    return offer


def accept_offer(ws: Workspace, deal_id: UUID, *, offer_id: UUID | None = None) -> Deal:
    """Accept the bank's offer: its terms are agreed and written down, the goods put at the bank's disposal. Of several banks asked the others' offers lapse.

    Refuses an offer that was superseded or has run out, goods that are no longer free, and a second bank's offer.
    """
    ws.may("accept_offer")
    others = agree(ws, deal_id)
    deal = held_deal(ws, deal_id, role="borrower")
    offer = next((one for one in open_offers(ws, deal_id) if offer_id in (None, one.id)), None)
    if offer is None:
        if stands_at(deal, DealState.OFFERED):
            raise Conflict("offer_valid", "The offer has run out.")
        raise NotFound("offer_unknown", "There is no offer to accept.")
    step_deal(ws, deal, "accept_offer", actor=Actor.SME, met={"offer_valid"})
    deal.offer_id, offer.status, offer.closed_at = offer.id, "ACCEPTED", ws.now
    ws.session.flush()
    _put_up(ws, deal)
    sheet = draw_up(ws, deal, offer)
    ws.record(OfferAccepted(offer_id=offer.id, limit=offer.limit), on=deal_id, evidence=[sheet.sha256])
    for other in others:
        pass_over(ws, other)
    return deal


def _put_up(ws: Workspace, deal: Deal) -> None:
    """The goods of the request at the bank's disposal: the items that were chosen, where they were."""
    rows = goods_of(ws, deal.deal_id)
    items = {row.lot_id: row.chosen for row in rows if row.chosen is not None}
    goods = [(row.lot_id, row.pledged) for row in rows]
    offer_pledge(ws, deal_id=deal.deal_id, bank_id=deal.bank_id, goods=goods, items=items)


def expire_offer(ws: Workspace, deal_id: UUID, offer_id: UUID) -> None:
    """An offer ran out: before the deal is signed, the deal ends with it. Run again, or on an offer that lives on in a signed deal, it does nothing."""
    deal = held_deal(ws, deal_id, role="bank")
    offer = ws.session.get(Offer, (deal_id, offer_id))
    assert offer is not None, "a timer's offer exists"
    if (
        DealState(deal.status) not in UNSIGNED
        or offer.status not in {"OFFERED", "ACCEPTED"}
        or ws.now < offer.valid_until
    ):
        return
    step_deal(ws, deal, "expire", actor=Actor.SYSTEM, met={"offer_run_out"})
    offer.status, offer.closed_at = "LAPSED", ws.now
    let_go(ws, deal, because="the offer ran out")
    ws.record(OfferExpired(number=deal.number, offer_id=offer_id), on=deal_id)


def propose_approval(ws: Workspace, deal_id: UUID) -> Approval:
    """Put an accepted deal before the first stage of the bank's approval ladder; where the bank has none, before a second officer.

    Refuses an amount that nobody at the bank may approve.
    """
    ws.may("propose_approval")
    deal = held_deal(ws, deal_id, role="bank")
    terms = agreed_terms(ws, deal)
    proposal = approvals.propose(
        ws,
        "approve_deal",
        subject_id=deal_id,
        summary=sentence(
            "%(deal)s: %(limit)s at %(rate)s a year for %(days)s days, loan-to-value %(initial)s, call at %(call)s",
            deal=deal.number,
            limit=terms.limit,
            rate=percent_text(terms.annual_rate),
            days=terms.tenor_days,
            initial=percent_text(terms.ltv_initial),
            call=percent_text(terms.ltv_call),
        ),
    )
    step_deal(ws, deal, "review", actor=Actor.BANK)
    put_forward(ws, deal, terms.limit, proposal)
    ws.record(ReviewBegun(number=deal.number), on=deal_id, evidence=[proposal.id])
    return proposal


@upon_approval("approve_deal_stage")
@upon_approval("approve_deal")
def approve_deal(ws: Workspace, approval: Approval) -> None:
    """A stage approves. Above its limit the next one decides; else both have signed, with the borrower's acceptance.

    Refuses where the goods cannot be valued now, the borrower is suspended in the register, or the offer has run out.
    """
    deal_id = approval.subject_id
    deal = held_deal(ws, deal_id, role="bank")
    terms = agreed_terms(ws, deal)
    if not approve_stage(ws, deal, terms.limit, approval):
        return
    value = revalue(ws, deal_id, [(row.lot_id, row.pledged) for row in goods_of(ws, deal_id)], cause="approval", currency=deal.currency)  # fmt: skip
    known = find_organisation(ws.session, deal.borrower_id).suspended_at is None
    step_deal(ws, deal, "approve", actor=Actor.BANK, met={"valuation_fresh"} | ({"kyc_valid"} if known else set()))
    ws.record(DealApproved(number=deal.number), on=deal_id, evidence=[approval.id, value.id])
    valid = {"offer_valid"} if ws.now <= terms.valid_until else set()
    step_deal(ws, deal, "sign", actor=Actor.BANK, met={"both_signed"} | valid)
    ws.record(DealSigned(number=deal.number), on=deal_id, evidence=[terms.id, approval.id])


@upon_rejection("approve_deal_stage")
@upon_rejection("approve_deal")
def decline_deal(ws: Workspace, approval: Approval) -> None:
    """A stage says no: the deal ends and its goods are free. Its reason is kept for the bank and its auditors; the borrower learns that it was refused."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    refuse_stage(ws, deal, agreed_terms(ws, deal).limit, approval)
    step_deal(ws, deal, "reject", actor=Actor.BANK, met={"reason_given"})
    let_go(ws, deal, because="the request was declined")
    ws.record(RequestRejected(number=deal.number, because={"word": NOT_APPROVED, "facts": {}}), on=deal.deal_id, evidence=[approval.id])  # fmt: skip


def _supersede(ws: Workspace, deal_id: UUID) -> None:
    for earlier in offers(ws, deal_id):
        if earlier.status == "OFFERED":
            earlier.status, earlier.closed_at = "SUPERSEDED", ws.now


def _of_today(ws: Workspace, terms: Terms) -> Terms:
    """A floating rate as it is today."""
    if not terms.reference_code:
        return terms
    return replace(terms, annual_rate=reference_rate(ws, terms.reference_code, today(ws)).annual_rate + terms.spread)


def _keep(ws: Workspace, deal_id: UUID, terms: Terms, valid_until: datetime) -> Offer:
    """The offer with its terms; those that have a column of their own name are kept as they are. A fixed rate has nothing that would move it."""
    if not terms.reference_code:
        terms = replace(terms, spread=Decimal(0), reset_months=0)
    kept = {"limit", "conditions", *CHARGES}
    same = {one.name: getattr(terms, one.name) for one in fields(terms) if one.name not in kept}
    charges = {f"{name}_minor": money.minor if (money := getattr(terms, name)) else 0 for name in CHARGES}
    offer = Offer(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        status="OFFERED",
        limit_minor=terms.limit.minor,
        currency=terms.limit.currency,
        conditions=[Condition(name).value for name in terms.conditions],
        valid_until=valid_until,
        offered_at=ws.now,
        **same,
        **charges,
    )
    ws.session.add(offer)
    return offer
