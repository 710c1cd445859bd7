"""An invoice of the platform's fees as calls show it, with all that became of it."""

from datetime import date
from typing import Any
from uuid import UUID

from frontend.api import Moment, MoneyShape, Ratio, Shape
from frontend.valuation.api import money_shape
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.models import FeeInvoice, FeeUsage
from marketplace.billing.queries import InvoiceSheet
from marketplace.billing.rules.bills import FeeKind, InvoiceState, Line, Used
from marketplace.billing.rules.cards import FeeCardState, Way
from marketplace.billing.rules.settling import Position


class UseView(Shape):
    """One thing that is charged for: a lot watched in the month, a loan first paid out, a sale paid for (with its price)."""

    kind: FeeKind
    subject_id: UUID
    number: str
    at: Moment
    price: MoneyShape | None


class LineView(Shape):
    """One line: how many, how many of them free, what one costs (of commissions: the sum of the prices), and what is owed."""

    kind: FeeKind
    quantity: int
    free: int
    each: MoneyShape
    amount: MoneyShape


class InvoiceView(Shape):
    """An invoice. Its number is the reference of the payment; from `refuses_from` on, while it is overdue, new requests wait."""

    id: UUID
    number: str
    month: date
    firm_id: UUID
    firm: str
    firm_code: str
    issuer: str
    status: InvoiceState
    net: MoneyShape
    vat_rate: Ratio
    vat: MoneyShape
    total: MoneyShape
    payee: str
    payee_account: str
    issued_at: Moment
    due_on: date
    refuses_from: date


class PaymentView(Shape):
    """How it was paid by transfer."""

    reference: str
    amount: MoneyShape
    received_on: date
    confirmed_at: Moment


class CreditView(Shape):
    """How it was taken back. `owed_back`: it had been paid."""

    number: str
    because: str
    owed_back: bool
    credited_at: Moment


class CardPaymentView(Shape):
    """A try to pay by card: while `url` is there, the card is typed at that page. Sums over its life: what was taken, of that went back, is disputed, was lost in a dispute."""

    attempt: int
    way: Way
    status: FeeCardState
    amount: MoneyShape
    taken: MoneyShape
    refunded: MoneyShape
    disputed: MoneyShape
    lost: MoneyShape
    because: str | None
    url: str | None
    opened_at: Moment


class ReturnView(Shape):
    """What had been transferred and was transferred back."""

    reference: str
    amount: MoneyShape
    returned_on: date


class WriteOffView(Shape):
    """What the platform no longer expects."""

    amount: MoneyShape
    because: str
    written_off_at: Moment


class PositionView(Shape):
    """Where each fen of the invoice is: the first four sum to its total; `owed_back` lies beyond it."""

    open: MoneyShape
    paid: MoneyShape
    credited: MoneyShape
    written_off: MoneyShape
    owed_back: MoneyShape


class InvoiceSheetView(InvoiceView):
    """An invoice with its lines, what they charge, and what became of it."""

    position: PositionView
    lines: list[LineView]
    used: list[UseView]
    payment: PaymentView | None
    cards: list[CardPaymentView]
    credit: CreditView | None
    paid_back: ReturnView | None
    write_off: WriteOffView | None


def use_shape(one: Used | FeeUsage) -> dict[str, Any]:
    """A use as calls show it."""
    return {"kind": one.kind, "subject_id": one.subject_id, "number": one.label, "at": one.at, "price": money_shape(one.price) if one.price else None}  # fmt: skip


def line_shape(one: Line) -> dict[str, Any]:
    """A line as calls show it."""
    return {"kind": one.kind, "quantity": one.quantity, "free": one.free, "each": money_shape(one.each), "amount": money_shape(one.amount)}  # fmt: skip


def invoice_shape(row: FeeInvoice) -> dict[str, Any]:
    """An invoice as calls show it."""
    amounts = {name: money_shape(getattr(row, name)) for name in ("net", "vat", "total")}
    return {name: getattr(row, name) for name in InvoiceView.model_fields if name not in amounts} | amounts


def card_shape(card: FeeCardPayment) -> dict[str, Any]:
    """A try to pay by card as calls show it."""
    plain = {name: getattr(card, name) for name in ("attempt", "way", "status", "because", "opened_at")}
    sums = {name: money_shape(getattr(card.money, name)) for name in ("taken", "refunded", "disputed", "lost")}
    url = card.url if card.status == FeeCardState.OPENED else None
    return plain | sums | {"amount": money_shape(card.amount), "url": url}


def sheet_shape(sheet: InvoiceSheet) -> dict[str, Any]:
    """An invoice with its lines, what they charge, and what became of it."""
    became = {
        "payment": _part(sheet.payment, PaymentView),
        "credit": _part(sheet.credit, CreditView),
        "paid_back": _part(sheet.back, ReturnView),
        "write_off": _part(sheet.write_off, WriteOffView),
    }
    lines, used = [line_shape(one) for one in sheet.lines], [use_shape(one) for one in sheet.usage]
    cards = [card_shape(one) for one in sheet.cards]
    return invoice_shape(sheet.invoice) | became | {"lines": lines, "used": used, "cards": cards, "position": _position(sheet.here)}  # fmt: skip


def _position(here: Position) -> dict[str, Any]:
    return {name: money_shape(getattr(here, name)) for name in PositionView.model_fields}


def _part(row: Any, shape: type[Shape]) -> dict[str, Any] | None:
    if row is None:
        return None
    found = {name: getattr(row, name) for name in shape.model_fields}
    return found | ({"amount": money_shape(row.amount)} if "amount" in found else {})
