"""Money coming back: what it pays, and what ends with the last fen."""

from uuid import UUID

from sqlalchemy import select

from marketplace.financing.events.ends import DealSettled, DebtRecovered
from marketplace.financing.events.loans import ArrearsPaid
from marketplace.financing.events.money import RepaymentReceived
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.models.loans import DuePayment
from marketplace.financing.models.money import Repayment
from marketplace.financing.money.plans import renew_plan
from marketplace.financing.money.receiving import write_repayment
from marketplace.financing.money.recovering import recover_written_off
from marketplace.financing.nights.dues import days_late, open_dues, unbilled
from marketplace.financing.nights.running import accrue
from marketplace.financing.ports import is_bound
from marketplace.financing.queries import agreed_terms, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.repayment import (
    LEGAL_ORDER,
    PRINCIPAL_FIRST,
    Allocated,
    Due,
    Part,
    Recalculation,
    allocate_repayment,
)
from marketplace.financing.rules.terms import IN_TROUBLE, OWING, Position, require_text
from marketplace.financing.steps import held_deal, state_of, step_deal
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money, total
from marketplace.pledges.actions import release_pledges
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

ACCOUNT_OF = {
    Part.COSTS: Account.FEES_RECEIVABLE,
    Part.INTEREST: Account.INTEREST_RECEIVABLE,
    Part.PENALTY: Account.PENALTY_RECEIVABLE,
    Part.PRINCIPAL: Account.LOAN_PRINCIPAL,
}


def record_repayment(
    ws: Workspace,
    deal_id: UUID,
    *,
    amount: Money,
    reference: str,
    recalculation: str = Recalculation.SMALLER,
) -> Repayment:
    """Enter money received from the borrower under the bank's reference: fees are paid first, then interest, then principal (Civil Code 561), unless
    the terms agree on principal first; what is due before what is not.

    Interest up to yesterday is taken up before. Principal paid before it is due makes the plan anew, with smaller payments or a shorter term. What is
    beyond the debt is the borrower's own and booked as owed to it. The same reference and amount again are the same repayment; another amount under a
    known reference is refused.
    """
    ws.may("record_repayment")
    return enter_repayment(ws, deal_id, amount=amount, reference=reference, recalculation=recalculation)


def enter_repayment(
    ws: Workspace, deal_id: UUID, *, amount: Money, reference: str, recalculation: str = Recalculation.SMALLER
) -> Repayment:
    """The same, within an act that asked for its own permission."""
    known = require_text(reference, "reference", longest=64)
    deal = held_deal(ws, deal_id, role="bank")
    if amount.currency != deal.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=deal.currency)
    earlier = _earlier(ws, deal_id, known)
    if earlier is not None:
        if earlier.amount != amount:
            raise Conflict("reference_used", "This reference belongs to a repayment of %(amount)s.", field="reference", amount=str(earlier.amount))  # fmt: skip
        return earlier
    if deal.status == DealState.WRITTEN_OFF:
        return recover_written_off(ws, deal, amount, known)
    if DealState(deal.status) not in OWING:
        raise Conflict("nothing_owed", "Nothing is owed under this deal.")
    manner, terms = _recalculation(recalculation), agreed_terms(ws, deal)
    accrue(ws, deal)
    repayment, early = _book(ws, deal, terms, amount, known)
    if early:
        renew_plan(ws, deal, terms, "early_repayment", recalculation=manner)
    _follow(ws, deal)
    return repayment


def settle_if_paid(ws: Workspace, deal: Deal) -> bool:
    """End a deal on which nothing is owed and nothing is on its way; whether it ended. Its goods are free again. Where they were sold meanwhile, their price comes first."""
    standing = position(ws, deal.deal_id)
    if standing.outstanding or standing.committed or is_bound(ws, deal.deal_id):
        return False
    in_trouble = DealState(deal.status) in IN_TROUBLE
    step_deal(ws, deal, "recover" if in_trouble else "settle", actor=Actor.BANK, met={"debt_zero"})
    release_pledges(ws, deal.deal_id)
    fact = DebtRecovered(number=deal.number) if in_trouble else DealSettled(number=deal.number)
    ws.record(fact, on=deal.deal_id)
    return True


def end_if_paid(ws: Workspace, deal_id: UUID) -> None:
    """A sale of the goods came to nothing: a debt that was paid meanwhile ends now. Run again it does nothing."""
    if state_of(ws, deal_id) in IN_TROUBLE:
        settle_if_paid(ws, held_deal(ws, deal_id, role="bank"))


def _follow(ws: Workspace, deal: Deal) -> None:
    """What a payment brings about: a call is cured, wholly or in part; a paid debt ends; arrears that are paid end the delay."""
    review_deal(ws, deal.deal_id, cause="repayment", received=True)
    if not settle_if_paid(ws, deal) and deal.status == DealState.OVERDUE and not days_late(ws, deal):
        step_deal(ws, deal, "catch_up", actor=Actor.BANK, met={"arrears_paid"})
        ws.record(ArrearsPaid(number=deal.number), on=deal.deal_id)


def _recalculation(named: str) -> Recalculation:
    if named not in set(Recalculation):
        raise Invalid("recalculation_unknown", "Choose smaller payments or a shorter term.", field="recalculation")
    return Recalculation(named)


def _earlier(ws: Workspace, deal_id: UUID, reference: str) -> Repayment | None:
    wanted = select(Repayment).where(Repayment.deal_id == deal_id, Repayment.reference == reference)
    return ws.session.scalars(wanted).one_or_none()


def settle_dues(ws: Workspace, deal: Deal, interest: Money, principal: Money) -> None:
    """Proceeds of the goods pay what has fallen due, oldest first; the book keeps the amounts, this the dues."""
    left = {Part.INTEREST: interest.minor, Part.PRINCIPAL: principal.minor}
    for due in open_dues(ws, deal.deal_id):
        paid = min(left[Part(due.part)], due.open_minor)
        due.open_minor -= paid
        left[Part(due.part)] -= paid
    ws.session.flush()


def _dues(ws: Workspace, deal: Deal, standing: Position) -> list[Due]:
    """All that a payment may pay: costs and penalty at once, what has fallen due, and behind it what has not."""
    interest, principal = unbilled(ws, deal)
    fallen = [Due(Part(one.part), one.due_on, one.open, one.number) for one in open_dues(ws, deal.deal_id)]
    ahead = [Due(Part.INTEREST, today(ws), interest, early=True), Due(Part.PRINCIPAL, today(ws), principal, early=True)]
    return [
        Due(Part.COSTS, today(ws), standing.fees),
        Due(Part.PENALTY, today(ws), standing.penalty),
        *fallen,
        *(due for due in ahead if due.amount.minor > 0),
    ]


def _book(ws: Workspace, deal: Deal, terms: Offer, amount: Money, reference: str) -> tuple[Repayment, Money]:
    """The payment in the book; with it, how much principal was paid that had not fallen due."""
    order = PRINCIPAL_FIRST if terms.principal_first else LEGAL_ORDER
    allocated = allocate_repayment(amount, _dues(ws, deal, position(ws, deal.deal_id)), order)
    nothing = Money.zero(deal.currency)
    paid = {
        part: total((line.paid for line in allocated.lines if line.due.part is part), deal.currency) for part in Part
    }
    repayment = write_repayment(
        ws,
        deal,
        amount,
        reference,
        narrative="Repayment received, reference %(reference)s",
        paid={ACCOUNT_OF[part]: money for part, money in paid.items()}
        | {Account.OVERPAYMENT_OWED: allocated.unallocated},
    )
    _close_dues(ws, repayment, allocated)
    _tell(ws, repayment, paid)
    early = (line.paid for line in allocated.lines if line.due.early and line.due.part is Part.PRINCIPAL)
    return repayment, sum(early, nothing)


def _close_dues(ws: Workspace, repayment: Repayment, allocated: Allocated) -> None:
    """What was paid of each due is closed, and kept with the repayment in case it is taken back."""
    open_now = {(one.number, Part(one.part)): one for one in open_dues(ws, repayment.deal_id)}
    for line in allocated.lines:
        if line.due.number is None or not line.paid:
            continue
        open_now[(line.due.number, line.due.part)].open_minor -= line.paid.minor
        ws.session.add(
            DuePayment(
                deal_id=repayment.deal_id,
                repayment_id=repayment.id,
                number=line.due.number,
                part=line.due.part.value,
                tenant_id=ws.tenant_id,
                amount_minor=line.paid.minor,
            )
        )
    ws.session.flush()


def _tell(ws: Workspace, repayment: Repayment, paid: dict[Part, Money]) -> None:
    ws.record(
        RepaymentReceived(
            repayment_id=repayment.id,
            reference=repayment.reference,
            amount=repayment.amount,
            fees=paid[Part.COSTS],
            interest=paid[Part.INTEREST] + paid[Part.PENALTY],
            principal=paid[Part.PRINCIPAL],
        ),
        on=repayment.deal_id,
        evidence=[repayment.posting_id],
    )
