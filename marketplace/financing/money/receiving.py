"""Money received from a borrower, written down once: its posting, and the repayment that rests on it."""

from collections.abc import Mapping

from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Repayment
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.money import Money
from tenants.database import new_id
from tenants.workspace import Workspace

COLUMN_OF = {
    Account.FEES_RECEIVABLE: "fees_minor",
    Account.INTEREST_RECEIVABLE: "interest_minor",
    Account.PENALTY_RECEIVABLE: "penalty_minor",
    Account.LOAN_PRINCIPAL: "principal_minor",
    Account.WRITE_OFF: "recovered_minor",
    Account.OVERPAYMENT_OWED: "over_minor",
}


def write_repayment(
    ws: Workspace, deal: Deal, amount: Money, reference: str, *, narrative: str, paid: Mapping[Account, Money]
) -> Repayment:
    """Book what was received against the accounts it pays, which add up to it, and keep it under the bank's reference."""
    entries: list[Line] = [(Account.REPAYMENT_RECEIVED, amount)]
    entries += [(account, -money) for account, money in paid.items() if money]
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"repayment:{reference}",
        narrative=narrative,
        entries=entries,
        facts={"reference": reference},
    )
    nothing = Money.zero(amount.currency)
    repayment = Repayment(
        deal_id=deal.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        reference=reference,
        amount_minor=amount.minor,
        currency=amount.currency,
        received_at=ws.now,
        posting_id=posting.id,
        **{column: paid.get(account, nothing).minor for account, column in COLUMN_OF.items()},
    )
    ws.session.add(repayment)
    return repayment
