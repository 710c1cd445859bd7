"""Issuing invoices for a month that is over, and the notice for those that were not paid by their day. The clock does both; a run again changes nothing."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.billing.collecting.automatic import await_collection
from marketplace.billing.events import FeeInvoiceFellOverdue, FeeInvoiceIssued
from marketplace.billing.models import FeeAccount, FeeInvoice, FeeLine, FeePlan, FeeUsage
from marketplace.billing.queries import fee_plans, find_invoice, plan_for, terms_of, today_of, used_in
from marketplace.billing.rules.bills import INVOICE, Bill, InvoiceState, bills, invoice_number
from marketplace.billing.rules.plans import month_after, starts_at
from marketplace.billing.settling.book import post_issue
from tenants import rooms
from tenants.database import new_id
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

# The night's own work comes first; nobody reads an invoice before breakfast.
AFTER_MIDNIGHT = timedelta(hours=5)


def await_month(ws: Workspace, month: date) -> None:
    """Have a month's invoices issued when it is over. Set again it is the same timer."""
    ws.set_timer(
        "billing.issue_invoices",
        key=month.isoformat(),
        due=starts_at(month_after(month)) + AFTER_MIDNIGHT,
        stream_id=ws.tenant_id,
        month=month.isoformat(),
    )


def issue_month(ws: Workspace, month: date) -> list[FeeInvoice]:
    """Issue what each firm owes for a month that is over, and wait for the next. What was issued already stays; nothing is issued where nothing is owed.

    Without a plan of this operator nothing happens, and nothing is awaited.
    """
    assert ws.now >= starts_at(month_after(month)), "a month is billed once it is over"
    mine = [one for one in fee_plans(ws) if one.tenant_id == ws.tenant_id]
    if not mine:
        return []
    await_month(ws, month_after(month))
    row = plan_for(mine, month)
    if row is None:
        return []
    issued = _issued(ws, month)
    used = used_in(ws, month, firm_id=None)
    owed = [(firm_id, bill) for firm_id, uses in used.items() for bill in bills(terms_of(row), uses)]
    return [issue(ws, firm_id, row, month, bill) for firm_id, bill in owed if bill.net and (firm_id, bill.net.currency) not in issued]  # fmt: skip


def issue(ws: Workspace, firm_id: UUID, plan: FeePlan, month: date, bill: Bill) -> FeeInvoice:
    """Issue one invoice: it is numbered, told to the firm, and looked at again when it is due."""
    account_id = _account(ws, firm_id)
    firm = find_organisation(ws.session, firm_id)
    due_on = today_of(ws) + timedelta(days=plan.pay_days)
    invoice = FeeInvoice(
        tenant_id=ws.tenant_id,
        id=new_id(),
        account_id=account_id,
        firm_id=firm_id,
        firm=firm.name,
        firm_code=firm.uscc or firm.lei or "",
        issuer=ws.member.organisation,
        number=invoice_number("F", month, len(_issued(ws, month)) + 1),
        month=month,
        plan_version=plan.version,
        currency=bill.net.currency,
        net_minor=bill.net.minor,
        vat_rate=plan.vat_rate,
        vat_minor=bill.vat.minor,
        total_minor=bill.total.minor,
        payee=plan.payee,
        payee_account=plan.payee_account,
        issued_at=ws.now,
        due_on=due_on,
        refuses_from=due_on + timedelta(days=plan.notice_days),
        status=INVOICE.next_state(None, "issue"),
        moved_at=ws.now,
    )
    ws.session.add(invoice)
    ws.session.flush()
    _write_lines(ws, invoice, bill)
    ws.set_timer("billing.look_at_invoice", key=str(invoice.id), due=starts_at(due_on) + timedelta(days=1), stream_id=account_id, invoice_id=str(invoice.id))  # fmt: skip
    post_issue(ws, invoice)
    await_collection(ws, invoice)
    ws.record(FeeInvoiceIssued(invoice_id=invoice.id, number=invoice.number, total=invoice.total, due_on=due_on), on=account_id)  # fmt: skip
    return invoice


def remind(ws: Workspace, invoice_id: UUID) -> None:
    """The day on which an invoice was due is over: if it is still open, this is the notice."""
    invoice = find_invoice(ws, invoice_id, lock=True)
    if invoice.status != InvoiceState.ISSUED:
        return
    invoice.status, invoice.moved_at = INVOICE.next_state(InvoiceState.ISSUED, "remind"), ws.now
    overdue = FeeInvoiceFellOverdue(invoice_id=invoice.id, number=invoice.number, total=invoice.total, refuses_from=invoice.refuses_from)  # fmt: skip
    ws.record(overdue, on=invoice.account_id)


def _write_lines(ws: Workspace, invoice: FeeInvoice, bill: Bill) -> None:
    ours = {"tenant_id": ws.tenant_id, "invoice_id": invoice.id, "account_id": invoice.account_id}
    for line in bill.lines:
        ws.session.add(
            FeeLine(
                **ours,
                kind=line.kind,
                currency=invoice.currency,
                quantity=line.quantity,
                free=line.free,
                each_minor=line.each.minor,
                amount_minor=line.amount.minor,
            )
        )
    for one in bill.used:
        ws.session.add(
            FeeUsage(
                **ours,
                kind=one.kind,
                subject_id=one.subject_id,
                month=invoice.month,
                label=one.label,
                at=one.at,
                currency=one.price.currency if one.price else None,
                price_minor=one.price.minor if one.price else None,
            )
        )


def _issued(ws: Workspace, month: date) -> set[tuple[UUID, str]]:
    """For whom and in which currency a month is billed already; asked for under a lock, so that two runs number one after the other."""
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"fees:{ws.tenant_id}", 0))))
    rows = select(FeeInvoice.firm_id, FeeInvoice.currency).where(FeeInvoice.tenant_id == ws.tenant_id, FeeInvoice.month == month)  # fmt: skip
    return {(firm_id, currency) for firm_id, currency in ws.session.execute(rows)}


def _account(ws: Workspace, firm_id: UUID) -> UUID:
    """The account that is shared with the firm, opened with its first invoice."""
    account = ws.session.get(FeeAccount, (ws.tenant_id, firm_id))
    if account is None:
        account = FeeAccount(tenant_id=ws.tenant_id, firm_id=firm_id, account_id=new_id(), opened_at=ws.now)
        rooms.found(ws, account.account_id, kind="fee_account", role="operator")
        rooms.share(ws, account.account_id, to=firm_id, role="customer")
        ws.session.add(account)
    return account.account_id
