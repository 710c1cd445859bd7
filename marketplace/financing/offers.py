"""Offer, acceptance, approval by two officers, signature."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.financing.events import (
    DealApproved,
    DealSigned,
    OfferAccepted,
    OfferExpired,
    OfferMade,
    RequestRejected,
    ReviewBegun,
)
from marketplace.financing.models import Deal, Offer
from marketplace.financing.queries import agreed_terms, goods_of, offers, open_offers
from marketplace.financing.requests import let_go
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import OVERDUE_FACTORS, DayCount
from marketplace.financing.rules.margin import Lines
from marketplace.financing.rules_terms import UNSIGNED, Condition, percent_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.money import Money
from marketplace.pledges.actions import offer_pledge
from marketplace.states import Actor
from marketplace.valuation.actions import revalue, set_basis
from tenants import approvals
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound, word
from tenants.events import sentence
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

VALIDITY_MAX = timedelta(days=180)
TENOR_DAYS_MAX = 1830
CONDITIONS = (Condition.INSURANCE, Condition.ACCOUNT)


def offer_financing(
    ws: Workspace,
    deal_id: UUID,
    *,
    limit: Money,
    annual_rate: Decimal,
    day_count: str,
    tenor_days: int,
    ltv_initial: Decimal,
    ltv_warn: Decimal,
    ltv_call: Decimal,
    ltv_liquidation: Decimal,
    haircut: Decimal,
    valid_until: datetime,
    fee: Money | None = None,
    overdue_factor: Decimal = Decimal("1.5"),
    devices_required: bool = False,
    conditions: tuple[str, ...] = CONDITIONS,
) -> Offer:
    """Offer terms on a request, in place of an earlier offer. Rates, lines and haircut are shares of one; money in the deal's currency.

    The goods are valued first, by these terms: a missing or stale price refuses the offer. Refuses figures that cannot be, lines that do not
    rise, and a validity that has passed or is longer than 180 days.
    """
    ws.may("offer_financing")
    deal = held_deal(ws, deal_id, role="bank")
    _require_possible(deal, limit, annual_rate, day_count, tenor_days, haircut, overdue_factor, fee)
    Lines(ltv_initial, ltv_warn, ltv_call, ltv_liquidation)
    if not ws.now < valid_until <= ws.now + VALIDITY_MAX:
        raise Invalid("validity_wrong", "An offer is valid from now for at most 180 days.", field="valid_until")
    set_basis(ws, deal_id, haircut=haircut, devices_required=devices_required)
    revalue(ws, deal_id, [(row.lot_id, row.pledged) for row in goods_of(ws, deal_id)], cause="offer", currency=deal.currency)  # fmt: skip
    step_deal(ws, deal, "offer", actor=Actor.BANK, met={"valuation_fresh"})
    _supersede(ws, deal_id)
    offer = Offer(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        status="OFFERED",
        limit_minor=limit.minor,
        currency=limit.currency,
        annual_rate=annual_rate,
        overdue_factor=overdue_factor,
        day_count=DayCount(day_count).value,
        tenor_days=tenor_days,
        fee_minor=fee.minor if fee else 0,
        ltv_initial=ltv_initial,
        ltv_warn=ltv_warn,
        ltv_call=ltv_call,
        ltv_liquidation=ltv_liquidation,
        haircut=haircut,
        devices_required=devices_required,
        conditions=[Condition(name).value for name in conditions],
        valid_until=valid_until,
        offered_at=ws.now,
    )
    ws.session.add(offer)
    ws.set_timer("financing.expire_offer", key=str(offer.id), due=valid_until, stream_id=deal_id, offer_id=str(offer.id))  # fmt: skip
    ws.record(
        OfferMade(
            offer_id=offer.id,
            limit=limit,
            annual_rate=percent_text(annual_rate),
            tenor_days=tenor_days,
            valid_until=valid_until,
        ),
        on=deal_id,
    )
    return offer


def accept_offer(ws: Workspace, deal_id: UUID, *, offer_id: UUID | None = None) -> Deal:
    """Accept the bank's offer: its terms are agreed, and the goods are put at the bank's disposal.

    Refuses an offer that was superseded or has run out, and goods that are no longer free.
    """
    ws.may("accept_offer")
    deal = held_deal(ws, deal_id, role="borrower")
    offer = next((one for one in open_offers(ws, deal_id) if offer_id in (None, one.id)), None)
    if offer is None:
        if stands_at(deal, DealState.OFFERED):
            raise Conflict("offer_valid", "The offer has run out.")
        raise NotFound("offer_unknown", "There is no offer to accept.")
    step_deal(ws, deal, "accept_offer", actor=Actor.SME, met={"offer_valid"})
    deal.offer_id, offer.status, offer.closed_at = offer.id, "ACCEPTED", ws.now
    ws.session.flush()
    offer_pledge(ws, deal_id=deal_id, bank_id=deal.bank_id, goods=[(row.lot_id, row.pledged) for row in goods_of(ws, deal_id)])  # fmt: skip
    ws.record(OfferAccepted(offer_id=offer.id, limit=offer.limit), on=deal_id)
    return deal


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
    """Put an accepted deal before a second officer of the bank."""
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
    ws.record(ReviewBegun(number=deal.number), on=deal_id, evidence=[proposal.id])
    return proposal


@upon_approval("approve_deal")
def approve_deal(ws: Workspace, approval: Approval) -> None:
    """A second officer approves: with the borrower's acceptance, both have signed.

    Refuses where the goods cannot be valued now, the borrower is suspended in the register, or the offer has run out.
    """
    deal_id = approval.subject_id
    deal = held_deal(ws, deal_id, role="bank")
    terms = agreed_terms(ws, deal)
    value = revalue(ws, deal_id, [(row.lot_id, row.pledged) for row in goods_of(ws, deal_id)], cause="approval", currency=deal.currency)  # fmt: skip
    known = find_organisation(ws.session, deal.borrower_id).suspended_at is None
    step_deal(ws, deal, "approve", actor=Actor.BANK, met={"valuation_fresh"} | ({"kyc_valid"} if known else set()))
    ws.record(DealApproved(number=deal.number), on=deal_id, evidence=[approval.id, value.id])
    valid = {"offer_valid"} if ws.now <= terms.valid_until else set()
    step_deal(ws, deal, "sign", actor=Actor.BANK, met={"both_signed"} | valid)
    ws.record(DealSigned(number=deal.number), on=deal_id, evidence=[terms.id, approval.id])


@upon_rejection("approve_deal")
def decline_deal(ws: Workspace, approval: Approval) -> None:
    """The second officer says no: the deal ends and its goods are free."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    step_deal(ws, deal, "reject", actor=Actor.BANK, met={"reason_given"})
    let_go(ws, deal, because="the request was declined")
    reason = approval.note or "A second officer did not approve."
    ws.record(RequestRejected(number=deal.number, because=reason), on=deal.deal_id, evidence=[approval.id])


def _supersede(ws: Workspace, deal_id: UUID) -> None:
    for earlier in offers(ws, deal_id):
        if earlier.status == "OFFERED":
            earlier.status, earlier.closed_at = "SUPERSEDED", ws.now


def _require_possible(
    deal: Deal,
    limit: Money,
    annual_rate: Decimal,
    day_count: str,
    tenor_days: int,
    haircut: Decimal,
    overdue_factor: Decimal,
    fee: Money | None,
) -> None:
    if limit.minor <= 0:
        raise Invalid("amount_not_positive", "Offer an amount above zero.", field="limit")
    for money, field in ((limit, "limit"), (fee or limit, "fee")):
        if money.currency != deal.currency:
            raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field=field, currency=deal.currency)
    if fee is not None and not 0 <= fee.minor <= limit.minor:
        raise Invalid("fee_wrong", "A fee lies between nothing and the limit.", field="fee")
    if not 0 <= annual_rate <= 1:
        raise Invalid("rate_wrong", "A yearly rate is a share between 0 and 1.", field="annual_rate")
    if not 0 <= haircut <= 1:
        raise Invalid(
            "share_out_of_range", "The %(name)s is a share between 0 and 1.", field="haircut", name=word("haircut")
        )
    if day_count not in {known.value for known in DayCount}:
        raise Invalid("day_count_wrong", "Count days as ACT/360, ACT/365 or 30/360.", field="day_count")
    if not 1 <= tenor_days <= TENOR_DAYS_MAX:
        raise Invalid("tenor_wrong", "A loan runs for 1 to %(most)s days.", field="tenor_days", most=TENOR_DAYS_MAX)
    if not OVERDUE_FACTORS[0] <= overdue_factor <= OVERDUE_FACTORS[1]:
        raise Invalid("penalty_wrong", "Overdue loans cost 1.3 to 1.5 times the rate.", field="overdue_factor")
