"""A deal's book as people take it away: on the screen as of any day, on paper, as CSV and as a spreadsheet."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, request

from frontend import entered, paper
from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.language import translate
from frontend.pages import render
from frontend.spreadsheets import Table, offer_tables
from marketplace.business_days import SHANGHAI
from marketplace.financing import queries
from marketplace.ledger.queries import balances, months_of, postings, trial_balance
from marketplace.ledger.rules.accounts import DEBT
from marketplace.money import Money, total
from tenants.workspace import Workspace

MONTH_COLUMNS = ("month", "opening", "lent", "charged", "restored", "settled", "closing", "currency")
COLUMNS = ("value_date", "posted_at", "key", "narrative", "account", "amount", "currency", "debt_after")


@pages.look("/deals/<uuid:deal_id>/statement")
def show_statement(ws: Workspace, deal_id: UUID) -> Any:
    return render("financing/money/statement.html", **_told(ws, deal_id))


@pages.look("/deals/<uuid:deal_id>/statement.pdf")
def print_statement(ws: Workspace, deal_id: UUID) -> Response:
    told = _told(ws, deal_id)
    return paper.as_pdf("financing/money/statement_sheet.html", f"statement-{told['deal'].number}.pdf", **told)


def statement_table(ws: Workspace, deal_id: UUID) -> Table:
    return Table(f"statement-{queries.find_deal(ws, deal_id).number}", COLUMNS, _rows(ws, deal_id))


offer_tables(pages, "/deals/<uuid:deal_id>/statement", statement_table)


def monthly_table(ws: Workspace, deal_id: UUID) -> Table:
    deal = queries.find_deal(ws, deal_id)
    rows = [
        (f"{one.first:%Y-%m}", *(money.amount for money in (one.opening, one.lent, one.charged, one.restored, one.settled, one.closing)), deal.currency)
        for one in months_of(ws, deal_id, currency=deal.currency, until=_until())
    ]  # fmt: skip
    return Table(f"months-{deal.number}", MONTH_COLUMNS, rows)


offer_tables(pages, "/deals/<uuid:deal_id>/monthly-statement", monthly_table)


def _until() -> date | None:
    """As of which day, where one is asked for."""
    return entered.day_or_none("until", of=request.args)


def _told(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    deal, until = queries.find_deal(ws, deal_id), _until()
    booked = postings(ws, deal_id, until=until)
    standing = balances(ws, deal_id, currency=deal.currency, until=until)
    return {
        "deal": deal,
        "booked": booked[::-1],
        "narratives": {one.posting.id: translate(one.posting.narrative, **one.posting.facts) for one in booked},
        "months": months_of(ws, deal_id, currency=deal.currency, until=until)[::-1],
        "balance": trial_balance(ws, deal_id, until=until),
        "standing": {account.value: money for account, money in standing.items()},
        "owed": total((standing[account] for account in DEBT), deal.currency),
        "until": until,
        "names": names_of(ws, [deal.bank_id, deal.borrower_id]),
    }


def _rows(ws: Workspace, deal_id: UUID) -> Iterator[list[Any]]:
    for booked in postings(ws, deal_id, until=_until()):
        head, narrative = booked.posting, translate(booked.posting.narrative, **booked.posting.facts)
        at = head.posted_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
        for entry in booked.entries:
            after: Money = booked.debt_after
            said = [head.value_date, at, head.key, narrative]
            yield [*said, entry.account, entry.amount.amount, entry.currency, after.amount]
