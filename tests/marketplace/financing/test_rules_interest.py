"""Interest is exact and additive; schedules pay principal back to the fen."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.interest import (
    Accrual,
    DayCount,
    RateStep,
    accrue,
    days_between,
    extended_until,
    floating,
    interest,
    months_later,
    next_reset,
    overdue_rate,
)
from marketplace.financing.rules.schedule import Plan, level_payment, schedule
from marketplace.money import Money, total
from tenants.errors import Invalid

MILLION = Money.of("1000000", "CNY")


def _cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def _sum(accruals: Sequence[Accrual]) -> Fraction:
    return sum((one.interest for one in accruals), Fraction(0))


def _posted(amount: Fraction) -> Money:
    return Money.rounded(amount, "CNY")


@pytest.mark.parametrize(
    ("count", "days", "posted"),
    [
        (DayCount.ACT_360, 45, "5437.50"),
        (DayCount.ACT_365, 45, "5363.01"),
        (DayCount.THIRTY_360, 46, "5558.33"),
    ],
)
def test_e6_three_ways_to_count_days(count: DayCount, days: int, posted: str) -> None:
    start, end = date(2025, 1, 15), date(2025, 3, 1)
    assert days_between(start, end, count) == days
    accruals = accrue(MILLION, [RateStep(start, Decimal("0.0435"))], start, end, count)
    assert _posted(_sum(accruals)) == _cny(posted)


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


def test_e7_a_rate_that_changes_on_the_way() -> None:
    rates = [RateStep(date(2025, 5, 20), Decimal("0.0420")), RateStep(date(2025, 1, 1), Decimal("0.0430"))]
    accruals = accrue(_cny("3000000"), rates, date(2025, 3, 20), date(2025, 6, 20), DayCount.ACT_360)
    assert [(line.days, _posted(line.interest)) for line in accruals] == [
        (61, _cny("21858.33")),
        (31, _cny("10850.00")),
    ]
    assert _posted(_sum(accruals)) == _cny("32708.33")


def test_e8_level_payments() -> None:
    plan = schedule(Plan.LEVEL, _cny("1200000"), Decimal("0.048"), 12)
    assert level_payment(_cny("1200000"), Decimal("0.048"), 12) == _cny("102619.03")
    assert (plan[0].interest, plan[0].principal) == (_cny("4800.00"), _cny("97819.03"))
    assert plan[-1].payment == _cny("102619.00")
    assert total((line.interest for line in plan), "CNY") == _cny("31428.33")


def test_e9_equal_principal() -> None:
    plan = schedule(Plan.EQUAL_PRINCIPAL, _cny("1200000"), Decimal("0.048"), 12)
    assert plan[0].payment == _cny("104800.00")
    assert plan[11].payment == _cny("100400.00")
    assert total((line.interest for line in plan), "CNY") == _cny("31200.00")


def test_e10_penalty_and_compound_interest() -> None:
    rate = overdue_rate(Decimal("0.0435"), Decimal("1.5"))
    assert rate == Fraction("0.06525")
    assert _posted(interest(_cny("500000"), rate, 17, DayCount.ACT_360)) == _cny("1540.63")
    assert _posted(interest(_cny("18000"), rate, 17, DayCount.ACT_360)) == _cny("55.46")


def test_interest_only_and_bullet() -> None:
    monthly = schedule(Plan.INTEREST_ONLY, _cny("1200000"), Decimal("0.048"), 12)
    assert [line.payment for line in monthly] == [_cny("4800.00")] * 11 + [_cny("1204800.00")]
    (once,) = schedule(Plan.BULLET, _cny("1200000"), Decimal("0.048"), 12)
    assert (once.interest, once.principal) == (_cny("57600.00"), _cny("1200000"))


@pytest.mark.parametrize(("factor", "misuse"), [("1.29", False), ("1.51", False), ("1.49", True), ("2.01", True)])
def test_refuses_a_penalty_beyond_the_permitted_range(factor: str, misuse: bool) -> None:
    with pytest.raises(Invalid) as refusal:
        overdue_rate(Decimal("0.0435"), Decimal(factor), misuse=misuse)
    assert refusal.value.code == "penalty_out_of_range"


@pytest.mark.parametrize(("factor", "misuse"), [("1.3", False), ("1.5", False), ("1.5", True), ("2", True)])
def test_the_ends_of_the_permitted_range_are_permitted(factor: str, misuse: bool) -> None:
    assert overdue_rate(Decimal("0.04"), Decimal(factor), misuse=misuse) == Fraction("0.04") * Fraction(factor)
    with pytest.raises(Invalid, match="rate_negative"):
        overdue_rate(Decimal("-0.04"), Decimal(factor), misuse=misuse)


def test_misuse_costs_up_to_double() -> None:
    assert overdue_rate(Decimal("0.04"), 2, misuse=True) == Fraction("0.08")


def test_a_floating_rate_follows_the_prime_rate() -> None:
    reset = floating([RateStep(date(2025, 5, 20), Decimal("0.030"))], Decimal("0.0120"))
    assert reset == (RateStep(date(2025, 5, 20), Fraction("0.042")),)


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


@pytest.mark.parametrize(
    ("start", "end", "rates", "code"),
    [
        (date(2025, 3, 1), date(2025, 2, 1), [RateStep(date(2025, 1, 1), 0)], "period_backwards"),
        (date(2025, 3, 1), date(2025, 4, 1), [], "rate_missing"),
        (date(2025, 3, 1), date(2025, 4, 1), [RateStep(date(2025, 3, 2), 0)], "rate_missing"),
        (date(2025, 3, 1), date(2025, 4, 1), [RateStep(date(2025, 1, 1), Decimal("-0.01"))], "rate_negative"),
    ],
)
def test_refuses_periods_without_a_price(start: date, end: date, rates: list[RateStep], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        accrue(MILLION, rates, start, end, DayCount.ACT_360)
    assert refusal.value.code == code


@pytest.mark.parametrize(("amount", "months", "rate"), [("0", 12, "0.05"), ("1", 0, "0.05"), ("1", 12, "-0.01")])
def test_refuses_a_schedule_of_nothing(amount: str, months: int, rate: str) -> None:
    with pytest.raises(Invalid):
        schedule(Plan.LEVEL, _cny(amount), Decimal(rate), months)


principals = st.integers(1, 10**13).map(lambda minor: Money(minor, "CNY"))
annuals = st.decimals(0, Decimal("0.36"), places=6)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
counts = st.sampled_from(DayCount)


@given(principals, st.lists(st.tuples(days, annuals), max_size=5), st.tuples(days, days, days), counts)
def test_invariant_18_accrual_is_additive(
    principal: Money, changes: list[tuple[date, Decimal]], period: tuple[date, date, date], count: DayCount
) -> None:
    start, middle, end = sorted(period)
    rates = [RateStep(date(2019, 1, 1), Decimal("0.05")), *(RateStep(day, rate) for day, rate in changes)]
    whole = _sum(accrue(principal, rates, start, end, count))
    first = _sum(accrue(principal, rates, start, middle, count))
    second = _sum(accrue(principal, rates, middle, end, count))
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


@given(st.sampled_from(Plan), principals, annuals, st.integers(1, 60))
def test_principal_comes_back_to_the_fen(plan: Plan, principal: Money, annual: Decimal, months: int) -> None:
    lines = schedule(plan, principal, annual, months)
    assert total((line.principal for line in lines), "CNY") == principal
    assert lines[-1].balance == Money.zero("CNY")
    assert all(line.balance.minor >= 0 and line.principal.minor >= 0 for line in lines)
    balances = [principal, *(line.balance for line in lines)]
    assert balances == sorted(balances, key=lambda money: -money.minor)


@given(st.integers(10**8, 10**13).map(lambda minor: Money(minor, "CNY")), annuals, st.integers(2, 60))
def test_level_payments_are_level_but_for_the_rounding_of_the_last(
    principal: Money, annual: Decimal, months: int
) -> None:
    payments = [line.payment for line in schedule(Plan.LEVEL, principal, annual, months)]
    assert set(payments[:-1]) == {level_payment(principal, annual, months)}
    # Each of the earlier months rounds interest and payment by half a fen at most, carried on with interest.
    drift = months * (1 + float(annual) / 12) ** months
    assert abs(payments[-1].minor - payments[0].minor) <= drift + 1
