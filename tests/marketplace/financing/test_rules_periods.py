"""A loan's payments by its own days: nothing of it lost or paid twice, interest for the days that each period has, holidays moving the day and not the interest."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace.business_days import is_business_day, rolled_forward
from marketplace.financing.rules.interest import DayCount, days_between, interest, months_later
from marketplace.financing.rules.schedule import STUB_DAYS_MAX, Period, Plan, level_payment, period_ends, plan_periods
from marketplace.money import Money, total
from tenants.errors import Invalid

begins = st.dates(date(2025, 1, 2), date(2026, 3, 1))
amounts = st.integers(100, 10**11).map(lambda minor: Money(minor, "CNY"))
rates = st.decimals(0, Decimal("0.24"), places=4)


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_a_quarter_over_a_holiday_to_the_fen() -> None:
    """1,200,000 at 4.8 per cent from 1 March 2026 in three equal parts: 1 May is a holiday, so the second payment falls due on the 6th and bears 30 days."""
    begin, ends = date(2026, 3, 1), (date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1))
    made = plan_periods(Plan.EQUAL_PRINCIPAL, cny("1200000"), Decimal("0.048"), begin, ends, DayCount.ACT_360)
    assert [(one.due_on, one.interest, one.principal, one.balance) for one in made] == [
        (date(2026, 4, 1), cny("4960.00"), cny("400000.00"), cny("800000.00")),
        (date(2026, 5, 6), cny("3200.00"), cny("400000.00"), cny("400000.00")),
        (date(2026, 6, 1), cny("1653.33"), cny("400000.00"), cny("0.00")),
    ]


def a_year_of(plan: Plan, **kept: Money) -> tuple[Period, ...]:
    """1,200,000 at 4.8 per cent by months of thirty days (domain model, E8 and E9)."""
    begin = date(2026, 3, 1)
    ends = period_ends(plan, begin, date(2027, 3, 1))
    return plan_periods(plan, cny("1200000"), Decimal("0.048"), begin, ends, DayCount.THIRTY_360, **kept)  # type: ignore[arg-type]


def test_e8_level_payments() -> None:
    made = a_year_of(Plan.LEVEL)
    assert level_payment(cny("1200000"), Decimal("0.048"), 12) == cny("102619.03")
    assert (made[0].interest, made[0].principal) == (cny("4800.00"), cny("97819.03"))
    assert [one.payment for one in made] == [cny("102619.03")] * 11 + [cny("102619.00")]
    assert total((one.interest for one in made), "CNY") == cny("31428.33")


def test_e9_equal_principal() -> None:
    made = a_year_of(Plan.EQUAL_PRINCIPAL)
    assert (made[0].payment, made[11].payment) == (cny("104800.00"), cny("100400.00"))
    assert total((one.interest for one in made), "CNY") == cny("31200.00")


def test_interest_only_and_bullet() -> None:
    assert [one.payment for one in a_year_of(Plan.INTEREST_ONLY)] == [cny("4800.00")] * 11 + [cny("1204800.00")]
    (once,) = a_year_of(Plan.BULLET)
    assert (once.interest, once.principal) == (cny("57600.00"), cny("1200000"))


def test_a_larger_payment_that_is_kept_ends_a_level_loan_sooner() -> None:
    kept = a_year_of(Plan.LEVEL, payment=cny("300000"))
    assert [one.payment for one in kept[:-1]] == [cny("300000")] * 4
    assert len(kept) == 5


@given(st.integers(10**8, 10**13).map(lambda minor: Money(minor, "CNY")), rates, st.integers(2, 60))
def test_level_payments_are_level_but_for_the_rounding_of_the_last(lent: Money, rate: Decimal, months: int) -> None:
    begin = date(2026, 3, 1)
    ends = [months_later(begin, number) for number in range(1, months + 1)]
    payments = [one.payment for one in plan_periods(Plan.LEVEL, lent, rate, begin, ends, DayCount.THIRTY_360)]
    assert set(payments[:-1]) == {level_payment(lent, rate, months)}
    # Each of the earlier months rounds interest and payment by half a fen at most, carried on with interest.
    drift = months * (1 + float(rate) / 12) ** months
    assert abs(payments[-1].minor - payments[0].minor) <= drift + 1


@pytest.mark.parametrize(("last", "count"), [(date(2026, 4, 16), 1), (date(2026, 4, 17), 2)])
def test_a_last_stretch_of_half_a_month_joins_the_period_before_it(last: date, count: int) -> None:
    assert len(period_ends(Plan.LEVEL, date(2026, 3, 1), last)) == count


@given(
    st.sampled_from(Plan), amounts, rates, begins, st.integers(20, 700), st.sampled_from(DayCount), st.integers(1, 9)
)
def test_all_is_paid_once_and_each_period_bears_its_days(
    plan: Plan, lent: Money, rate: Decimal, begin: date, days: int, count: DayCount, first: int
) -> None:
    ends = period_ends(plan, begin, begin + timedelta(days=days))
    made = plan_periods(plan, lent, rate, begin, ends, count, first_number=first)
    assert total((one.principal for one in made), "CNY") == lent
    assert not made[-1].balance
    assert [one.number for one in made] == list(range(first, first + len(made)))
    assert [one.starts_on for one in made] == [begin, *(one.ends_on for one in made[:-1])]
    owed = lent
    for one in made:
        assert one.interest == Money.rounded(interest(owed, rate, days_between(one.starts_on, one.ends_on, count), count), "CNY")  # fmt: skip
        assert (one.due_on, is_business_day(one.due_on)) == (rolled_forward(one.ends_on), True)
        assert one.principal.minor >= 0
        owed = owed - one.principal
        assert one.balance == owed


@given(st.sampled_from(Plan), amounts, rates, begins, st.integers(60, 400))
def test_each_plan_pays_as_it_is_called(plan: Plan, lent: Money, rate: Decimal, begin: date, days: int) -> None:
    ends = period_ends(plan, begin, begin + timedelta(days=days))
    *before, last = plan_periods(plan, lent, rate, begin, ends, DayCount.ACT_360)
    if plan in (Plan.BULLET, Plan.INTEREST_ONLY):
        assert last.principal == lent
    elif plan is Plan.EQUAL_PRINCIPAL:
        assert len({one.principal for one in before}) <= 1
    else:
        assert len({one.payment for one in before if one.principal and one.balance}) <= 1


@given(st.sampled_from(Plan), amounts, rates, begins, st.integers(40, 300), st.integers(1, 25))
def test_a_plan_made_anew_in_the_middle_of_a_period_charges_no_day_twice(
    plan: Plan, lent: Money, rate: Decimal, begin: date, days: int, elapsed: int
) -> None:
    """Interest taken up so far is carried into the first payment, and only there; the rest is counted from where it was taken up to."""
    ends, anew = period_ends(plan, begin, begin + timedelta(days=days)), begin + timedelta(days=elapsed)
    assume(anew < ends[0])
    carried = Money.rounded(interest(lent, rate, elapsed, DayCount.ACT_360), "CNY")
    made = plan_periods(plan, lent, rate, begin, ends, DayCount.ACT_360, carried=carried, accrued_to=anew)
    plain = plan_periods(plan, lent, rate, begin, ends, DayCount.ACT_360)
    assert made[0].starts_on == begin
    assert abs(made[0].interest.minor - plain[0].interest.minor) <= 1, "rounded twice, never counted twice"
    if plan in (Plan.BULLET, Plan.INTEREST_ONLY, Plan.EQUAL_PRINCIPAL):
        assert [one.interest for one in made[1:]] == [one.interest for one in plain[1:]]


@given(amounts, rates, begins, st.integers(120, 400), st.integers(2, 5))
def test_a_larger_part_ends_the_loan_earlier_and_never_with_payments_of_nothing(
    lent: Money, rate: Decimal, begin: date, days: int, times: int
) -> None:
    ends = period_ends(Plan.EQUAL_PRINCIPAL, begin, begin + timedelta(days=days))
    part = lent.times(Decimal(times) / len(ends))
    made = plan_periods(Plan.EQUAL_PRINCIPAL, lent, rate, begin, ends, DayCount.ACT_360, part=part)
    assert len(made) <= len(ends) // times + 1
    assert total((one.principal for one in made), "CNY") == lent
    assert all(one.principal for one in made)


@given(begins, st.integers(1, 900))
def test_periods_are_months_and_a_short_rest_joins_the_one_before(begin: date, days: int) -> None:
    last = begin + timedelta(days=days)
    ends = period_ends(Plan.LEVEL, begin, last)
    assert ends[-1] == last
    assert all(before < after for before, after in pairwise(ends))
    if len(ends) > 1:
        assert (last - ends[-2]).days > STUB_DAYS_MAX
    assert period_ends(Plan.BULLET, begin, last) == (last,)


def test_what_cannot_be_planned() -> None:
    begin, ends = date(2026, 3, 1), (date(2026, 4, 1),)
    for lent, rate, until in ((Money(0, "CNY"), 1, ends), (cny("1"), -1, ends), (cny("1"), 1, ())):
        with pytest.raises(Invalid, match="schedule_impossible"):
            plan_periods(Plan.LEVEL, lent, rate, begin, until, DayCount.ACT_360)
    with pytest.raises(Invalid, match="period_backwards"):
        period_ends(Plan.LEVEL, begin, begin)
