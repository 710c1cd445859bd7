"""How long an objection holds a call, and what is left of the time to cure afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.business_days import SHANGHAI, is_business_day
from marketplace.financing.rules.margin import call_deadlines
from marketplace.financing.rules.objections import OBJECTION_DAYS_MAX, Ground, held_until, require_ground, resumed
from tenants.errors import Invalid

moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 (the strategy adds the zone)
days = st.integers(0, OBJECTION_DAYS_MAX)


@given(moments, st.integers(0, 240), days, st.integers(0, 10_000))
def test_what_was_left_is_left_and_nothing_runs_out_on_a_holiday(
    notified_at: datetime, minutes: int, agreed: int, after: int
) -> None:
    raised_at = notified_at + timedelta(minutes=minutes)
    cure_by, latest = call_deadlines(notified_at).cure_at, held_until(raised_at, agreed)
    assert latest >= raised_at
    assert (latest == raised_at) == (agreed == 0), "without an agreement nothing stands still"
    answered_at = min(raised_at + timedelta(minutes=after), latest)
    due = resumed(cure_by, raised_at, answered_at)
    assert due >= cure_by, "an objection never shortens the time"
    assert due - answered_at >= cure_by - raised_at, "as much is left as was"
    assert is_business_day(due.astimezone(SHANGHAI).date())
    assert due <= resumed(cure_by, raised_at, latest) + timedelta(days=1)


def test_over_a_weekend() -> None:
    """Raised on Friday 13 March 2026 at ten with two business days agreed: held until Tuesday at ten; the Tuesday's deadline becomes Saturday, so Monday."""
    raised, cure_by = datetime(2026, 3, 13, 2, 0, tzinfo=UTC), datetime(2026, 3, 17, 2, 0, tzinfo=UTC)
    assert held_until(raised, 2) == datetime(2026, 3, 17, 2, 0, tzinfo=UTC)
    assert resumed(cure_by, raised, held_until(raised, 2)) == datetime(2026, 3, 23, 2, 0, tzinfo=UTC)
    assert resumed(cure_by, raised, raised) == cure_by


def test_the_contested_figure_is_one_of_the_list() -> None:
    assert require_ground("DEBT") is Ground.DEBT
    with pytest.raises(Invalid, match="ground_unknown"):
        require_ground("WEATHER")
