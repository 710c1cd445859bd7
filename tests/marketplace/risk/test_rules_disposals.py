"""Proceeds beside valuations: 70 per cent of the value, in all but 10 per cent of the liquidations."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money
from marketplace.risk.rules.disposals import Liquidation, by_product

BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
CENTS = st.integers(1, 10**12)


def sold(
    proceeds: int, valuation: int, *, product: str = "Copper", currency: str = "CNY", days: int = 10
) -> Liquidation:
    return Liquidation(
        UUID(int=1),
        "A-1",
        product,
        1,
        BEGUN,
        BEGUN + timedelta(days=days),
        Money(proceeds, currency),
        Money(valuation, currency),
    )


@pytest.mark.parametrize(
    ("proceeds", "poor"), [(7_000_000, False), (6_999_999, True), (9_000_000, False), (10_500_000, False)]
)
def test_seventy_per_cent_is_not_below_seventy_per_cent(proceeds: int, poor: bool) -> None:
    assert sold(proceeds, 10_000_000).is_poor is poor


def test_the_ratio_is_rounded_for_reading_and_judged_before() -> None:
    almost = sold(6_999_999, 10_000_000)
    assert (almost.ratio, almost.is_poor) == (Decimal("0.7000"), True)


@pytest.mark.parametrize(("good", "poor", "holds"), [(9, 1, True), (8, 1, False), (0, 1, False), (18, 2, True)])
def test_one_in_ten_may_be_poor(good: int, poor: int, holds: bool) -> None:
    [figures] = by_product([sold(8, 10)] * good + [sold(6, 10)] * poor)
    assert (figures.holds, figures.liquidations, figures.poor) == (holds, good + poor, poor)


@given(st.lists(st.tuples(CENTS, CENTS, st.sampled_from(["Copper", "Rebar"]), st.sampled_from(["CNY", "USD"])), max_size=20))  # fmt: skip
def test_no_sale_is_lost_and_currencies_are_never_added(sales: list[tuple[int, int, str, str]]) -> None:
    given_sales = [sold(proceeds, value, product=product, currency=currency) for proceeds, value, product, currency in sales]  # fmt: skip
    found = by_product(given_sales)
    assert sum(one.liquidations for one in found) == len(sales)
    for currency in ("CNY", "USD"):
        mine = [one for one in found if one.proceeds.currency == currency]
        assert sum(one.proceeds.minor for one in mine) == sum(amount for amount, _, _, its in sales if its == currency)
    assert [one.holds for one in found] == sorted(one.holds for one in found)
    for one in found:
        assert one.holds == (Fraction(one.poor, one.liquidations) <= Fraction(1, 10))


def test_the_median_says_how_long_half_of_them_took() -> None:
    [figures] = by_product([sold(8, 10, days=days) for days in (3, 5, 40)])
    assert figures.median_took == timedelta(days=5)
