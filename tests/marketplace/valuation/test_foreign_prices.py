"""Prices in another currency: at the rate of the day or not at all, and a new rate moves what rests on it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import exact
from marketplace.valuation.actions import import_quotes, value_deal
from marketplace.valuation.queries import latest_valuation, today
from marketplace.valuation.repricing import kept, quote_of
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice, converted, currency_of_rate, rate_code
from tenants.errors import Invalid, Unavailable
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, yuan
from tests.marketplace.pledges.makers import the_parties
from tests.marketplace.valuation.makers import a_price

TODAY = date(2026, 3, 2)


def quote(amount: Fraction | Decimal | str, currency: str, unit: str = "TNE", on: date = TODAY) -> Quote:
    """A market quote."""
    return Quote(
        PriceKind.INDEX, UnitPrice(amount if isinstance(amount, Fraction) else Decimal(amount), currency, unit), on
    )


def test_a_price_is_converted_at_the_newest_rate_and_says_so() -> None:
    found = converted(quote("105", "USD"), quote("7.18", "CNY", "C62"), "CNY", TODAY, 5)
    assert (found.price, found.quoted_on) == (UnitPrice(Fraction("753.9"), "CNY", "TNE"), TODAY)
    assert found.rate is not None
    assert (found.rate.code, found.rate.of, found.rate.amount) == ("FX-USD-CNY", "USD", Decimal("7.18"))


@pytest.mark.parametrize(
    ("on", "code"), [(TODAY - timedelta(days=6), "price_stale"), (TODAY + timedelta(days=1), "price_from_the_future")]
)
def test_an_old_rate_blocks_as_an_old_price_does(on: date, code: str) -> None:
    with pytest.raises(Unavailable, match=code):
        converted(quote("105", "USD"), quote("7.18", "CNY", "C62", on), "CNY", TODAY, 5)


@given(
    price=st.decimals("0.00000001", 10**6, places=8),
    twentieths=st.integers(1, 20),
    rate=st.decimals("0.00000001", 10**4, places=8),
)
def test_what_a_valuation_keeps_of_a_converted_price_is_exact(price: Decimal, twentieths: int, rate: Decimal) -> None:
    """Else its lines, made of what it keeps, would differ from its sums by a fen."""
    mean = quote(Fraction(price) * twentieths / 20, "USD")
    found = converted(mean, quote(rate, "CNY", "C62"), "CNY", TODAY, 5)
    assert exact(quote_of(kept(found), "CNY").price.amount) == exact(found.price.amount)


def test_a_series_of_rates_is_kept_in_its_last_currency(world: World) -> None:
    assert (rate_code("USD", "CNY"), currency_of_rate("FX-USD-CNY"), currency_of_rate("CU")) == ("FX-USD-CNY", "CNY", None)  # fmt: skip
    bank = world.firm("BANK")
    for currency, unit in (("USD", "C62"), ("CNY", "TNE")):
        with bank.operator.ws() as ws, pytest.raises(Invalid, match="rate_measure_wrong"):
            import_quotes(ws, code="FX-USD-CNY", rows=[(today(ws), Decimal("7.18"))], currency=currency, unit=unit)


def a_dollar_loan(world: World) -> ADeal:
    """A hundred tonnes at 2,500 dollars carry half a million yuan."""
    parties = the_parties(world)
    a_price(world, parties.bank, "8", code="FX-USD-CNY", unit="C62")
    return a_running_loan(
        world, drawn="500000.00", deal=a_request(world, parties=parties, price="2500", priced_in="USD")
    )


def test_a_new_rate_moves_the_loans_that_rest_on_it(world: World) -> None:
    loan = a_dollar_loan(world)
    assert loan.position.market_value == yuan("2000000.00")
    a_price(world, loan.bank, "7.5", code="FX-USD-CNY", unit="C62")
    world.work()
    with loan.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, loan.deal_id)
    assert value is not None
    assert (value.market_value, value.cause, value.lines[0].rate) == (yuan("1875000.00"), "price", Decimal("7.5"))


def test_without_a_rate_of_late_nothing_is_valued(world: World) -> None:
    loan = a_dollar_loan(world)
    older = "update house.price_quote set quoted_on = quoted_on - 30 where tenant_id = %s and code = 'FX-USD-CNY'"
    world.admin.execute(older, (loan.bank.tenant_id,))
    with loan.bank.operator.ws() as ws, pytest.raises(Unavailable, match="price_stale"):
        value_deal(ws, loan.deal_id)
