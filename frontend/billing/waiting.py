"""What of the platform's fees waits on somebody's first page: at a firm the invoices to pay, at the operator those whose payment is to come."""

from datetime import timedelta

from frontend import home
from frontend.home import Figure, Need
from frontend.language import money, translate
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import open_invoices
from marketplace.billing.rules.bills import InvoiceState
from marketplace.billing.rules.plans import starts_at
from marketplace.money import Money, total
from tenants.organisations import Kind
from tenants.workspace import Workspace

MOST_NAMED = 2


@home.needs
def fees_to_settle(ws: Workspace) -> list[Need]:
    """Invoices that are not paid: each with its day for who has to pay it, as a number for the operator."""
    if ws.can("confirm_fee_payment"):
        return _to_come(open_invoices(ws))
    if not ws.can("pay_fees"):
        return []
    owed = open_invoices(ws)
    rest = Need(translate("Further fee invoices to pay"), "/fees", max(len(owed) - MOST_NAMED, 0), "info", icon="receipt")  # fmt: skip
    return [*(_to_pay(one) for one in owed[:MOST_NAMED]), rest]


@home.figures
def fees_owed(ws: Workspace) -> list[Figure]:
    """What firms still owe the operator."""
    if Kind.PLATFORM not in ws.member.kinds:
        return []
    owed = open_invoices(ws)
    late = any(one.status == InvoiceState.OVERDUE for one in owed)
    return [Figure(translate("Fees to be paid"), money(_sum(owed)), href="/fees", tone="danger" if late else "neutral")]


def _to_pay(one: FeeInvoice) -> Need:
    late = one.status == InvoiceState.OVERDUE
    label = translate("Fee invoice %(number)s is overdue" if late else "Fee invoice %(number)s to pay", number=one.number)  # fmt: skip
    until = None if late else starts_at(one.due_on) + timedelta(days=1)
    return Need(label, f"/fees/invoices/{one.id}", 1, "danger" if late else "info", money(one.total), "receipt", until)


def _to_come(owed: list[FeeInvoice]) -> list[Need]:
    late = [one for one in owed if one.status == InvoiceState.OVERDUE]
    return [
        Need(translate("Fee invoices overdue"), "/fees", len(late), "danger", money(_sum(late)), "receipt"),
        Need(translate("Fee payments to confirm"), "/fees", len(owed) - len(late), "info", icon="receipt"),
    ]


def _sum(owed: list[FeeInvoice]) -> Money:
    """In the currency that the first of them is in; sums of different currencies are never joined."""
    currency = owed[0].currency if owed else "CNY"
    return total((one.total for one in owed if one.currency == currency), currency)
