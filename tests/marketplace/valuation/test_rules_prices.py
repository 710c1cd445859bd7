"""The price that counts is the lowest, and never a missing or stale one."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.quantity import Quantity
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice, mean_price, price_to_use
from marketplace.valuation.rules.worth import Goods
from tenants.errors import Invalid, Refused, Unavailable

TODAY = date(2025, 3, 3)


E1 = Goods(Quantity.of("498.750", "TNE"), UnitPrice(19_850, "CNY", "TNE"), Decimal("0.98"), Decimal(1), Decimal("0.30"))


def _index(amount: int | str, on: date = TODAY, kind: PriceKind = PriceKind.INDEX) -> Quote:
    return Quote(kind, UnitPrice(Decimal(amount), "CNY", "TNE"), on)


def test_the_lowest_price_counts() -> None:
    quotes = [_index(19_850), _index(19_900, kind=PriceKind.MEAN), _index(19_700, date(2024, 1, 5), PriceKind.INVOICE)]
    assert price_to_use(quotes, TODAY).price.amount == 19_700
    assert price_to_use(quotes[:2], TODAY).price.amount == 19_850


def test_mean_of_the_last_twenty() -> None:
    series = [_index(20_000 + day, TODAY - timedelta(days=day)) for day in range(30)]
    mean = mean_price(series)
    assert (mean.kind, mean.price.amount, mean.quoted_on) == (PriceKind.MEAN, Fraction("20009.5"), TODAY)
    with pytest.raises(Unavailable):
        mean_price(series[:19])


@pytest.mark.parametrize(
    ("quotes", "code"),
    [
        ([], "price_missing"),
        ([_index(19_700, kind=PriceKind.INVOICE)], "price_missing"),
        ([_index(19_850, TODAY - timedelta(days=6))], "price_stale"),
        ([_index(19_850), _index(1, TODAY - timedelta(days=6), PriceKind.MEAN)], "price_stale"),
        ([_index(19_850, TODAY + timedelta(days=1))], "price_from_the_future"),
        ([_index(19_850), Quote(PriceKind.INVOICE, UnitPrice(1, "USD", "TNE"), TODAY)], "price_measures_differ"),
        ([_index(19_850), Quote(PriceKind.INVOICE, UnitPrice(1, "CNY", "KGM"), TODAY)], "price_measures_differ"),
    ],
)
def test_a_missing_or_stale_price_never_passes(quotes: list[Quote], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        price_to_use(quotes, TODAY)
    assert refusal.value.code == code


def test_the_last_day_of_a_price_still_counts() -> None:
    assert price_to_use([_index(19_850, TODAY - timedelta(days=5))], TODAY).price.amount == 19_850


@pytest.mark.parametrize("amount", [0, -1])
def test_refuses_a_price_of_nothing(amount: int) -> None:
    with pytest.raises(Invalid):
        UnitPrice(amount, "CNY", "TNE")


@pytest.mark.parametrize("rate", [0, Decimal("-7.18")])
def test_refuses_an_exchange_rate_of_nothing(rate: Decimal) -> None:
    with pytest.raises(Invalid) as refusal:
        E1.price.converted(rate, "USD")
    assert refusal.value.code == "rate_not_positive"


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_p_is_the_least_of_those_given(amounts: list[int]) -> None:
    quotes = [_index(amount) for amount in amounts]
    assert price_to_use(quotes, TODAY).price.amount == min(amounts)
