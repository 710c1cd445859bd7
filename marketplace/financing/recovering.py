"""Money that comes in on a debt after it was written off: it leaves the book, the claim stays (账销案存, Rules on the write-off of bad debts of financial enterprises)."""

from marketplace.financing.events.ends import WrittenOffRecovered
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Repayment
from marketplace.ledger.actions import post
from marketplace.ledger.queries import balances
from marketplace.ledger.rules_accounts import Account, Line
from marketplace.money import Money
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace


def recover_written_off(ws: Workspace, deal: Deal, amount: Money, reference: str) -> Repayment:
    """Enter money received on a written-off debt, in an act that asked for its own permission and holds the deal: it makes the loss smaller, and what is
    beyond the loss is the borrower's own. Refuses where the whole loss has come back already.
    """
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "A payment needs an amount above zero.", field="amount")
    lost = balances(ws, deal.deal_id, currency=deal.currency)[Account.WRITE_OFF]
    if not lost:
        raise Conflict("nothing_owed", "Nothing is owed under this deal.")
    recovered = min(amount, lost)
    parts = ((Account.WRITE_OFF, recovered), (Account.OVERPAYMENT_OWED, amount - recovered))
    entries: list[Line] = [(Account.REPAYMENT_RECEIVED, amount), *((account, -money) for account, money in parts if money)]  # fmt: skip
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"repayment:{reference}",
        narrative="Recovered after the write-off, reference %(reference)s",
        entries=entries,
        facts={"reference": reference},
    )
    repayment = Repayment(
        deal_id=deal.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        reference=reference,
        amount_minor=amount.minor,
        fees_minor=0,
        interest_minor=0,
        principal_minor=0,
        recovered_minor=recovered.minor,
        over_minor=(amount - recovered).minor,
        currency=amount.currency,
        received_at=ws.now,
        posting_id=posting.id,
    )
    ws.session.add(repayment)
    fact = WrittenOffRecovered(number=deal.number, amount=recovered, left=lost - recovered)
    ws.record(fact, on=deal.deal_id, evidence=[posting.id])
    return repayment
