"""Where an invoice's money is, worked out from what stands on record."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.models import FeeCredit, FeeInvoice, FeePayment
from marketplace.billing.rules.settling import Position, position, received
from marketplace.billing.settling.models import FeeReturn, FeeWriteOff
from marketplace.money import Money
from tenants.workspace import Workspace


def cards_of(ws: Workspace, invoice: FeeInvoice) -> Sequence[FeeCardPayment]:
    """Every try to pay an invoice by card, in their order."""
    tries = select(FeeCardPayment).where(FeeCardPayment.tenant_id == invoice.tenant_id, FeeCardPayment.invoice_id == invoice.id)  # fmt: skip
    return ws.session.scalars(tries.order_by(FeeCardPayment.attempt)).all()


def position_of(ws: Workspace, invoice: FeeInvoice) -> Position:
    """Where each fen of an invoice is now."""
    key, nothing = (invoice.tenant_id, invoice.id), Money.zero(invoice.currency)
    payment, back = ws.session.get(FeePayment, key), ws.session.get(FeeReturn, key)
    written = ws.session.get(FeeWriteOff, key)
    came = received(
        invoice.currency,
        transferred=payment.amount if payment else nothing,
        returned=back.amount if back else nothing,
        cards=[card.money for card in cards_of(ws, invoice)],
    )
    credited = invoice.total if ws.session.get(FeeCredit, key) else nothing
    return position(invoice.total, came, credited=credited, written_off=written.amount if written else nothing)
