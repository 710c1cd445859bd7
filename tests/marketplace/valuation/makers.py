"""Prices for tests."""

from datetime import date, timedelta
from decimal import Decimal

from marketplace.business_days import SHANGHAI
from marketplace.valuation.actions import import_quotes
from tests.factories import Firm, World


def a_price(world: World, bank: Firm, amount: str, *, code: str = "CU", on: date | None = None, **measure: str) -> None:
    """The bank takes in one price of today (or of a day)."""
    with bank.operator.ws() as ws:
        import_quotes(ws, code=code, rows=[(on or ws.now.astimezone(SHANGHAI).date(), Decimal(amount))], **measure)


def a_price_series(world: World, bank: Firm, prices: list[str], *, code: str = "CU") -> None:
    """The bank takes in prices of the last days, the newest of today."""
    with bank.operator.ws() as ws:
        today = ws.now.astimezone(SHANGHAI).date()
        days = [today - timedelta(days=back) for back in range(len(prices))][::-1]
        import_quotes(ws, code=code, rows=[(day, Decimal(price)) for day, price in zip(days, prices, strict=True)])
