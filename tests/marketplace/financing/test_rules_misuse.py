"""A loan that serves another purpose bears the misuse rate: both parts of its interest together are what the rates come to, to the fen, however the days are taken up."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up_whole
from marketplace.financing.rules.misuse import LentDay, require_misuse_factor, take_up_misuse
from tenants.errors import Invalid

BEGIN = date(2025, 3, 3)
RATE, PENALTY, FACTOR = Decimal("0.0435"), Decimal("0.06525"), Decimal(2)


def lent(days: int, principal: int, *, overdue: int = 0, ends: frozenset[int] = frozenset()) -> list[LentDay]:
    """So many days of a loan; periods end with those numbers."""
    found, running = [], Decimal(0)
    for number in range(days):
        running += (principal - overdue) * RATE
        found.append(LentDay(BEGIN + timedelta(days=number), principal - overdue, overdue, RATE, PENALTY, 1, 360, running, number in ends))  # fmt: skip
        running = Decimal(0) if number in ends else running
    return found


def posted_by_contract(days: list[LentDay]) -> int:
    """What the contract's interest posted, rounded once a period."""
    closing = [one for one in days if one.closes_period or one is days[-1]]
    return sum(half_up_whole(Fraction(one.running) / one.year) for one in closing)


def test_a_million_misused_for_seventeen_days_costs_double() -> None:
    """1,000,000 at 4.35 per cent · 2 for 17 days of 360: 4,108.33 in all, though each half alone would round up."""
    days = lent(17, 1_000_000_00)
    added = sum(one.posted for one in take_up_misuse(days, 1_000_000_00, FACTOR))
    assert (posted_by_contract(days), added) == (2054_17, 2054_16)


def test_what_is_overdue_bears_the_graver_rate_alone() -> None:
    """All of it overdue and misused: 8.7 in place of 6.525 per cent, not both on top of each other."""
    taken = list(take_up_misuse(lent(17, 500_000_00, overdue=500_000_00), 500_000_00, FACTOR))
    assert {one.annual_rate for one in taken} == {Fraction("0.087")}
    assert sum(one.posted for one in taken) == half_up_whole(Fraction(500_000_00) * 17 / 360 * Fraction("0.02175"))


def test_a_part_counts_as_the_overdue_money_as_far_as_it_can() -> None:
    (one,) = take_up_misuse(lent(1, 900_000_00, overdue=200_000_00), 300_000_00, FACTOR)
    assert (one.misused, one.overdue) == (300_000_00, 200_000_00)


def test_no_more_is_misused_than_is_owed() -> None:
    assert [one.misused for one in take_up_misuse(lent(2, 100_00), 300_00, FACTOR)] == [100_00, 100_00]
    assert [one.posted for one in take_up_misuse(lent(2, 0), 300_00, FACTOR)] == [0, 0]


@given(
    principal=st.integers(1, 10**10),
    share=st.integers(1, 100),
    count=st.integers(2, 70),
    ends=st.frozensets(st.integers(0, 69), max_size=3),
    factor=st.sampled_from([Decimal("1.5"), Decimal("1.77"), Decimal(2)]),
    data=st.data(),
)
def test_both_parts_are_the_exact_interest_and_no_cut_of_the_days_changes_it(
    principal: int, share: int, count: int, ends: frozenset[int], factor: Decimal, data: st.DataObject
) -> None:
    days, amount = lent(count, principal, ends=ends), max(1, principal * share // 100)
    whole = list(take_up_misuse(days, amount, factor))
    exact = Fraction(0)
    due = 0
    for one in days:
        exact += (principal - amount) * Fraction(RATE) + amount * Fraction(RATE) * Fraction(factor)
        if one.closes_period or one is days[-1]:
            due, exact = due + half_up_whole(exact / 360), Fraction(0)
    assert posted_by_contract(days) + sum(one.posted for one in whole) == due
    cut = data.draw(st.integers(1, count - 1))
    first = list(take_up_misuse(days[:cut], amount, factor))
    assert first + list(take_up_misuse(days[cut:], amount, factor, first[-1].running)) == whole


def test_found_within_a_period_only_its_days_cost_more() -> None:
    days = lent(30, 1_000_000_00)
    added = sum(one.posted for one in take_up_misuse(days[13:], 1_000_000_00, FACTOR))
    assert added == half_up_whole(days[-1].running / 360 + 17 * 1_000_000_00 * RATE / 360) - posted_by_contract(days)


@pytest.mark.parametrize("factor", ["1.49", "2.01"])
def test_refuses_a_factor_beyond_what_is_permitted(factor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        require_misuse_factor(Decimal(factor))
    assert refusal.value.code == "misuse_wrong"
