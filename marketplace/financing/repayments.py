"""Money coming back: what it pays, and what ends with the last fen."""

from uuid import UUID

from sqlalchemy import select

from marketplace.financing.accruals import accrue
from marketplace.financing.events import DealSettled, DebtRecovered, RepaymentReceived
from marketplace.financing.margin import review_deal
from marketplace.financing.models import Deal, Repayment
from marketplace.financing.queries import position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.repayment import Due, Part, allocate_repayment
from marketplace.financing.rules_terms import IN_TROUBLE, OWING, Position, require_text
from marketplace.financing.steps import held_deal, step_deal
from marketplace.ledger.actions import post
from marketplace.ledger.rules_accounts import Account, Line
from marketplace.money import Money
from marketplace.pledges.actions import release_pledges
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

ACCOUNT_OF = {
    Part.COSTS: Account.FEES_RECEIVABLE,
    Part.INTEREST: Account.INTEREST_RECEIVABLE,
    Part.PRINCIPAL: Account.LOAN_PRINCIPAL,
}


def record_repayment(ws: Workspace, deal_id: UUID, *, amount: Money, reference: str) -> Repayment:
    """Enter money received from the borrower under the bank's reference: fees are paid first, then interest, then principal (Civil Code 561).

    Interest up to yesterday is taken up before. What is beyond the debt is the borrower's own and booked as owed to it. The same reference and
    amount again are the same repayment; another amount under a known reference is refused.
    """
    ws.may("record_repayment")
    known = require_text(reference, "reference", longest=64)
    deal = held_deal(ws, deal_id, role="bank")
    if amount.currency != deal.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=deal.currency)
    earlier = _earlier(ws, deal_id, known)
    if earlier is not None:
        if earlier.amount != amount:
            raise Conflict("reference_used", "This reference belongs to a repayment of %(amount)s.", field="reference", amount=str(earlier.amount))  # fmt: skip
        return earlier
    if DealState(deal.status) not in OWING:
        raise Conflict("nothing_owed", "Nothing is owed under this deal.")
    accrue(ws, deal)
    repayment = _book(ws, deal, position(ws, deal_id), amount, known)
    _follow(ws, deal)
    return repayment


def settle_if_paid(ws: Workspace, deal: Deal) -> bool:
    """End a deal on which nothing is owed and nothing is on its way; whether it ended. Its goods are free again."""
    standing = position(ws, deal.deal_id)
    if standing.outstanding or standing.committed:
        return False
    in_trouble = DealState(deal.status) in IN_TROUBLE
    step_deal(ws, deal, "recover" if in_trouble else "settle", actor=Actor.BANK, met={"debt_zero"})
    release_pledges(ws, deal.deal_id)
    fact = DebtRecovered(number=deal.number) if in_trouble else DealSettled(number=deal.number)
    ws.record(fact, on=deal.deal_id)
    return True


def _follow(ws: Workspace, deal: Deal) -> None:
    """What a payment brings about: a call is cured, wholly or in part; a paid debt ends."""
    review_deal(ws, deal.deal_id, cause="repayment", received=True)
    settle_if_paid(ws, deal)


def _earlier(ws: Workspace, deal_id: UUID, reference: str) -> Repayment | None:
    wanted = select(Repayment).where(Repayment.deal_id == deal_id, Repayment.reference == reference)
    return ws.session.scalars(wanted).one_or_none()


def _book(ws: Workspace, deal: Deal, standing: Position, amount: Money, reference: str) -> Repayment:
    dues = [
        Due(Part.COSTS, today(ws), standing.fees),
        Due(Part.INTEREST, today(ws), standing.interest),
        Due(Part.PRINCIPAL, today(ws), standing.principal),
    ]
    allocated = allocate_repayment(amount, dues)
    paid = {line.due.part: line.paid for line in allocated.lines}
    entries: list[Line] = [(Account.REPAYMENT_RECEIVED, amount)]
    entries += [(ACCOUNT_OF[part], -money) for part, money in paid.items() if money]
    if allocated.unallocated:
        entries.append((Account.OVERPAYMENT_OWED, -allocated.unallocated))
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"repayment:{reference}",
        narrative="Repayment received, reference %(reference)s",
        entries=entries,
        facts={"reference": reference},
    )
    repayment = Repayment(
        deal_id=deal.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        reference=reference,
        amount_minor=amount.minor,
        fees_minor=paid[Part.COSTS].minor,
        interest_minor=paid[Part.INTEREST].minor,
        principal_minor=paid[Part.PRINCIPAL].minor,
        over_minor=allocated.unallocated.minor,
        currency=amount.currency,
        received_at=ws.now,
        posting_id=posting.id,
    )
    ws.session.add(repayment)
    _tell(ws, repayment, paid)
    return repayment


def _tell(ws: Workspace, repayment: Repayment, paid: dict[Part, Money]) -> None:
    ws.record(
        RepaymentReceived(
            repayment_id=repayment.id,
            reference=repayment.reference,
            amount=repayment.amount,
            fees=paid[Part.COSTS],
            interest=paid[Part.INTEREST],
            principal=paid[Part.PRINCIPAL],
        ),
        on=repayment.deal_id,
        evidence=[repayment.posting_id],
    )
