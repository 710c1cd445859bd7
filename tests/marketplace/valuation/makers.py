"""Prices for tests."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from marketplace.business_days import SHANGHAI
from marketplace.valuation.actions import import_quotes
from tenants import approvals
from tests.factories import Firm, World


def a_price(world: World, bank: Firm, amount: str, *, code: str = "CU", on: date | None = None, **measure: str) -> None:
    """The bank takes in one price of today (or of a day)."""
    with bank.operator.ws(read_only=True) as ws:
        today = ws.now.astimezone(SHANGHAI).date()
    _take_in(bank, code, [(on or today, Decimal(amount))], **measure)


def a_price_series(world: World, bank: Firm, prices: list[str], *, code: str = "CU") -> None:
    """The bank takes in prices of the last days, the newest of today."""
    with bank.operator.ws(read_only=True) as ws:
        today = ws.now.astimezone(SHANGHAI).date()
    days = [today - timedelta(days=back) for back in range(len(prices))][::-1]
    _take_in(bank, code, [(day, Decimal(price)) for day, price in zip(days, prices, strict=True)])


def _take_in(bank: Firm, code: str, rows: Sequence[tuple[date, Decimal]], **measure: str) -> None:
    """A colleague agrees where prices of earlier days give way."""
    with bank.operator.ws() as ws:
        made = import_quotes(ws, code=code, rows=rows, **measure)
    if made.status == "PROPOSED":
        with bank.approver.ws() as ws:
            [waiting] = [one for one in approvals.waiting(ws) if one.subject_id == made.id]
            approvals.decide(ws, waiting.id, approve=True)
