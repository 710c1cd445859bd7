"""Payments on their way out: what two officers approved goes into one pain.001 file, which the bank's own payment system carries out.

A file is an instruction; money itself never passes here (domain model, point 5).
"""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.events.money import PaymentsOrdered
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Drawdown
from marketplace.financing.models.payments import PaymentFile, PaymentOrder
from marketplace.financing.queries import condition_records
from marketplace.financing.rules.bank_orders import Order, write_orders
from marketplace.financing.rules.deals import DrawdownState
from marketplace.valuation.queries import today
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

MOST_PAYMENTS = 500


def payments_to_order(ws: Workspace) -> list[tuple[Drawdown, str]]:
    """Instructed drawdowns of the bank's own deals that are in no payment file yet, each with its deal's number, oldest first."""
    ordered = select(PaymentOrder.drawdown_id).where(PaymentOrder.tenant_id == ws.tenant_id)
    wanted = (
        select(Drawdown, Deal.number)
        .join(Deal, Deal.deal_id == Drawdown.deal_id)
        .where(
            Deal.bank_id == ws.tenant_id, Drawdown.status == DrawdownState.INSTRUCTED.value, Drawdown.id.not_in(ordered)
        )
        .order_by(Drawdown.instructed_at, Drawdown.id)
        .limit(MOST_PAYMENTS)
    )
    return [(drawdown, number) for drawdown, number in ws.session.execute(wanted)]


def order_payments(ws: Workspace, *, currency: str = "CNY") -> PaymentFile:
    """Write what is instructed and not ordered yet into one pain.001 file of a currency. Two officers approved each payment before; a payment is in one
    file only, by constraint. Refuses where nothing waits.
    """
    ws.may("confirm_payment")
    waiting = [(drawdown, number) for drawdown, number in payments_to_order(ws) if drawdown.currency == currency]
    if not waiting:
        raise Conflict("nothing_to_order", "No payment waits to be ordered.")
    file_id = new_id()
    message_id = f"BAILEE{file_id.hex[:28].upper()}"
    orders = [_order(drawdown, number) for drawdown, number in waiting]
    account = _account_of(ws, waiting[0][0].deal_id)
    content = write_orders(
        orders,
        message_id=message_id,
        made_at=ws.now,
        execute_on=today(ws),
        payer=ws.member.organisation,
        payer_account=account,
        bank_name=ws.member.organisation,
    )
    together = sum(order.amount.minor for order in orders)
    made = PaymentFile(
        tenant_id=ws.tenant_id,
        id=file_id,
        message_id=message_id,
        payments=len(orders),
        total_minor=together,
        currency=currency,
        content=content.decode(),
        made_at=ws.now,
        maker=ws.member.name,
    )
    ws.session.add(made)
    for (drawdown, _), order in zip(waiting, orders, strict=True):
        plain = {"tenant_id": ws.tenant_id, "file_id": file_id, "deal_id": drawdown.deal_id, "drawdown_id": drawdown.id}
        ws.session.add(PaymentOrder(**plain, end_to_end_id=order.end_to_end_id, amount_minor=order.amount.minor, currency=currency))  # fmt: skip
    ws.record(PaymentsOrdered(message_id=message_id, payments=len(orders), amount=made.total), on=ws.tenant_id, evidence=[sha256(content).hexdigest()])  # fmt: skip
    return made


def payment_files(ws: Workspace, *, limit: int = 50) -> list[PaymentFile]:
    """The payment files that were written, newest first."""
    wanted = select(PaymentFile).where(PaymentFile.tenant_id == ws.tenant_id).order_by(PaymentFile.id.desc())
    return list(ws.session.scalars(wanted.limit(limit)))


def find_payment_file(ws: Workspace, file_id: UUID) -> PaymentFile:
    """One payment file."""
    found = ws.session.get(PaymentFile, (ws.tenant_id, file_id))
    if found is None:
        raise NotFound("file_unknown", "There is no such payment file.")
    return found


def _order(drawdown: Drawdown, number: str) -> Order:
    return Order(
        drawdown.id.hex, drawdown.amount, drawdown.payee, drawdown.payee_account, f"{number} {drawdown.purpose}"
    )


def _account_of(ws: Workspace, deal_id: UUID) -> str:
    """The supervised account from which loans are paid out, as the conditions of the deal record it."""
    recorded = condition_records(ws, deal_id).get("ACCOUNT")
    return "".join(recorded.reference.split()) if recorded and recorded.reference else "NOTPROVIDED"
