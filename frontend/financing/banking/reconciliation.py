"""The bank's account beside its book, as of any day: on the screen, on paper, as a table and by API."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, request

from frontend import entered, paper
from frontend.api import MoneyShape, Shape
from frontend.financing.blueprint import api, pages
from frontend.language import translate
from frontend.pages import render
from frontend.spreadsheets import Table, offer_tables
from frontend.valuation.api import money_shape
from marketplace.financing.banking.reconciling import Reconciliation, reconciliation
from marketplace.financing.rules.reconciling import Movement, Side
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

COLUMNS = ("as_of", "known_to", "day", "amount", "currency", "reference", "counterparty", "deal", "note")
KNOWN_TO = {Side.ACCOUNT: "On the account only", Side.BOOK: "In the book only"}


class ReconciliationQuery(Shape):
    """The report's day; today where it is left out."""

    day: date | None = None


class SumsView(Shape):
    """One currency: what moved up to the end of the day by each side, and the open items that make the difference."""

    currency: str
    account: MoneyShape
    book: MoneyShape
    account_only: MoneyShape
    book_only: MoneyShape
    difference: MoneyShape
    unexplained: MoneyShape


class OpenItemView(Shape):
    """A movement that one side alone knows: above zero came in, below zero went out."""

    known_to: str
    day: date
    amount: MoneyShape
    reference: str
    counterparty: str
    deal_id: UUID | None
    note: str


class ReconciliationView(Shape):
    """The bank's account against its book at the end of a day."""

    day: date
    sums: list[SumsView]
    items: list[OpenItemView]


@pages.look("/bank-lines/reconciliation")
def show_reconciliation(ws: Workspace) -> Any:
    found = reconciliation(ws, on=_day())
    after = found.day + timedelta(days=1) if found.day < today(ws) else None
    return render("financing/banking/reconciliation.html", found=found, known_to=KNOWN_TO, said=translate, before=found.day - timedelta(days=1), after=after)  # fmt: skip


@pages.look("/bank-lines/reconciliation.pdf")
def print_reconciliation(ws: Workspace) -> Response:
    found = reconciliation(ws, on=_day())
    return paper.as_pdf("financing/banking/reconciliation_sheet.html", f"reconciliation-{found.day}.pdf", found=found, known_to=KNOWN_TO, said=translate)  # fmt: skip


def reconciliation_table(ws: Workspace) -> Table:
    found = reconciliation(ws, on=_day())
    return Table(f"reconciliation-{found.day}", COLUMNS, [_row(found, one) for one in found.items])


offer_tables(pages, "/bank-lines/reconciliation", reconciliation_table)


@api.look("/bank-lines/reconciliation", takes=ReconciliationQuery, gives=ReconciliationView)
def get_reconciliation(ws: Workspace, body: ReconciliationQuery) -> ReconciliationView:
    """The bank's account against its book at the end of a day: sums by currency, and what only one of the two knows."""
    found = reconciliation(ws, on=body.day)
    amounts = ("account", "book", "account_only", "book_only", "difference", "unexplained")
    sums = [SumsView(currency=one.currency, **{name: money_shape(getattr(one, name)) for name in amounts}) for one in found.sums]  # fmt: skip
    return ReconciliationView(day=found.day, sums=sums, items=[_item(one) for one in found.items])


def _item(one: Movement) -> OpenItemView:
    return OpenItemView(
        known_to=one.side.value,
        day=one.day,
        amount=money_shape(one.amount),
        reference=one.reference,
        counterparty=one.counterparty,
        deal_id=one.deal_id,
        note=translate(one.note),
    )


def _row(found: Reconciliation, one: Movement) -> list[Any]:
    said = [one.reference, one.counterparty, found.numbers.get(one.deal_id, ""), translate(one.note)]
    return [found.day, translate(KNOWN_TO[one.side]), one.day, one.amount.amount, one.amount.currency, *said]


def _day() -> date | None:
    return entered.day_or_none("day", of=request.args)
