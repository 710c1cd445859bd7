"""When goods expire: by their papers, by production and shelf life, by what stands on them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.shelf_life import (
    WARNED_DAYS,
    confirmed_expiry,
    declared_expiry,
    require_shelf_life,
    told_at,
)
from tenants.errors import Invalid

TODAY = date(2026, 3, 2)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


def test_papers_come_before_the_shelf_life() -> None:
    made, papers = date(2026, 1, 1), date(2026, 9, 1)
    assert declared_expiry(None, made, 180, today=TODAY) == date(2026, 6, 30)
    assert declared_expiry(papers, made, 180, today=TODAY) == papers
    assert declared_expiry(papers, None, None, today=TODAY) == papers
    assert declared_expiry(None, made, None, today=TODAY) is None
    assert declared_expiry(None, TODAY, 1, today=TODAY) == TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("expires_on", "produced_on", "shelf_life", "code"),
    [
        (None, date(2026, 3, 3), None, "production_ahead"),
        (None, None, 180, "expiry_unknown"),
        (date(2026, 1, 1), date(2026, 1, 1), None, "expiry_before_production"),
    ],
)
def test_an_expiry_that_cannot_be_is_refused(
    expires_on: date | None, produced_on: date | None, shelf_life: int | None, code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        declared_expiry(expires_on, produced_on, shelf_life, today=TODAY)


def test_what_stands_on_the_goods_counts_unless_it_makes_mixed_goods_younger() -> None:
    declared, later = date(2026, 9, 1), date(2026, 10, 1)
    assert confirmed_expiry(None, declared, None, made_of_others=True) == declared
    assert confirmed_expiry(later, declared, None, made_of_others=False) == later
    assert confirmed_expiry(declared, later, None, made_of_others=True) == declared
    with pytest.raises(Invalid, match="expiry_later_than_origin"):
        confirmed_expiry(later, declared, None, made_of_others=True)
    with pytest.raises(Invalid, match="expiry_before_production"):
        confirmed_expiry(declared, None, later, made_of_others=False)


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_shelf_life_is_a_day_at_least(days: int) -> None:
    with pytest.raises(Invalid, match="shelf_life_wrong"):
        require_shelf_life(days)
    assert (require_shelf_life(None), require_shelf_life(1)) == (None, 1)


@given(expires_on=DAYS, today=DAYS)
def test_an_end_is_told_a_month_before_and_on_the_day(expires_on: date, today: date) -> None:
    due = told_at(expires_on, today)
    days_left = (expires_on - today).days
    wanted = expires_on - timedelta(days=WARNED_DAYS) if days_left > WARNED_DAYS else expires_on
    assert due.astimezone(UTC) == datetime(wanted.year, wanted.month, wanted.day, tzinfo=UTC) - timedelta(hours=8)
