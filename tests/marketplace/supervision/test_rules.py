"""Alarms are seen through to the end, devices are watched themselves, and somebody is always on duty."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.alarms import (
    ALARM,
    AlarmStatus,
    Severity,
    require_explained,
    require_maintainable,
    worse,
)
from marketplace.supervision.rules.devices import (
    calibration,
    is_skewed,
    silence,
)
from marketplace.supervision.rules.duty import (
    SERVICE_LEVELS,
    DutyShift,
    gaps,
    require_covered,
    voted,
)
from tenants.errors import Conflict, Invalid, NotAllowed

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TABLE = """
– raise ACTIVE_UNACK
ACTIVE_UNACK repeat ACTIVE_UNACK
ACTIVE_ACK repeat ACTIVE_ACK
ACTIVE_UNACK acknowledge ACTIVE_ACK
CLEARED_UNACK acknowledge CLEARED_ACK
ACTIVE_UNACK clear CLEARED_UNACK
ACTIVE_ACK clear CLEARED_ACK
CLEARED_ACK close CLOSED
"""


def test_an_alarm_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(ALARM, AlarmStatus, TABLE)


def test_the_pledgor_never_clears_nor_closes() -> None:
    for row in ALARM.transitions:
        assert "SME" not in row.by
    with pytest.raises(NotAllowed):
        ALARM.advance(AlarmStatus.ACTIVE_ACK, "clear", actor="SME")


def test_invariant_37_a_critical_alarm_is_explained() -> None:
    require_explained(Severity.CRITICAL, "A forklift leaned on the pallet.", ["frame-1"])
    for note, evidence, code in ((" ", ["frame-1"], "note_missing"), ("A forklift.", [], "evidence_missing")):
        with pytest.raises(Invalid) as refusal:
            require_explained(Severity.CRITICAL, note, evidence)
        assert refusal.value.code == code
        require_explained(Severity.MAJOR, note, evidence)


def test_maintenance_is_short() -> None:
    require_maintainable(NOW, NOW + timedelta(hours=4))
    with pytest.raises(Conflict):
        require_maintainable(NOW, NOW + timedelta(hours=4, seconds=1))
    with pytest.raises(Invalid):
        require_maintainable(NOW, NOW)


def test_the_worse_of_two() -> None:
    assert worse(Severity.MINOR, Severity.MAJOR) is worse(Severity.MAJOR, Severity.MINOR) is Severity.MAJOR
    assert sorted(Severity, key=lambda severity: severity.rank) == list(Severity)


# --- devices


@pytest.mark.parametrize(
    ("minutes", "sole", "expected"),
    [
        (15, True, None),
        (16, True, Severity.WARNING),
        (29, True, Severity.WARNING),
        (30, False, Severity.MAJOR),
        (119, True, Severity.MAJOR),
        (120, True, Severity.CRITICAL),
        (500, False, Severity.MAJOR),
    ],
)
def test_silence_grows_worse(minutes: int, sole: bool, expected: Severity | None) -> None:
    assert silence(NOW, NOW + minutes * MINUTE, timedelta(minutes=5), sole_control=sole) is expected


def test_skew_either_way() -> None:
    assert not is_skewed(NOW, NOW + timedelta(seconds=120))
    assert is_skewed(NOW, NOW + timedelta(seconds=121))
    assert is_skewed(NOW + timedelta(seconds=121), NOW)


def test_calibration_runs_out() -> None:
    until = date(2025, 6, 30)
    assert calibration(until, date(2025, 5, 30)) is None
    assert calibration(until, date(2025, 5, 31)) is Severity.MINOR
    assert calibration(until, until) is Severity.MINOR
    assert calibration(until, date(2025, 7, 1)) is Severity.MAJOR


# --- duty


def _shift(officer: str, start: int, end: int) -> DutyShift:
    return DutyShift(officer, NOW + start * MINUTE, NOW + end * MINUTE)


def test_a_roster_without_a_gap() -> None:
    shifts = [_shift("Li", 0, 60), _shift("Wang", 0, 30), _shift("Zhao", 30, 60)]
    require_covered(shifts, NOW, NOW + 60 * MINUTE)


def test_a_gap_is_named() -> None:
    shifts = [_shift("Li", 0, 60), _shift("Wang", 0, 30), _shift("Zhao", 31, 60)]
    assert gaps(shifts, NOW, NOW + 60 * MINUTE) == ((NOW + 30 * MINUTE, NOW + 31 * MINUTE),)
    with pytest.raises(Conflict) as refusal:
        require_covered(shifts, NOW, NOW + 60 * MINUTE)
    assert refusal.value.code == "roster_gap"


def test_one_officer_twice_is_one_officer() -> None:
    assert gaps([_shift("Li", 0, 60), _shift("Li", 0, 60)], NOW, NOW + 60 * MINUTE) == ((NOW, NOW + 60 * MINUTE),)
    with pytest.raises(Invalid):
        _shift("Li", 5, 5)


rosters = st.lists(
    st.tuples(st.sampled_from(["Li", "Wang", "Zhao"]), st.integers(-30, 120), st.integers(1, 90)), max_size=10
)


@given(rosters, st.integers(1, 3))
def test_gaps_agree_with_a_count_of_every_minute(roster: list[tuple[str, int, int]], officers: int) -> None:
    shifts = [_shift(officer, start, start + length) for officer, start, length in roster]
    found = gaps(shifts, NOW, NOW + 120 * MINUTE, officers)
    for minute in range(120):
        at = NOW + minute * MINUTE
        on_duty = {shift.officer for shift in shifts if shift.start <= at < shift.end}
        assert any(start <= at < end for start, end in found) == (len(on_duty) < officers)
    assert all(one[1] < two[0] for one, two in pairwise(found))


def test_service_levels_of_the_table() -> None:
    critical = SERVICE_LEVELS[Severity.CRITICAL]
    assert (critical.acknowledged, critical.seen_by_video, critical.on_site, critical.bank_informed) == (
        5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 15 * MINUTE,
    )  # fmt: skip
    assert SERVICE_LEVELS[Severity.MINOR].acknowledged == timedelta(hours=4)


def test_two_kinds_of_sensor_make_it_critical_and_one_starts_at_major() -> None:
    assert voted(Severity.MAJOR, ["weight", "door"]) is Severity.CRITICAL
    assert voted(Severity.CRITICAL, ["weight", "weight"]) is Severity.MAJOR
    assert voted(Severity.MINOR, ["weight"]) is Severity.MINOR
