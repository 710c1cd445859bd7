"""What the operator's people do about fees: publish a plan and take an invoice back, each with four eyes, and confirm that an invoice was paid."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.billing.collecting.following import look_soon
from marketplace.billing.events import FeeInvoiceCredited, FeePlanSet
from marketplace.billing.issuing import await_month
from marketplace.billing.models import FeeCredit, FeeInvoice, FeePayment, FeePlan
from marketplace.billing.queries import find_invoice, today_of
from marketplace.billing.rules.bills import INVOICE, InvoiceState, invoice_number, require_whole
from marketplace.billing.rules.plans import Plan, require_to_come
from marketplace.billing.rules.settling import BookAccount
from marketplace.billing.settling.book import settle
from marketplace.billing.settling.positions import position_of
from marketplace.billing.words import REFERENCE_MOST, said
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_plan(ws: Workspace, plan: Plan, *, effective_from: date, payee: str, payee_account: str, because: str) -> Approval:  # fmt: skip
    """Put a fee plan before a second pair of eyes. Refuses one that begins in the past or within a month, and one without payee, account or reason."""
    ws.may("set_fee_plan")
    require_to_come(effective_from, today_of(ws))
    to = said("payee", payee)
    account = said("payee_account", payee_account)
    reason = said("because", because)
    told = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(plan).items()}
    summary = sentence("Fee plan from %(effective_from)s: %(lot_month)s for each watched lot beyond %(lots_free)s. %(because)s", effective_from=effective_from, lot_month=plan.lot_month, lots_free=plan.lots_free, because=reason)  # fmt: skip
    return approvals.propose(
        ws,
        "approve_fee_plan",
        subject_id=ws.tenant_id,
        summary=summary,
        plan=told,
        effective_from=effective_from.isoformat(),
        payee=to,
        payee_account=account,
        because=reason,
    )


@upon_approval("approve_fee_plan")
def set_plan(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: months from then on are billed by this plan. Refuses one that would have begun meanwhile."""
    told = approval.payload
    effective_from, plan = date.fromisoformat(told["effective_from"]), plan_told(told["plan"])
    require_to_come(effective_from, today_of(ws))
    newest = ws.session.scalar(select(func.max(FeePlan.version)).where(FeePlan.tenant_id == ws.tenant_id)) or 0
    ws.session.add(
        FeePlan(
            tenant_id=ws.tenant_id,
            version=newest + 1,
            effective_from=effective_from,
            currency=plan.currency,
            lots_free=plan.lots_free,
            lot_month_minor=plan.lot_month.minor,
            deal_minor=plan.deal.minor,
            sale_share=plan.sale_share,
            vat_rate=plan.vat_rate,
            pay_days=plan.pay_days,
            notice_days=plan.notice_days,
            payee=told["payee"],
            payee_account=told["payee_account"],
            because=told["because"],
            approval_id=approval.id,
            set_at=ws.now,
        )
    )
    await_month(ws, effective_from)
    fact = FeePlanSet(version=newest + 1, effective_from=effective_from, because=told["because"])
    ws.record(fact, on=ws.tenant_id, evidence=[approval.id])


def confirm_fee_payment(ws: Workspace, invoice_id: UUID, *, amount: Money, reference: str, received_on: date) -> FeePayment:  # fmt: skip
    """Say that an invoice's payment is on the operator's account, under the bank's own reference. Said again it changes nothing.

    Refuses another amount than what is open of it, a day to come, a reference that paid another invoice, and an invoice that is paid otherwise or taken back.
    """
    ws.may("confirm_fee_payment")
    invoice = find_invoice(ws, invoice_id, lock=True)
    told = said("reference", reference, most=REFERENCE_MOST)
    earlier = ws.session.get(FeePayment, (invoice.tenant_id, invoice.id))
    if earlier is not None and (earlier.reference, earlier.amount) == (told, amount):
        return earlier
    INVOICE.find(InvoiceState(invoice.status), "pay")
    before = position_of(ws, invoice)
    require_whole(amount, before.open)
    if received_on > today_of(ws):
        raise Invalid("payment_to_come", "A payment cannot be received on a day to come.", field="received_on")
    _require_new_reference(ws, told)
    payment = _pay(ws, invoice, amount, told, received_on)
    settle(ws, invoice, before, cause=f"transferred:{invoice.id}", other_side={BookAccount.BANK: amount}, reference=told)  # fmt: skip
    look_soon(ws, invoice)
    return payment


def propose_credit(ws: Workspace, invoice_id: UUID, *, because: str) -> Approval:
    """Put before a second pair of eyes that an invoice be taken back, whole. Refuses one that is taken back already, and no reason."""
    ws.may("credit_fee_invoice")
    invoice = find_invoice(ws, invoice_id)
    INVOICE.find(InvoiceState(invoice.status), "credit")
    reason = said("because", because)
    summary = sentence("Credit invoice %(number)s of %(firm)s, %(total)s: %(because)s", number=invoice.number, firm=invoice.firm, total=invoice.total, because=reason)  # fmt: skip
    return approvals.propose(ws, "approve_fee_credit", subject_id=invoice.id, summary=summary, because=reason)


@upon_approval("approve_fee_credit")
def credit_invoice(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: the credit note is made out beside the invoice, which stays what it was. What had been paid is owed back."""
    invoice = find_invoice(ws, approval.subject_id, lock=True)
    state, because = InvoiceState(invoice.status), approval.payload["because"]
    paid, before = state is InvoiceState.PAID, position_of(ws, invoice)
    invoice.status, invoice.moved_at = INVOICE.next_state(state, "credit"), ws.now
    of_month = select(func.count()).select_from(FeeCredit).join(FeeInvoice, (FeeInvoice.tenant_id == FeeCredit.tenant_id) & (FeeInvoice.id == FeeCredit.invoice_id))  # fmt: skip
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"fees:{ws.tenant_id}", 0))))
    place = ws.session.scalar(of_month.where(FeeInvoice.tenant_id == ws.tenant_id, FeeInvoice.month == invoice.month))
    credit = FeeCredit(
        tenant_id=invoice.tenant_id,
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        number=invoice_number("C", invoice.month, (place or 0) + 1),
        because=because,
        owed_back=paid,
        approval_id=approval.id,
        credited_at=ws.now,
    )
    ws.session.add(credit)
    ws.session.flush()
    taken_back = {BookAccount.FEE_INCOME: invoice.net, BookAccount.VAT_OWED: invoice.vat}
    settle(ws, invoice, before, cause=f"credited:{invoice.id}", other_side=taken_back)
    look_soon(ws, invoice)
    fact = FeeInvoiceCredited(invoice_id=invoice.id, number=invoice.number, credit_number=credit.number, total=invoice.total, owed_back=paid, because=because)  # fmt: skip
    ws.record(fact, on=invoice.account_id, evidence=[approval.id])


def _pay(ws: Workspace, invoice: FeeInvoice, amount: Money, reference: str, received_on: date) -> FeePayment:
    payment = FeePayment(
        tenant_id=invoice.tenant_id,
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        reference=reference,
        currency=amount.currency,
        amount_minor=amount.minor,
        received_on=received_on,
        confirmed_by=ws.member.name,
        confirmed_at=ws.now,
    )
    ws.session.add(payment)
    ws.session.flush()
    return payment


def _require_new_reference(ws: Workspace, reference: str) -> None:
    used = select(FeePayment.invoice_id).where(FeePayment.tenant_id == ws.tenant_id, FeePayment.reference == reference)
    if ws.session.scalar(used) is not None:
        raise Conflict("payment_used", "This payment has paid another invoice already.", field="reference")


def plan_told(told: dict[str, Any]) -> Plan:
    """A plan as a proposal keeps it."""
    exacts = {name: Decimal(told[name]) for name in ("sale_share", "vat_rate")}
    fees = {name: Money(**told[name]) for name in ("lot_month", "deal")}
    return Plan(**told | exacts | fees)
