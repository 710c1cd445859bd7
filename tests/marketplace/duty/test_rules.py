"""No minute of a roster is left to fewer than two officers, and no hour of a shift goes by unasked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.duty.rules.rosters import next_look, require_roster, rotation, slot_of, slots_over
from marketplace.supervision.rules.duty import DutyShift
from tenants.errors import Refused

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MINUTES = st.integers(0, 600)


def _shift(officer: str, start: int, end: int) -> DutyShift:
    return DutyShift(officer, NOW + start * MINUTE, NOW + end * MINUTE)


SHIFTS = st.lists(
    st.tuples(st.sampled_from("ABCD"), MINUTES, st.integers(1, 720)).map(lambda one: _shift(one[0], one[1], min(600, one[1] + one[2]) if one[1] < 600 else one[1] + 1)),
    max_size=12,
)  # fmt: skip


@given(SHIFTS, SHIFTS, st.integers(0, 120))
def test_a_plan_is_taken_exactly_where_every_minute_has_two_officers(
    shifts: list[DutyShift], standing: list[DutyShift], begins: int
) -> None:
    """Also between what stands already and its own beginning; checked by looking at each minute."""
    start, end = NOW + begins * MINUTE, NOW + 600 * MINUTE
    shifts = [one for one in shifts if one.start >= start and one.end <= end]
    standing = [one for one in standing if one.start < start]
    covered_until = max((one.end for one in standing), default=start)
    first = min(start, max(NOW, covered_until))
    minutes = range(int((first - NOW) / MINUTE), 600)
    held = all(len({one.officer for one in (*shifts, *standing) if one.start <= NOW + n * MINUTE < one.end}) >= 2 for n in minutes)  # fmt: skip
    if held:
        require_roster(start, end, shifts, standing, NOW)
    else:
        with pytest.raises(Refused, match="roster_gap"):
            require_roster(start, end, shifts, standing, NOW)


@given(st.integers(0, 120), st.integers(0, 120))
def test_between_what_stands_and_a_new_plan_no_minute_is_lost(until: int, begins: int) -> None:
    """Both whole in themselves: together they are taken exactly where the new one begins by the end of what stands, or nothing stands."""
    standing = [_shift(officer, -60, until) for officer in "AB" if until]
    planned = [_shift(officer, begins, begins + 60) for officer in "CD"]
    start, end = NOW + begins * MINUTE, NOW + (begins + 60) * MINUTE
    if begins <= until or not standing:
        require_roster(start, end, planned, standing, NOW)
    else:
        with pytest.raises(Refused, match="roster_gap"):
            require_roster(start, end, planned, standing, NOW)


def test_the_planner_names_the_gap() -> None:
    with pytest.raises(Refused) as refused:
        require_roster(NOW, NOW + 2 * HOUR, [_shift("A", 0, 120), _shift("B", 0, 60), _shift("B", 61, 120)], [], NOW)
    assert refused.value.facts["start"] == (NOW + HOUR).isoformat()
    assert refused.value.facts["end"] == (NOW + HOUR + MINUTE).isoformat()


@pytest.mark.parametrize(
    ("start", "end", "shifts", "code"),
    [
        (NOW, NOW, [], "roster_backwards"),
        (NOW - MINUTE, NOW + HOUR, [], "roster_behind"),
        (NOW, NOW + timedelta(days=32), [], "roster_too_long"),
        (NOW, NOW + 14 * HOUR, [_shift("A", 0, 721)], "shift_too_long"),
        (NOW, NOW + HOUR, [_shift("A", 0, 61)], "shift_outside"),
        (NOW, NOW + HOUR, [_shift("A", 0, 60)] * 501, "roster_too_full"),
    ],
)
def test_what_no_roster_may_be(start: datetime, end: datetime, shifts: list[DutyShift], code: str) -> None:
    with pytest.raises(Refused) as refused:
        require_roster(start, end, shifts, [], NOW)
    assert refused.value.code == code


@given(st.integers(1, 31 * 24), st.integers(4, 12), st.integers(1, 4))
def test_crews_of_two_that_take_turns_leave_no_gap(hours: int, length: int, crews: int) -> None:
    end = NOW + hours * HOUR
    made = rotation(NOW, end, length * HOUR, [(f"{crew}a", f"{crew}b") for crew in range(crews)])
    require_roster(NOW, end, made, [], NOW)
    assert all(one.end <= end for one in made)


def test_a_crew_without_officers_is_refused() -> None:
    for crews in ((), ((),), (("A", "B"), ())):
        with pytest.raises(Refused, match="crews_missing"):
            rotation(NOW, NOW + HOUR, HOUR, crews)


@given(st.integers(1, 720), st.integers(-60, 800))
def test_the_hours_of_a_shift_are_asked_for_once_each_and_to_its_end(length: int, minute: int) -> None:
    end, at = NOW + length * MINUTE, NOW + minute * MINUTE
    over, slot = slots_over(NOW, end, at), slot_of(NOW, end, at)
    assert len(set(over)) == len(over)
    if slot is not None:
        assert slot not in over
        assert slot <= at < slot + HOUR
        assert over == tuple(NOW + n * HOUR for n in range(minute // 60))
        assert next_look(NOW, end, at) == min(slot + HOUR, end)
    elif at >= end:
        assert len(over) == -(-length // 60)
        assert next_look(NOW, end, at) is None
