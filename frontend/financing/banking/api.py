"""Calls of the bank's account: payment files out, statements in, the queue between."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import Because, Sentence
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing import actions
from marketplace.financing.banking import orders as payment_orders
from marketplace.financing.banking import statements as payments
from marketplace.financing.models.payments import BankLine, BankStatement, PaymentFile
from tenants.workspace import Workspace


class StatementBody(Shape):
    """A camt.052, camt.053 or camt.054 message as it came, and what its file is called."""

    xml: Annotated[str, Field(min_length=1, max_length=5_000_000)]
    name: Annotated[str, Field(max_length=200)] = ""


class StatementView(Shape):
    """A statement that was read: how many movements it told, and how many of them were new."""

    id: UUID
    kind: str
    message_id: str
    account: str
    movements: int
    fresh: int
    imported_at: Moment


class LineQuery(Shape):
    """Which movements: those that wait, by default."""

    status: Annotated[str, Field(pattern="^(UNMATCHED|MATCHED|ASSIGNED|PARKED)$")] = "UNMATCHED"


class BankLineView(Shape):
    """One movement on the bank's account."""

    id: UUID
    direction: str
    amount: MoneyShape
    value_on: date | None
    end_to_end_id: str
    bank_reference: str
    counterparty: str
    remittance: str
    status: str
    matched_kind: str
    deal_id: UUID | None
    note: str


class BankLinePage(Shape):
    """Movements, newest first."""

    items: list[BankLineView]


class AssignmentBody(Shape):
    """The deal that a credit repays, and why."""

    deal_id: UUID
    because: Sentence


class PaymentFileBody(Shape):
    """Payments of which currency."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"


class PaymentFileView(Shape):
    """A payment file; `xml` is the pain.001 message."""

    id: UUID
    message_id: str
    payments: int
    total: MoneyShape
    made_at: Moment
    xml: str


@api.act("/bank-statements", takes=StatementBody, gives=StatementView, status=201)
def import_statement(ws: Workspace, body: StatementBody) -> StatementView:
    """Read a statement of the bank's account; told twice, it has no effect."""
    return _statement(actions.import_statement(ws, body.xml.encode(), name=body.name))


@api.look("/bank-lines", takes=LineQuery, gives=BankLinePage)
def list_bank_lines(ws: Workspace, body: LineQuery) -> BankLinePage:
    """Movements on the bank's account by their status."""
    return BankLinePage(items=[_line(one) for one in payments.bank_lines(ws, status=body.status)])


@api.act("/bank-lines/<uuid:line_id>/assignment", takes=AssignmentBody, gives=Proposed)
def propose_assignment(ws: Workspace, line_id: UUID, body: AssignmentBody) -> Proposed:
    """Ask a second officer to take a credit for a repayment of a deal."""
    return proposed(actions.propose_assignment(ws, line_id, deal_id=body.deal_id, because=body.because))


@api.act("/bank-lines/<uuid:line_id>/parking", takes=Because, gives=BankLineView)
def park_line(ws: Workspace, line_id: UUID, body: Because) -> BankLineView:
    """Leave a movement aside with a reason."""
    return _line(actions.park_line(ws, line_id, because=body.because))


@api.act("/payment-files", takes=PaymentFileBody, gives=PaymentFileView, status=201)
def order_payments(ws: Workspace, body: PaymentFileBody) -> PaymentFileView:
    """Write what is instructed and not ordered yet into one pain.001 file."""
    return _file(actions.order_payments(ws, currency=body.currency))


@api.look("/payment-files/<uuid:file_id>", gives=PaymentFileView)
def show_payment_file(ws: Workspace, file_id: UUID) -> PaymentFileView:
    """A payment file as it was written."""
    return _file(payment_orders.find_payment_file(ws, file_id))


def _statement(row: BankStatement) -> StatementView:
    plain = ("id", "kind", "message_id", "account", "movements", "fresh", "imported_at")
    return StatementView(**{name: getattr(row, name) for name in plain})


def _line(row: BankLine) -> BankLineView:
    plain = ("id", "direction", "value_on", "end_to_end_id", "bank_reference", "counterparty", "remittance", "status", "matched_kind", "deal_id", "note")  # fmt: skip
    return BankLineView(amount=money_shape(row.amount), **{name: getattr(row, name) for name in plain})


def _file(row: PaymentFile) -> PaymentFileView:
    return PaymentFileView(id=row.id, message_id=row.message_id, payments=row.payments, total=money_shape(row.total), made_at=row.made_at, xml=row.content)  # fmt: skip
