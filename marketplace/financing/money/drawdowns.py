"""Drawing: asked for by the borrower, approved by two officers of the bank, instructed, and lent once the bank has confirmed the payment.

Money never passes here: the book keeps the instruction and its confirmation.
"""

from dataclasses import replace
from typing import NoReturn
from uuid import UUID

from marketplace.documents.rules.entries import Party
from marketplace.financing.agreeing.conditions import Check, draw_checks, precedents
from marketplace.financing.events.money import (
    DrawdownApproved,
    DrawdownInstructed,
    DrawdownRefused,
    DrawdownRequested,
    PaymentConfirmed,
    PaymentFailed,
)
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Drawdown
from marketplace.financing.money.payees import Payee, code_of, payee_of, require_payee
from marketplace.financing.money.plans import begin_plan, maturity, renew_plan
from marketplace.financing.nights.clock import open_books
from marketplace.financing.nights.running import accrue
from marketplace.financing.queries import agreed_terms, drawdowns, find_drawdown, position
from marketplace.financing.rules.borrowing import require_available
from marketplace.financing.rules.deals import DRAWDOWN, DealState, DrawdownState
from marketplace.financing.rules.terms import DRAWABLE, Position, require_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.ledger.actions import post
from marketplace.ledger.models import Posting
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.states import Actor
from marketplace.valuation.actions import revalue
from marketplace.valuation.base import base_of
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation, today
from marketplace.valuation.rules.worth import require_fresh
from marketplace.valuation.valuing import pledged_goods
from tenants import approvals
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def request_drawdown(
    ws: Workspace,
    deal_id: UUID,
    *,
    amount: Money,
    payee: str,
    payee_code: str = "",
    payee_account: str = "",
    purpose: str = "",
) -> Drawdown:
    """Ask for money under a deal, payable to `payee` (受托支付). `payee_code`: its unified social credit code, where it has one.

    Refuses while a condition is open, the valuation is out of date, a call or critical alarm stands, or more is asked for than the goods carry; and
    a payee from whom none of the orders before the deal buys.
    """
    ws.may("request_drawdown")
    deal = held_deal(ws, deal_id, role="borrower")
    payee = require_text(payee, "payee", longest=200)
    _require_drawable(ws, deal, amount)
    code = code_of(payee_code)
    require_payee(ws, deal, Payee(Party(payee, code), payee_account.strip()))
    drawdown = Drawdown(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        status=DRAWDOWN.advance(None, "request", actor=Actor.SME, met={"purpose_stated"}).value,
        amount_minor=amount.minor,
        currency=amount.currency,
        payee=payee,
        payee_code=code,
        payee_account=payee_account.strip()[:64],
        purpose=purpose.strip()[:500] or deal.purpose,
        requested_at=ws.now,
    )
    ws.session.add(drawdown)
    ws.record(DrawdownRequested(drawdown_id=drawdown.id, amount=amount, payee=payee), on=deal_id)
    return drawdown


def propose_drawdown(ws: Workspace, drawdown_id: UUID) -> Approval:
    """Put a drawdown before a second officer. Refuses what may not be drawn now; asked again when it is approved."""
    ws.may("confirm_payment")
    drawdown = find_drawdown(ws, drawdown_id)
    deal = held_deal(ws, drawdown.deal_id, role="bank")
    DRAWDOWN.find(DrawdownState(drawdown.status), "approve")
    require_payee(ws, deal, payee_of(drawdown))
    _revalue(ws, deal)
    _require_drawable(ws, deal, drawdown.amount)
    return approvals.propose(
        ws,
        "approve_drawdown",
        subject_id=drawdown_id,
        summary=sentence(
            "%(deal)s: %(amount)s to %(payee)s", deal=deal.number, amount=drawdown.amount, payee=drawdown.payee
        ),
    )


@upon_approval("approve_drawdown")
def approve_drawdown(ws: Workspace, approval: Approval) -> None:
    """A second officer approves: the payment is instructed. The goods are valued anew first, so a stale price stops it here too."""
    drawdown, deal = _held(ws, approval.subject_id)
    require_payee(ws, deal, payee_of(drawdown))
    _revalue(ws, deal)
    _require_drawable(ws, deal, drawdown.amount)
    proofs = {"within_availability", "purpose_account", "valuation_fresh", "no_draw_stop"}
    approved = DRAWDOWN.advance(DrawdownState(drawdown.status), "approve", actor=Actor.BANK, met=proofs)
    ws.record(DrawdownApproved(drawdown_id=drawdown.id, amount=drawdown.amount), on=deal.deal_id, evidence=[approval.id])  # fmt: skip
    drawdown.status = DRAWDOWN.advance(approved, "instruct", actor=Actor.BANK, met=proofs).value
    drawdown.instructed_at = ws.now
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"instruction:{drawdown.id}",
        narrative="Payment instructed to %(payee)s",
        entries=[
            (Account.DISBURSEMENT_INSTRUCTED, drawdown.amount),
            (Account.DISBURSEMENT_PAYABLE, -drawdown.amount),
        ],
        facts={"payee": drawdown.payee},
    )
    ws.record(
        DrawdownInstructed(drawdown_id=drawdown.id, amount=drawdown.amount, payee=drawdown.payee),
        on=deal.deal_id,
        evidence=[approval.id, posting.id],
    )


@upon_rejection("approve_drawdown")
def decline_drawdown(ws: Workspace, approval: Approval) -> None:
    """The second officer says no."""
    refuse_drawdown(ws, approval.subject_id, because=approval.note or "A second officer did not approve.")


def refuse_drawdown(ws: Workspace, drawdown_id: UUID, *, because: str) -> Drawdown:
    """The bank does not pay, and says why."""
    if not ws.can("approve_drawdown"):
        ws.may("confirm_payment")
    drawdown, deal = _held(ws, drawdown_id)
    drawdown.note = require_text(because, "because")
    drawdown.status = DRAWDOWN.advance(DrawdownState(drawdown.status), "refuse", actor=Actor.BANK).value
    ws.record(DrawdownRefused(drawdown_id=drawdown.id, amount=drawdown.amount, because=drawdown.note), on=deal.deal_id)
    return drawdown


def confirm_payment(ws: Workspace, drawdown_id: UUID, *, bank_reference: str) -> Drawdown:
    """Enter the paying bank's receipt: from this day the money is lent and bears interest.

    The same reference again changes nothing; another reference for a paid drawdown, or one that another drawdown carries, is refused.
    """
    ws.may("confirm_payment")
    reference = require_text(bank_reference, "bank_reference", longest=64)
    drawdown, deal = _held(ws, drawdown_id)
    if drawdown.status == DrawdownState.CONFIRMED and drawdown.bank_reference == reference:
        return drawdown
    _require_unused(ws, deal, reference)
    drawdown.status = DRAWDOWN.advance(DrawdownState(drawdown.status), "confirm", actor=Actor.BANK, met={"bank_receipt"}).value  # fmt: skip
    drawdown.bank_reference, drawdown.confirmed_at = reference, ws.now
    accrue(ws, deal)
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"payment:{drawdown.id}",
        narrative="Paid out to %(payee)s, bank reference %(reference)s",
        entries=[
            (Account.LOAN_PRINCIPAL, drawdown.amount),
            (Account.DISBURSEMENT_CONFIRMED, -drawdown.amount),
        ],
        facts={"payee": drawdown.payee, "reference": reference},
    )
    _end_instruction(ws, drawdown, "Instruction carried out")
    if stands_at(deal, DealState.CONDITIONS_MET):
        _begin_loan(ws, deal, drawdown.amount)
    else:
        renew_plan(ws, deal, agreed_terms(ws, deal), "drawdown")
    ws.record(
        PaymentConfirmed(drawdown_id=drawdown.id, amount=drawdown.amount, reference=reference),
        on=deal.deal_id,
        evidence=[posting.id],
    )
    return drawdown


def fail_payment(ws: Workspace, drawdown_id: UUID, *, because: str) -> Drawdown:
    """The payment did not go through: the instruction is reversed and nothing was lent."""
    ws.may("confirm_payment")
    drawdown, deal = _held(ws, drawdown_id)
    drawdown.note = require_text(because, "because")
    drawdown.status = DRAWDOWN.advance(DrawdownState(drawdown.status), "fail", actor=Actor.BANK).value
    posting = _end_instruction(ws, drawdown, "Payment failed: %(because)s", because=drawdown.note)
    ws.record(
        PaymentFailed(drawdown_id=drawdown.id, amount=drawdown.amount, because=drawdown.note),
        on=deal.deal_id,
        evidence=[posting.id],
    )
    return drawdown


def _end_instruction(ws: Workspace, drawdown: Drawdown, narrative: str, **facts: str) -> Posting:
    """The order to pay is no longer open: it was carried out, or it failed."""
    return post(
        ws,
        deal_id=drawdown.deal_id,
        key=f"instruction_done:{drawdown.id}",
        narrative=narrative,
        entries=[
            (Account.DISBURSEMENT_PAYABLE, drawdown.amount),
            (Account.DISBURSEMENT_INSTRUCTED, -drawdown.amount),
        ],
        facts=facts,
    )


def _held(ws: Workspace, drawdown_id: UUID) -> tuple[Drawdown, Deal]:
    """The deal first, then its drawdown: always in this order."""
    deal = held_deal(ws, find_drawdown(ws, drawdown_id).deal_id, role="bank")
    return find_drawdown(ws, drawdown_id, lock=True), deal


def _begin_loan(ws: Workspace, deal: Deal, principal: Money) -> None:
    """The first payment: the loan runs by its plan, its fee is owed, its days are closed from tonight on."""
    terms = agreed_terms(ws, deal)
    step_deal(ws, deal, "activate", actor=Actor.BANK, met={"drawdown_confirmed"})
    deal.matures_on = maturity(today(ws), terms.tenor_days)
    begin_plan(ws, deal, terms, principal)
    if terms.fee:
        post(
            ws,
            deal_id=deal.deal_id,
            key="fee",
            narrative="Arrangement fee",
            entries=[(Account.FEES_RECEIVABLE, terms.fee), (Account.FEE_INCOME, -terms.fee)],
        )
    open_books(ws)


def _revalue(ws: Workspace, deal: Deal) -> None:
    revalue(ws, deal.deal_id, pledged_goods(ws, deal.deal_id), cause="drawdown", currency=deal.currency)


def _require_drawable(ws: Workspace, deal: Deal, amount: Money) -> None:
    if amount.currency != deal.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=deal.currency)
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "A drawdown needs an amount above zero.", field="amount")
    if DealState(deal.status) not in DRAWABLE:
        _refuse_by_state(ws, deal)
    value = latest_valuation(ws, deal.deal_id)
    require_fresh(value.found_at if value else None, ws.now)
    stopped = [check for check in [*_may_run_out(ws, deal), *draw_checks(ws, deal)] if check.met is not True]
    if stopped:
        raise Conflict(
            "no_draw_stop", "Drawing is stopped. Not met: %(checks)s.", checks=[check.label for check in stopped]
        )
    standing = position(ws, deal.deal_id)
    assert standing.limit is not None, "a drawable deal has its terms"
    # The request itself is not committed before it is approved, so it is not counted twice.
    assert value is not None, "a fresh value was asked for"
    require_available(
        amount,
        standing.limit,
        standing.base,
        standing.outstanding + standing.committed,
        beside=_beside_sub_limits(value, standing),
    )


def _beside_sub_limits(value: DealValuation, standing: Position) -> tuple[str, Money] | None:
    """The sub-limits that the goods are above, and what the goods would carry beside them."""
    held = base_of(value).held
    return (held.names, replace(standing, carries=value.carries + held.over).base) if held else None


def _refuse_by_state(ws: Workspace, deal: Deal) -> NoReturn:
    """Why a deal in this state cannot be drawn: what is still missing, or that its time is over."""
    open_ones = [] if deal.closed_at else [check.label for check in precedents(ws, deal) if check.met is not True]
    if not open_ones:
        raise Conflict("deal_not_drawable", "Nothing can be drawn under this deal any more.")
    raise Conflict("conditions_open", "Nothing can be drawn yet. Not met: %(checks)s.", checks=open_ones)


def _may_run_out(ws: Workspace, deal: Deal) -> list[Check]:
    """Precedents whose evidence may be gone after the first drawdown: insurance runs out, a pledge may end."""
    return [check for check in precedents(ws, deal) if check.name in {"insurance", "account", "guarantee", "pledge"}]


def _require_unused(ws: Workspace, deal: Deal, reference: str) -> None:
    if any(other.bank_reference == reference for other in drawdowns(ws, deal.deal_id)):
        raise Conflict("reference_used", "This bank reference belongs to another drawdown.", field="bank_reference")
