"""Money that comes in on a debt after it was written off: it leaves the book, the claim stays (账销案存, Rules on the write-off of bad debts of financial enterprises)."""

from marketplace.financing.events.ends import WrittenOffRecovered
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Repayment
from marketplace.financing.money.receiving import write_repayment
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
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
    repayment = write_repayment(
        ws,
        deal,
        amount,
        reference,
        narrative="Recovered after the write-off, reference %(reference)s",
        paid={Account.WRITE_OFF: recovered, Account.OVERPAYMENT_OWED: amount - recovered},
    )
    fact = WrittenOffRecovered(number=deal.number, amount=recovered, left=lost - recovered)
    ws.record(fact, on=deal.deal_id, evidence=[repayment.posting_id])
    return repayment
