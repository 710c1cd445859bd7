"""A loan's days: any number of them at once come to what they come to one by one, and none is passed over on which something happens."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up_whole
from marketplace.financing.rules.days import WHOLE, Quality, Standing, Step, quality_on, step_to, take_up
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import DayCount, days_between
from marketplace.financing.rules.quality import LoanClass

BEGIN = date(2025, 1, 15)
SOUND = Quality(LoanClass.NORMAL, 1)


def a_standing(**known: object) -> Standing:
    """A million at 4.35 per cent by ACT/360 on its first day, sound, with nothing ahead."""
    plain = Standing(
        deal_id=UUID(int=1),
        state=DealState.ACTIVE,
        currency="CNY",
        day_count=DayCount.ACT_360,
        grace_days=0,
        compounds=True,
        next_day=BEGIN,
        changes_on=None,
        period_ends_on=None,
        reset_on=None,
        unpaid_since=None,
        principal=1_000_000_00,
        overdue=0,
        overdue_interest=0,
        rate=int(Fraction("0.0435") * WHOLE),
        penalty_rate=int(Fraction("0.06525") * WHOLE),
        running=0,
        running_penalty=0,
        running_compound=0,
        quality=SOUND,
    )
    return replace(plain, **known)  # type: ignore[arg-type]


def a_day(number: int) -> date:
    return BEGIN + timedelta(days=number)


STANDINGS = st.builds(
    a_standing,
    day_count=st.sampled_from(DayCount),
    compounds=st.booleans(),
    next_day=st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    principal=st.integers(0, 10**13),
    overdue_interest=st.integers(0, 10**9),
    rate=st.integers(0, WHOLE // 4),
    penalty_rate=st.integers(0, WHOLE // 2),
    running=st.integers(0, 10**25),
    running_penalty=st.integers(0, 10**25),
    running_compound=st.integers(0, 10**25),
).flatmap(lambda one: st.integers(0, one.principal).map(lambda overdue: replace(one, overdue=overdue)))


def posted(standing: Standing, until: date) -> tuple[int, int, int]:
    """What the days up to `until` post: interest, penalty, and interest on interest, in minor units."""
    taken = list(take_up(standing, until))
    return sum(one.posted for one in taken), sum(one.penalty for one in taken), sum(one.compound for one in taken)


@pytest.mark.parametrize(
    ("count", "minor"), [(DayCount.ACT_360, 5437_50), (DayCount.ACT_365, 5363_01), (DayCount.THIRTY_360, 5558_33)]
)
def test_e6_three_ways_to_count_days(count: DayCount, minor: int) -> None:
    assert posted(a_standing(day_count=count), date(2025, 2, 28)) == (minor, 0, 0)


def test_e7_a_rate_that_changes_on_the_way() -> None:
    """Three million, 61 days at 4.3 and 31 at 4.2 per cent; the period's running total goes on over the change, so both together are rounded once."""
    before = a_standing(next_day=date(2025, 3, 20), principal=3_000_000_00, rate=int(Fraction("0.043") * WHOLE))
    *_, last = take_up(before, date(2025, 5, 19))
    after = replace(before, next_day=date(2025, 5, 20), rate=int(Fraction("0.042") * WHOLE), running=last.running)
    assert posted(before, date(2025, 5, 19)) == (21858_33, 0, 0)
    assert posted(replace(after, running=0), date(2025, 6, 19)) == (10850_00, 0, 0)
    assert posted(after, date(2025, 6, 19))[0] + 21858_33 == 32708_33


def test_e10_penalty_and_compound_interest() -> None:
    """Half a million overdue, all that was lent, and 18,000 of interest: seventeen days at 6.525 per cent, and no contract interest beside it."""
    late = a_standing(principal=500_000_00, overdue=500_000_00, overdue_interest=18_000_00)
    assert posted(late, a_day(16)) == (0, 1540_63, 55_46)
    assert posted(replace(late, compounds=False), a_day(16)) == (0, 1540_63, 0)


@given(STANDINGS, st.integers(1, 400))
def test_days_at_once_are_days_one_by_one(standing: Standing, days: int) -> None:
    """Invariants 18 and 44: however often the clock asks, the same days, totals and postings."""
    until = standing.next_day + timedelta(days=days - 1)
    at_once, one_by_one, now = list(take_up(standing, until)), [], standing
    while now.next_day <= until:
        (taken,) = take_up(now, now.next_day)
        one_by_one.append(taken)
        now = replace(now, next_day=now.next_day + timedelta(days=1), running=taken.running, running_penalty=taken.running_penalty, running_compound=taken.running_compound)  # fmt: skip
    assert at_once == one_by_one


@given(STANDINGS, st.integers(1, 400))
def test_what_days_post_is_the_exact_interest_rounded_once(standing: Standing, days: int) -> None:
    fresh = replace(standing, running=0, running_penalty=0, running_compound=0)
    end = fresh.next_day + timedelta(days=days)
    taken = list(take_up(fresh, end - timedelta(days=1)))
    share = Fraction(days_between(fresh.next_day, end, fresh.day_count), fresh.day_count.year * WHOLE)
    assert sum(one.posted for one in taken) == half_up_whole((fresh.principal - fresh.overdue) * fresh.rate * share)
    assert sum(one.penalty for one in taken) == half_up_whole(fresh.overdue * fresh.penalty_rate * share)
    charged = fresh.overdue_interest if fresh.compounds else 0
    assert sum(one.compound for one in taken) == half_up_whole(charged * fresh.penalty_rate * share)


@pytest.mark.parametrize(
    ("known", "until", "happens"),
    [
        ({}, 99, ""),
        ({"period_ends_on": a_day(31)}, 30, "bills"),
        ({"reset_on": a_day(20)}, 19, "resets"),
        ({"changes_on": a_day(10)}, 9, ""),
        ({"period_ends_on": a_day(31), "reset_on": a_day(31)}, 30, "bills resets"),
        ({"unpaid_since": a_day(5)}, 5, "falls_overdue"),
        ({"unpaid_since": a_day(5), "grace_days": 3}, 8, "falls_overdue"),
        ({"unpaid_since": a_day(-2)}, 0, "falls_overdue quality"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(5)}, 6, "quality"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(5), "quality": Quality(LoanClass.SPECIAL_MENTION, 1)}, 0, "quality"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(-10), "quality": Quality(LoanClass.SPECIAL_MENTION, 1)}, 21, "quality"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(-40), "quality": Quality(LoanClass.SPECIAL_MENTION, 2)}, 50, "quality"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(-90), "quality": Quality(LoanClass.SPECIAL_MENTION, 3)}, 1, "quality"),
        ({"state": DealState.DEFAULT, "unpaid_since": a_day(-200), "quality": Quality(LoanClass.SUBSTANDARD, 3)}, 71, "quality"),
        ({"state": DealState.WATCH}, 0, "quality"),
        ({"quality": None}, 0, "quality"),
        ({"quality": Quality(LoanClass.DOUBTFUL, 1, LoanClass.DOUBTFUL)}, 99, ""),
    ],
)  # fmt: skip
def test_a_step_ends_where_something_happens(known: dict[str, object], until: int, happens: str) -> None:
    step = step_to(a_standing(**known), BEGIN, a_day(99))
    assert step.until == a_day(until)
    assert _happens(step) == set(happens.split())
    assert len(step.taken) == until + 1


@pytest.mark.parametrize(
    ("known", "happens"),
    [
        ({"period_ends_on": a_day(31)}, "bills"),
        ({"reset_on": a_day(31)}, "resets"),
        ({"unpaid_since": a_day(30)}, "falls_overdue"),
        ({"state": DealState.OVERDUE, "unpaid_since": a_day(29)}, "quality"),
    ],
)
def test_nothing_happens_before_its_day(known: dict[str, object], happens: str) -> None:
    for last, found in ((29, set()), (30, {happens})):
        step = step_to(a_standing(**known), BEGIN, a_day(last))
        assert (step.until, _happens(step)) == (a_day(last), found)


@pytest.mark.parametrize(
    ("known", "quiet_until"),
    [
        ({"period_ends_on": a_day(31)}, a_day(30)),
        ({"period_ends_on": a_day(31), "reset_on": a_day(20), "changes_on": a_day(9)}, a_day(8)),
        ({"period_ends_on": a_day(2)}, a_day(1)),
        ({"period_ends_on": a_day(1)}, None),
        ({}, None),
        ({"period_ends_on": a_day(31), "quality": None}, None),
        ({"period_ends_on": a_day(31), "unpaid_since": BEGIN, "grace_days": 9}, None),
        ({"period_ends_on": a_day(31), "day_count": DayCount.THIRTY_360}, None),
        ({"period_ends_on": a_day(31), "next_day": a_day(1)}, None),
    ],
)
def test_a_loan_is_quiet_until_the_next_day_at_whose_end_something_happens(known: dict[str, object], quiet_until: date | None) -> None:  # fmt: skip
    """And not at all where that end has something of its own, or yesterday's interest does not tell today's."""
    assert step_to(a_standing(**known), BEGIN, BEGIN).quiet_until == quiet_until
    assert step_to(a_standing(**known), BEGIN, BEGIN, closing=False).quiet_until is None


def test_a_loan_on_watch_that_falls_overdue_gets_no_better_stage() -> None:
    """Its risk had grown before; a delay of a day says nothing to the contrary. Paid up, it is found anew."""
    watched = a_standing(state=DealState.WATCH, unpaid_since=a_day(0), quality=Quality(LoanClass.SPECIAL_MENTION, 2))
    assert quality_on(watched, DealState.OVERDUE, a_day(1))[0].stage == 2
    assert quality_on(replace(watched, unpaid_since=None), DealState.ACTIVE, a_day(1))[0].stage == 1
    calm = replace(watched, quality=Quality(LoanClass.NORMAL, 1))
    assert quality_on(calm, DealState.OVERDUE, a_day(1))[0].stage == 1


def test_a_step_that_is_no_close_looks_at_nothing_but_the_contract() -> None:
    late = a_standing(unpaid_since=a_day(-5), period_ends_on=a_day(31), quality=None)
    step = step_to(late, BEGIN, a_day(99), closing=False)
    assert (step.until, _happens(step)) == (a_day(30), {"bills"})


def test_a_day_that_an_act_took_up_is_still_closed() -> None:
    """A payment in the morning takes up yesterday; its close then finds the delay, and takes up nothing twice."""
    step = step_to(a_standing(next_day=a_day(1), unpaid_since=BEGIN), BEGIN, BEGIN)
    assert (step.until, step.taken, _happens(step)) == (BEGIN, (), {"falls_overdue"})


def test_a_close_does_not_pass_over_a_day() -> None:
    with pytest.raises(AssertionError, match="pass over"):
        step_to(a_standing(), a_day(1), a_day(2))


def _happens(step: Step) -> set[str]:
    return {name for name in ("bills", "resets", "falls_overdue", "quality") if getattr(step, name)}
