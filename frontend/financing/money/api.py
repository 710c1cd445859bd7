"""Calls of a deal's money: drawdowns, repayments, the book."""

from datetime import date
from typing import Any
from uuid import UUID

from frontend.api import Moment, MoneyShape, Nothing, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import (
    Because,
    DrawBody,
    DrawPage,
    DrawView,
    LineView,
    PaymentBody,
    RepaymentBody,
    RepaymentView,
    TrialBalance,
    draw_view,
    money,
    repayment_view,
)
from frontend.language import translate
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.ledger import queries as ledger
from marketplace.money import Money
from tenants.workspace import Workspace


class RepaymentPage(Shape):
    """A deal's repayments, newest first."""

    items: list[RepaymentView]


class EntryView(Shape):
    """One line of a posting: a debit above zero or a credit below."""

    account: str
    amount: MoneyShape


class PostingView(Shape):
    """One posting of a deal's book, and the debt after it."""

    id: UUID
    key: str
    narrative: str
    value_date: date
    posted_at: Moment
    entries: list[EntryView]
    debt_after: MoneyShape


class AsOf(Shape):
    """As of the end of which day; now, where none is named."""

    until: date | None = None


class Statement(Shape):
    """A deal's book, oldest first."""

    items: list[PostingView]


class MonthView(Shape):
    """One month of a deal's debt: opening + lent + charged + restored - settled = closing. `month` is its first day; `restored`: owed again, since a payment was taken back."""

    month: date
    opening: MoneyShape
    lent: MoneyShape
    charged: MoneyShape
    restored: MoneyShape
    settled: MoneyShape
    closing: MoneyShape


class MonthlyStatement(Shape):
    """A deal's debt month by month, oldest first; months in which nothing was posted are left out."""

    items: list[MonthView]


@api.look("/deals/<uuid:deal_id>/drawdowns", gives=DrawPage)
def list_drawdowns(ws: Workspace, deal_id: UUID) -> DrawPage:
    """A deal's drawdowns."""
    queries.find_deal(ws, deal_id)
    return DrawPage(items=[draw_view(row) for row in queries.drawdowns(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/drawdowns", takes=DrawBody, gives=DrawView, status=201)
def request_drawdown(ws: Workspace, deal_id: UUID, body: DrawBody) -> DrawView:
    """The borrower asks for money."""
    return draw_view(actions.request_drawdown(ws, deal_id, **(body.model_dump() | {"amount": money(body.amount)})))


@api.act("/drawdowns/<uuid:drawdown_id>/approval", takes=Nothing, gives=Proposed)
def propose_drawdown(ws: Workspace, drawdown_id: UUID, body: Nothing) -> Proposed:
    """Put a drawdown before a second officer; approved, the payment is instructed."""
    return proposed(actions.propose_drawdown(ws, drawdown_id))


@api.act("/drawdowns/<uuid:drawdown_id>/payment", takes=PaymentBody, gives=DrawView)
def confirm_payment(ws: Workspace, drawdown_id: UUID, body: PaymentBody) -> DrawView:
    """Enter the paying bank's receipt: the money is lent."""
    return draw_view(actions.confirm_payment(ws, drawdown_id, bank_reference=body.bank_reference))


@api.act("/deals/<uuid:deal_id>/repayments", takes=RepaymentBody, gives=RepaymentView, status=201)
def record_repayment(ws: Workspace, deal_id: UUID, body: RepaymentBody) -> RepaymentView:
    """Enter money received."""
    made = actions.record_repayment(
        ws, deal_id, amount=money(body.amount), reference=body.reference, recalculation=body.recalculation
    )
    return repayment_view(made)


@api.look("/deals/<uuid:deal_id>/trial-balance", takes=AsOf, gives=TrialBalance)
def show_trial_balance(ws: Workspace, deal_id: UUID, body: AsOf) -> TrialBalance:
    """Debits, credits and balance of each of a deal's accounts."""
    deal = queries.find_deal(ws, deal_id)
    rows: list[Any] = list(ledger.trial_balance(ws, deal_id, until=body.until))
    lines = [
        LineView(account=str(row.account), debit=money_shape(row.debits), credit=money_shape(row.credits), balance=money_shape(row.balance))
        for row in rows
    ]  # fmt: skip
    nothing = Money.zero(deal.currency)
    return TrialBalance(
        items=lines,
        debits=money_shape(sum((row.debits for row in rows), nothing)),
        credits=money_shape(sum((row.credits for row in rows), nothing)),
    )


@api.act("/drawdowns/<uuid:drawdown_id>/refusal", takes=Because, gives=DrawView)
def refuse_drawdown(ws: Workspace, drawdown_id: UUID, body: Because) -> DrawView:
    """The bank does not pay, and says why."""
    return draw_view(actions.refuse_drawdown(ws, drawdown_id, because=body.because))


@api.act("/drawdowns/<uuid:drawdown_id>/failure", takes=Because, gives=DrawView)
def fail_payment(ws: Workspace, drawdown_id: UUID, body: Because) -> DrawView:
    """The payment did not go through: its instruction is reversed."""
    return draw_view(actions.fail_payment(ws, drawdown_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/repayments", gives=RepaymentPage)
def list_repayments(ws: Workspace, deal_id: UUID) -> RepaymentPage:
    """A deal's repayments."""
    queries.find_deal(ws, deal_id)
    return RepaymentPage(items=[repayment_view(row) for row in queries.repayments(ws, deal_id)])


@api.look("/deals/<uuid:deal_id>/statement", takes=AsOf, gives=Statement)
def show_statement(ws: Workspace, deal_id: UUID, body: AsOf) -> Statement:
    """The book of a deal, posting by posting."""
    queries.find_deal(ws, deal_id)
    return Statement(items=[_posting(booked) for booked in ledger.postings(ws, deal_id, until=body.until)])


@api.look("/deals/<uuid:deal_id>/monthly-statement", takes=AsOf, gives=MonthlyStatement)
def show_monthly_statement(ws: Workspace, deal_id: UUID, body: AsOf) -> MonthlyStatement:
    """A deal's debt month by month: opening balance, what came to it, what went off it, closing balance."""
    deal = queries.find_deal(ws, deal_id)
    told = ledger.months_of(ws, deal_id, currency=deal.currency, until=body.until)
    names = [name for name in MonthView.model_fields if name != "month"]
    return MonthlyStatement(items=[MonthView(month=one.first, **{name: money_shape(getattr(one, name)) for name in names}) for one in told])  # fmt: skip


def _posting(booked: ledger.Booked) -> PostingView:
    head = booked.posting
    return PostingView(
        id=head.id,
        key=head.key,
        narrative=translate(head.narrative, **head.facts),
        value_date=head.value_date,
        posted_at=head.posted_at,
        entries=[EntryView(account=entry.account, amount=money_shape(entry.amount)) for entry in booked.entries],
        debt_after=money_shape(booked.debt_after),
    )
