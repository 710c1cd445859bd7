"""How what is left of an invoice ends: what is owed back is returned by transfer, what will never come is written off with four eyes."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from marketplace.billing.collecting.following import look_soon
from marketplace.billing.events import FeeInvoiceWrittenOff, FeePaidBack
from marketplace.billing.models import FeePayment
from marketplace.billing.queries import find_invoice, today_of
from marketplace.billing.rules.bills import INVOICE, InvoiceState
from marketplace.billing.rules.settling import BookAccount
from marketplace.billing.settling.book import settle
from marketplace.billing.settling.models import FeeReturn, FeeWriteOff
from marketplace.billing.settling.positions import position_of
from marketplace.billing.words import REFERENCE_MOST, said
from marketplace.money import Money, lowest
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def confirm_fee_return(ws: Workspace, invoice_id: UUID, *, reference: str, returned_on: date) -> FeeReturn:
    """Say that what a firm had transferred and is owed back was transferred back, whole. Said again it changes nothing.

    Refuses a day to come, a reference used before, and an invoice of which nothing that was transferred is owed back (a card is paid back by itself).
    """
    ws.may("confirm_fee_payment")
    invoice = find_invoice(ws, invoice_id, lock=True)
    key, reference = (invoice.tenant_id, invoice.id), said("reference", reference, most=REFERENCE_MOST)
    earlier = ws.session.get(FeeReturn, key)
    if earlier is not None and earlier.reference == reference:
        return earlier
    before, payment = position_of(ws, invoice), ws.session.get(FeePayment, key)
    amount = lowest(before.owed_back, payment.amount) if payment and earlier is None else Money.zero(invoice.currency)
    if not amount:
        raise Conflict("nothing_owed_back", "Nothing that was transferred for this invoice is owed back.")
    if returned_on > today_of(ws):
        raise Invalid("payment_to_come", "A payment cannot be received on a day to come.", field="returned_on")
    if ws.session.scalar(select(FeeReturn.invoice_id).where(FeeReturn.tenant_id == ws.tenant_id, FeeReturn.reference == reference)):  # fmt: skip
        raise Conflict("payment_used", "This payment has paid another invoice already.", field="reference")
    back = FeeReturn(
        tenant_id=invoice.tenant_id,
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        reference=reference,
        currency=amount.currency,
        amount_minor=amount.minor,
        returned_on=returned_on,
        confirmed_by=ws.member.name,
        confirmed_at=ws.now,
    )
    ws.session.add(back)
    ws.session.flush()
    settle(ws, invoice, before, cause=f"returned:{invoice.id}", other_side={BookAccount.BANK: -amount})
    ws.record(FeePaidBack(invoice_id=invoice.id, number=invoice.number, amount=amount, reference=reference), on=invoice.account_id)  # fmt: skip
    return back


def propose_write_off(ws: Workspace, invoice_id: UUID, *, because: str) -> Approval:
    """Put before a second pair of eyes that what is open of an invoice is not expected any more. Refuses one of which nothing is open, and no reason."""
    ws.may("write_off_fee_invoice")
    invoice = find_invoice(ws, invoice_id)
    INVOICE.find(InvoiceState(invoice.status), "write_off")
    reason = said("because", because)
    summary = sentence("Write off %(amount)s of invoice %(number)s of %(firm)s: %(because)s", number=invoice.number, firm=invoice.firm, amount=position_of(ws, invoice).open, because=reason)  # fmt: skip
    return approvals.propose(ws, "approve_fee_write_off", subject_id=invoice.id, summary=summary, because=reason)


@upon_approval("approve_fee_write_off")
def write_off_invoice(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: what is open now is a loss. The firm may ask for finance again; who relies on that decides with open eyes."""
    invoice = find_invoice(ws, approval.subject_id, lock=True)
    before, because = position_of(ws, invoice), approval.payload["because"]
    invoice.status, invoice.moved_at = INVOICE.next_state(InvoiceState(invoice.status), "write_off"), ws.now
    ws.session.add(
        FeeWriteOff(
            tenant_id=invoice.tenant_id,
            invoice_id=invoice.id,
            account_id=invoice.account_id,
            currency=invoice.currency,
            amount_minor=before.open.minor,
            because=because,
            approval_id=approval.id,
            written_off_at=ws.now,
        )
    )
    ws.session.flush()
    settle(ws, invoice, before, cause=f"written_off:{invoice.id}", other_side={BookAccount.LOSSES: before.open})
    look_soon(ws, invoice)
    fact = FeeInvoiceWrittenOff(invoice_id=invoice.id, number=invoice.number, amount=before.open, because=because)
    ws.record(fact, on=invoice.account_id, evidence=[approval.id])
