"""Business days follow China's moved working days; legal periods do not count the day of the start and roll forward."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.business_days import (
    business_days_after,
    business_time_after,
    is_business_day,
    period_end,
    rolled_forward,
)
from tenants.errors import Invalid

days = st.dates(date(2024, 1, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2025, 1, 26), True),  # Sunday worked for the Spring Festival
        (date(2025, 1, 29), False),  # Wednesday, Spring Festival
        (date(2025, 2, 8), True),  # Saturday worked
        (date(2025, 3, 1), False),  # ordinary Saturday
        (date(2025, 3, 3), True),
        (date(2026, 10, 10), True),  # Saturday worked for the National Day
    ],
)
def test_moved_working_days(day: date, open_: bool) -> None:
    assert is_business_day(day) is open_


def test_periods_of_the_civil_code() -> None:
    assert period_end(date(2025, 4, 8), 10) == date(2025, 4, 18)
    assert period_end(date(2025, 4, 21), 10) == date(2025, 5, 6)  # 1 to 5 May is a holiday


def test_two_business_days_over_the_spring_festival() -> None:
    called_at = datetime(2025, 1, 27, 10, 30, tzinfo=UTC)
    due_at = business_time_after(called_at, 2)
    assert due_at.isoformat() == "2025-02-06T18:30:00+08:00"


def test_a_time_without_zone_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        business_time_after(datetime(2025, 1, 27), 2)  # noqa: DTZ001


def test_refuses_a_country_without_calendar() -> None:
    with pytest.raises(Invalid) as refusal:
        is_business_day(date(2025, 1, 1), "ZZ")
    assert refusal.value.code == "calendar_unknown"


@given(days)
def test_rolling_lands_on_the_first_business_day(day: date) -> None:
    landed = rolled_forward(day)
    assert is_business_day(landed)
    between = range((landed - day).days)
    assert not any(is_business_day(day + timedelta(days=offset)) for offset in between)


@given(days, st.integers(0, 5), st.integers(0, 5))
def test_business_days_add_up(day: date, one: int, two: int) -> None:
    assert business_days_after(business_days_after(day, one), two) == business_days_after(day, one + two)
