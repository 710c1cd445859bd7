"""All-in cost: each part to the fen, and two yearly rates that hold against figures worked out by hand and against their own equations."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.all_in import Borrowing, Charges, all_in_cost, compound_rate, months_begun
from marketplace.financing.rules.interest import DayCount
from marketplace.financing.rules.schedule import Plan
from marketplace.money import Money


def yuan(amount: str) -> Money:
    return Money.of(amount, "CNY")


NOTHING = Charges(*[yuan("0")] * 4)
BEGIN = date(2025, 1, 15)


def a_loan(
    amount: str = "1000000",
    rate: str = "0.0435",
    days: int = 45,
    plan: Plan = Plan.BULLET,
    count: DayCount = DayCount.ACT_360,
) -> Borrowing:
    return Borrowing(yuan(amount), Decimal(rate), count, plan, BEGIN, BEGIN + timedelta(days=days))


def test_interest_alone_is_the_contract_s_interest() -> None:
    """Domain model, E6; 5,437.50 / 1,000,000 · 365 / 45 = 4.410417 per cent; (1.0054375)^(365/45) - 1 = 4.496 per cent."""
    cost = all_in_cost(a_loan(), NOTHING)
    assert (str(cost.total), str(cost.simple)) == ("CNY 5437.50", "0.044104")
    assert abs(float(cost.compound or 0) - (1.0054375 ** (365 / 45) - 1)) < 1e-6


def test_a_year_of_one_payment_is_its_own_rate() -> None:
    """Over 365 days the compound rate of a single payment is cost over what came in: 60,000 + 10,000 on 990,000 net."""
    charges = Charges(yuan("10000"), yuan("0"), yuan("0"), yuan("0"))
    cost = all_in_cost(a_loan(rate="0.06", days=365, count=DayCount.ACT_365), charges)
    assert (str(cost.total), str(cost.simple), str(cost.compound)) == ("CNY 70000.00", "0.070000", "0.070707")


def test_every_part_counts() -> None:
    """180 days from 15 January are six months begun: storage 6 · 2,000, supervision 6 · 1,500."""
    charges = Charges(yuan("5000"), yuan("3000"), yuan("2000"), yuan("1500"))
    cost = all_in_cost(a_loan(days=180), charges)
    parts = [str(one.amount) for one in (cost.interest, cost.fee, cost.premium, cost.storage, cost.supervision, cost.others, cost.total)]  # fmt: skip
    assert parts == ["21750.00", "5000.00", "3000.00", "12000.00", "9000.00", "24000.00", "50750.00"]
    assert str(cost.simple) == "0.102910"  # 50,750 / 1,000,000 · 365 / 180


def test_a_level_plan_is_dearer_than_its_total_says() -> None:
    """Half as much money in use for the same fee: the rate nearly doubles, which a total alone would hide (E8: interest 31,428.33 by months of 30 days)."""
    charges = Charges(yuan("12000"), yuan("0"), yuan("0"), yuan("0"))
    loan = Borrowing(yuan("1200000"), Decimal("0.048"), DayCount.THIRTY_360, Plan.LEVEL, BEGIN, date(2026, 1, 15))
    level = all_in_cost(loan, charges)
    bullet = all_in_cost(Borrowing(yuan("1200000"), Decimal("0.048"), DayCount.THIRTY_360, Plan.BULLET, BEGIN, date(2026, 1, 15)), charges)  # fmt: skip
    assert str(level.interest.amount) == "31428.33"
    assert level.total < bullet.total
    assert level.simple > bullet.simple


@pytest.mark.parametrize(("days", "months"), [(1, 1), (31, 1), (32, 2), (59, 2), (60, 3), (365, 12)])
def test_months_begun(days: int, months: int) -> None:
    assert months_begun(BEGIN, BEGIN + timedelta(days=days)) == months


def test_where_there_is_no_rate_none_is_told() -> None:
    assert compound_rate([(0, 0), (30, -1)]) is None
    assert compound_rate([(0, 1), (1, -100)]) is None
    assert compound_rate([(0, 100), (365, -99)]) is None
    assert compound_rate([(0, 100), (365, -100)]) == 0


AMOUNTS = st.integers(10_000_00, 50_000_000_00).map(lambda minor: Money(minor, "CNY"))
SMALL = st.integers(0, 1_000_00).map(lambda minor: Money(minor, "CNY"))


@given(AMOUNTS, st.decimals("0", "0.24", places=4), st.integers(1, 400), st.sampled_from(Plan), st.sampled_from(DayCount), SMALL, SMALL, SMALL)  # fmt: skip
def test_the_compound_rate_solves_its_equation_and_cost_only_adds(
    amount: Money, rate: Decimal, days: int, plan: Plan, count: DayCount, fee: Money, premium: Money, storage: Money
) -> None:
    loan = Borrowing(amount, rate, count, plan, BEGIN, BEGIN + timedelta(days=days))
    bare, full = all_in_cost(loan, NOTHING), all_in_cost(loan, Charges(fee, premium, storage, yuan("0")))
    assert full.total == bare.total + fee + premium + storage.times(months_begun(BEGIN, loan.ends_on))
    assert full.simple >= bare.simple
    if full.compound is not None and bare.compound is not None:
        assert full.compound >= bare.compound
        if plan is Plan.BULLET and not storage:
            left = float((amount - fee - premium).minor) * (1 + float(full.compound)) ** (days / 365)
            assert abs(left / (amount + bare.interest).minor - 1) < 2e-6 * max(1, days / 365)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 400))
def test_one_payment_has_the_rate_of_a_power(lent: int, cost: int, days: int) -> None:
    found = compound_rate([(0, lent), (days, -(lent + cost))])
    exact = (Fraction(lent + cost, lent)) ** 1
    if found is not None:
        assert abs((1 + float(found)) ** (days / 365) / float(exact) - 1) < 1e-5
