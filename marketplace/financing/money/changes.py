"""Changes to a running loan that take two people: more time, and a repayment taken back. The book is corrected by contra entries, never by an edit."""

from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from marketplace.business_days import SHANGHAI, is_business_day
from marketplace.exact import half_up_whole
from marketplace.financing.events.loans import LoanExtended
from marketplace.financing.events.money import RepaymentReversed
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import AccruedDay, DuePayment, FallenDue, Reversal
from marketplace.financing.models.money import Repayment
from marketplace.financing.money.plans import rates_of, renew_plan
from marketplace.financing.nights.dues import days_late, fall_overdue, open_dues
from marketplace.financing.nights.running import accrue
from marketplace.financing.ports import without_consent
from marketplace.financing.queries import agreed_terms
from marketplace.financing.rules.days import PERFORMING
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import extended_until
from marketplace.financing.rules.terms import OWING, missing, require_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.ledger.actions import post
from marketplace.ledger.queries import entries_of
from marketplace.ledger.rules.accounts import Account
from marketplace.ledger.rules.balance import reversal
from marketplace.money import Money
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

EXTENDABLE = (DealState.ACTIVE, DealState.WATCH, DealState.OVERDUE)


def propose_loan_extension(
    ws: Workspace, deal_id: UUID, *, until: date, because: str, uncovered: bool = False
) -> Approval:
    """Ask a second officer to give a loan more time (展期), once. Whoever stands behind it and has not agreed to that day is named to both officers.

    Refuses a day that is not later or no business day, one beyond what the rules for loans allow, and, unless the bank says that it lends `uncovered`, one to which a
    guarantor has not agreed: without its written consent its guarantee stands as it was (Civil Code 695).
    """
    ws.may("call_margin")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    require_extendable(ws, deal, until)
    lacking = without_consent(ws, deal_id, until)
    if lacking and not uncovered:
        raise Conflict("guarantors_consent", "Not agreed to by %(lacking)s: ask for the consent, or go on without its cover.", field="uncovered", lacking=missing(lacking))  # fmt: skip
    facts = {"deal": deal.number, "until": until, "because": reason[:400]}
    plain, bare = "%(deal)s: until %(until)s: %(because)s", "%(deal)s: until %(until)s, which %(lacking)s will not cover: %(because)s"  # fmt: skip
    summary = sentence(bare, **facts, lacking=missing(lacking)) if lacking else sentence(plain, **facts)
    return approvals.propose(ws, "approve_loan_extension", subject_id=deal_id, summary=summary, until=until.isoformat(), because=reason, lacking=lacking)  # fmt: skip


@upon_approval("approve_loan_extension")
def extend_loan(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the last day moves, the principal that had fallen due on the old one with it, and the plan is made anew."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    until = date.fromisoformat(approval.payload["until"])
    require_extendable(ws, deal, until)
    if not set(without_consent(ws, deal.deal_id, until)) <= set(approval.payload["lacking"]):
        raise Conflict("guarantors_changed", "Somebody else stands behind this loan by now: propose it anew.")
    accrue(ws, deal)
    matured = deal.matures_on is not None and today(ws) >= deal.matures_on
    before, deal.matures_on = deal.matures_on, until
    for due in open_dues(ws, deal.deal_id) if matured else []:
        if due.part == "PRINCIPAL":
            due.open_minor = 0
    step_deal(ws, deal, "extend", actor=Actor.BANK, met={"guarantors_consent"})
    renew_plan(ws, deal, agreed_terms(ws, deal), "extension")
    assert before is not None, "a running loan has its last day"
    fact = LoanExtended(number=deal.number, before=before, until=until, because=approval.payload["because"])
    ws.record(fact, on=deal.deal_id, evidence=[approval.id])


def propose_reversal(ws: Workspace, repayment_id: UUID, *, because: str) -> Approval:
    """Ask a second officer to take a repayment back that was entered in error or returned by its bank. Refuses one that is taken back already, and a debt that has ended."""
    ws.may("record_repayment")
    reason = require_text(because, "because")
    repayment, deal = _held_repayment(ws, repayment_id)
    _require_reversible(ws, deal, repayment)
    summary = sentence("%(deal)s: take back %(amount)s, %(reference)s: %(because)s", deal=deal.number, amount=repayment.amount, reference=repayment.reference, because=reason[:400])  # fmt: skip
    return approvals.propose(
        ws, "approve_reversal", subject_id=repayment_id, summary=summary, because=reason, deal_id=str(deal.deal_id)
    )


@upon_approval("approve_reversal")
def reverse_repayment(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: a contra posting undoes the entries, what the payment closed is open again, and the interest that the principal would have borne
    meanwhile is taken up.
    """
    repayment, deal = _held_repayment(ws, approval.subject_id)
    _require_reversible(ws, deal, repayment)
    accrue(ws, deal)
    lines = reversal([(entry.account, entry.amount) for entry in entries_of(ws, deal.deal_id, repayment.posting_id)])
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"reversal:{repayment.id}",
        narrative="Repayment taken back, reference %(reference)s: %(because)s",
        entries=lines,
        facts={"reference": repayment.reference, "because": approval.payload["because"]},
    )
    because = approval.payload["because"]
    ws.session.add(Reversal(deal_id=deal.deal_id, id=new_id(), tenant_id=ws.tenant_id, repayment_id=repayment.id, posting_id=posting.id, because=because, reversed_at=ws.now))  # fmt: skip
    reopened = _reopen(ws, repayment)
    _take_up_missed(ws, deal, repayment)
    if repayment.principal_minor > reopened:
        renew_plan(ws, deal, agreed_terms(ws, deal), "reversal")
    fact = RepaymentReversed(reference=repayment.reference, amount=repayment.amount, because=because)
    ws.record(fact, on=deal.deal_id, evidence=[approval.id, posting.id])
    if days_late(ws, deal) and stands_at(deal, *PERFORMING):
        fall_overdue(ws, deal, open_dues(ws, deal.deal_id)[0].due_on)
    review_deal(ws, deal.deal_id, cause="repayment")


def reversals_of(ws: Workspace, deal_id: UUID) -> dict[UUID, Reversal]:
    """Which repayments of a deal were taken back."""
    found = ws.session.scalars(select(Reversal).where(Reversal.deal_id == deal_id))
    return {one.repayment_id: one for one in found}


def require_extendable(ws: Workspace, deal: Deal, until: date) -> None:
    """Refuse a loan that cannot run longer, a day that is not later or no business day, and one beyond what the rules for loans allow."""
    if not stands_at(deal, *EXTENDABLE) or deal.matures_on is None:
        raise Conflict("not_extendable", "This loan cannot be extended.")
    latest = extended_until(rates_of(ws, deal.deal_id)[0].effective_on, deal.matures_on)
    if not max(deal.matures_on, today(ws)) < until <= latest:
        raise Invalid("extension_too_long", "The new last day lies after the present one and at %(latest)s at the latest.", field="until", latest=latest)  # fmt: skip
    if not is_business_day(until):
        raise Invalid("not_a_business_day", "Choose a business day.", field="until")


def _held_repayment(ws: Workspace, repayment_id: UUID) -> tuple[Repayment, Deal]:
    found = ws.session.scalars(select(Repayment).where(Repayment.id == repayment_id)).one_or_none()
    if found is None:
        raise NotFound("repayment_unknown", "There is no such repayment.")
    return found, held_deal(ws, found.deal_id, role="bank")


def _require_reversible(ws: Workspace, deal: Deal, repayment: Repayment) -> None:
    if DealState(deal.status) not in OWING:
        raise Conflict("debt_ended", "This debt has ended: its goods are free.")
    if repayment.id in reversals_of(ws, deal.deal_id):
        raise Conflict("already_reversed", "This repayment is taken back already.")


def _reopen(ws: Workspace, repayment: Repayment) -> int:
    """Open again what it closed; how much of that was principal."""
    principal = 0
    closed = select(DuePayment).where(DuePayment.deal_id == repayment.deal_id, DuePayment.repayment_id == repayment.id)
    for paid in ws.session.scalars(closed):
        due = ws.session.get(FallenDue, (repayment.deal_id, paid.number, paid.part))
        assert due is not None, "a payment of a due has its due"
        due.open_minor += paid.amount_minor
        principal += paid.amount_minor if paid.part == "PRINCIPAL" else 0
    ws.session.flush()
    return principal


def _take_up_missed(ws: Workspace, deal: Deal, repayment: Repayment) -> None:
    """Interest at the contract's rate on the principal that was taken for repaid, from then until yesterday: one posting, rounded together with the
    running total, so that the book stands as if nothing had been paid.

    No penalty for those days: the borrower was told that it had paid.
    """
    since = repayment.received_at.astimezone(SHANGHAI).date()
    wanted = select(AccruedDay).where(AccruedDay.deal_id == deal.deal_id, AccruedDay.day >= since)
    days = list(ws.session.scalars(wanted.order_by(AccruedDay.day)))
    if not days:
        return
    exact = sum(
        (Fraction(repayment.principal_minor * one.day_weight, one.year) * Fraction(one.annual_rate) for one in days),
        Fraction(0),
    )
    running = Fraction(days[-1].running) / days[-1].year
    missed = Money(half_up_whole(running + exact) - half_up_whole(running), deal.currency)
    if missed:
        post(
            ws,
            deal_id=deal.deal_id,
            key=f"missed_interest:{repayment.id}",
            narrative="Interest on the repayment taken back, reference %(reference)s",
            entries=[(Account.INTEREST_RECEIVABLE, missed), (Account.INTEREST_INCOME, -missed)],
            facts={"reference": repayment.reference},
        )
