"""How days are counted, that interest is additive, when a rate is looked at anew, and how long a loan may be extended."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.interest import (
    DayCount,
    days_between,
    extended_until,
    interest,
    months_later,
    next_reset,
)
from marketplace.money import Money
from tenants.errors import Invalid


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2025, 1, 31), date(2025, 2, 28), 28),
        (date(2025, 1, 30), date(2025, 3, 31), 60),
        (date(2025, 3, 30), date(2025, 3, 31), 0),
        (date(2024, 12, 31), date(2025, 1, 31), 30),
        (date(2024, 2, 29), date(2025, 3, 1), 362),
    ],
)
def test_of_30_360_each_month_has_thirty_days_and_the_31st_is_the_30th(start: date, end: date, days: int) -> None:
    assert days_between(start, end, DayCount.THIRTY_360) == days


@pytest.mark.parametrize(
    ("begins", "months", "after", "found"),
    [
        (date(2025, 1, 31), 1, date(2025, 1, 31), date(2025, 2, 28)),
        (date(2025, 1, 31), 1, date(2025, 2, 28), date(2025, 3, 31)),
        (date(2025, 11, 30), 6, date(2026, 5, 29), date(2026, 5, 30)),
        (date(2025, 1, 15), 12, date(2026, 1, 14), date(2026, 1, 15)),
        (date(2025, 1, 15), 12, date(2026, 1, 15), date(2027, 1, 15)),
        (date(2025, 1, 15), 3, date(2025, 1, 1), date(2025, 4, 15)),
    ],
)
def test_a_rate_is_reset_on_the_day_of_the_loan_s_begin(begins: date, months: int, after: date, found: date) -> None:
    assert next_reset(begins, months, after) == found


@pytest.mark.parametrize(("days", "more"), [(90, 90), (366, 366), (367, 183), (1830, 915), (1831, 1095)])
def test_a_loan_is_extended_as_long_again_by_half_or_by_three_years(days: int, more: int) -> None:
    begins = date(2024, 1, 1)
    matures = begins + timedelta(days=days)
    assert extended_until(begins, matures) == matures + timedelta(days=more)


def test_refuses_a_period_that_runs_backwards_and_a_rate_below_nothing() -> None:
    with pytest.raises(Invalid, match="period_backwards"):
        days_between(date(2025, 3, 1), date(2025, 2, 1), DayCount.ACT_360)
    with pytest.raises(Invalid, match="rate_negative"):
        interest(Money.of("1000000", "CNY"), Decimal("-0.01"), 31, DayCount.ACT_360)


principals = st.integers(1, 10**13).map(lambda minor: Money(minor, "CNY"))
annuals = st.decimals(0, Decimal("0.36"), places=6)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
counts = st.sampled_from(DayCount)


@given(principals, annuals, st.tuples(days, days, days), counts)
def test_invariant_18_accrual_is_additive(
    principal: Money, annual: Decimal, period: tuple[date, date, date], count: DayCount
) -> None:
    start, middle, end = sorted(period)
    whole, first, second = (
        interest(principal, annual, days_between(*stretch, count), count)
        for stretch in ((start, end), (start, middle), (middle, end))
    )
    assert first + second == whole


@given(days, st.integers(1, 24), st.integers(0, 4000))
def test_no_reset_is_passed_over(begins: date, months: int, later: int) -> None:
    after = begins + timedelta(days=later)
    found = next_reset(begins, months, after)
    resets = [months_later(begins, number * months) for number in range(1, 150)]
    assert found == next(day for day in resets if day > after)


@given(days, days, counts)
def test_days_of_a_period_are_never_negative(one: date, two: date, count: DayCount) -> None:
    start, end = sorted((one, two))
    assert days_between(start, end, count) >= 0
    assert days_between(start, start, count) == 0
