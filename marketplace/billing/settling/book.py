"""Posting to the operator's book of fees: each change of an invoice's position once, under the cause of it; and the balances of the book."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, select

from marketplace.billing.events import FeeInvoicePaid, FeeInvoiceReopened
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import today_of
from marketplace.billing.rules.bills import INVOICE, OPEN, InvoiceState
from marketplace.billing.rules.settling import BookAccount, Position, position, posting
from marketplace.billing.settling.models import FeeEntry
from marketplace.billing.settling.positions import position_of
from marketplace.ledger.rules.balance import Line
from marketplace.money import Money
from tenants.workspace import Workspace


def post_issue(ws: Workspace, invoice: FeeInvoice) -> None:
    """An invoice is owed from the moment it is issued: its parts are income and tax."""
    nothing = Money.zero(invoice.currency)
    before, after = (position(owed, nothing, credited=nothing, written_off=nothing) for owed in (nothing, invoice.total))  # fmt: skip
    post(ws, f"issued:{invoice.id}", posting(before, after, {BookAccount.FEE_INCOME: -invoice.net, BookAccount.VAT_OWED: -invoice.vat}), invoice_id=invoice.id)  # fmt: skip


def settle(ws: Workspace, invoice: FeeInvoice, before: Position, *, cause: str, other_side: Mapping[BookAccount, Money], reference: str = "") -> Position:  # fmt: skip
    """Something was put on record about a locked invoice: post what it changed, and let the invoice's state follow."""
    after = position_of(ws, invoice)
    post(ws, cause, posting(before, after, other_side), invoice_id=invoice.id)
    state = InvoiceState(invoice.status)
    if state in OPEN and not after.open:
        invoice.status, invoice.moved_at = INVOICE.next_state(state, "pay"), ws.now
        ws.record(FeeInvoicePaid(invoice_id=invoice.id, number=invoice.number, total=invoice.total, reference=reference), on=invoice.account_id)  # fmt: skip
    elif state is InvoiceState.PAID and after.open:
        _reopen(ws, invoice, after.open)
    return after


def post(ws: Workspace, cause: str, lines: Sequence[Line], *, invoice_id: UUID | None = None) -> None:
    """Enter one posting, its lines in one statement. The key of the book refuses the same cause twice, and the database a posting that does not balance."""
    entries = [
        {
            "tenant_id": ws.tenant_id,
            "cause": cause,
            "account": account,
            "invoice_id": invoice_id,
            "currency": amount.currency,
            "amount_minor": amount.minor,
            "posted_at": ws.now,
        }
        for account, amount in lines
    ]
    if entries:
        ws.session.execute(insert(FeeEntry).values(entries))


def balances(ws: Workspace) -> dict[tuple[BookAccount, str], Money]:
    """The operator's book: the balance of each account in each currency, in the order of the chart."""
    ws.may("read_fee_book")
    sums = select(FeeEntry.account, FeeEntry.currency, func.sum(FeeEntry.amount_minor)).where(FeeEntry.tenant_id == ws.tenant_id)  # fmt: skip
    found = {(BookAccount(account), currency): Money(int(minor), currency) for account, currency, minor in ws.session.execute(sums.group_by(FeeEntry.account, FeeEntry.currency))}  # fmt: skip
    order = list(BookAccount)
    return dict(sorted(found.items(), key=lambda one: (one[0][1], order.index(one[0][0]))))


def _reopen(ws: Workspace, invoice: FeeInvoice, amount: Money) -> None:
    """What was paid was drawn back. The firm is given as long as after any notice before new requests wait."""
    notice: timedelta = invoice.refuses_from - invoice.due_on
    invoice.refuses_from = max(invoice.refuses_from, today_of(ws) + notice)
    invoice.status, invoice.moved_at = INVOICE.next_state(InvoiceState.PAID, "reopen"), ws.now
    fact = FeeInvoiceReopened(invoice_id=invoice.id, number=invoice.number, amount=amount, refuses_from=invoice.refuses_from)  # fmt: skip
    ws.record(fact, on=invoice.account_id)
