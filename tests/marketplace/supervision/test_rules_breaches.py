"""An alarm follows from the samples alone, not from the order in which they came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import (
    AlarmRule,
    Change,
    Debounce,
    Finding,
    Observation,
    Timeline,
    WindowState,
    breach,
    holding,
    severity_at,
)
from marketplace.supervision.rules.defaults import DEFAULT_RULES, TEMPERATURE_HYSTERESIS_C
from marketplace.supervision.rules.limits import Baseline, Between, Flag, Limit, Value, Verdict, weight_tolerance
from tenants.errors import Invalid

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
WEIGHT = DEFAULT_RULES["weight_change"]
LOT = Baseline(Decimal("498.750"), weight_tolerance(Decimal("498.750")))


def _series(values: Sequence[Value], every: timedelta = timedelta(seconds=10)) -> list[Observation]:
    return [Observation(START + place * every, (place,), value) for place, value in enumerate(values)]


def _weights(*differences: str) -> list[Value]:
    return [Decimal("498.750") + Decimal(difference) for difference in differences]


def _changes(rule: AlarmRule, limit: Limit, samples: Sequence[Observation]) -> list[tuple[Change, int]]:
    """The changes and the number (from 1) of the sample that made each."""
    state, found = WindowState(), []
    for number, sample in enumerate(samples, start=1):
        state, change = breach(rule, limit, state, sample)
        if change:
            found.append((change, number))
    return found


def test_e34_tolerance() -> None:
    assert weight_tolerance(Decimal("498.750")) == Fraction("1.49625")
    assert weight_tolerance(Decimal("498.750"), deviation=Decimal("0.6")) == Fraction("1.8")
    assert LOT.judge(Decimal("497.25375")) is Verdict.BETWEEN
    assert LOT.judge(Decimal("497.25374")) is Verdict.BEYOND
    assert LOT.judge(Decimal("498.001875")) is Verdict.WITHIN
    assert LOT.judge(Decimal("498.001874")) is Verdict.BETWEEN


FIGURES = st.decimals("490", "510", places=5)
ENDS = st.one_of(FIGURES, st.sampled_from([Decimal("497.25375"), Decimal("500.24625"), Decimal(495), Decimal(500)]))


@given(
    st.sampled_from(
        [LOT, Between(Decimal(495), Decimal(500)), Between(None, Decimal(500)), Between(Decimal(495), None)]
    ),
    ENDS,
    ENDS,
)
def test_ends_spare_a_message_where_and_only_where_neither_is_beyond(
    limit: Limit, one: Decimal, other: Decimal
) -> None:
    beyond = Verdict.BEYOND in (limit.judge(one), limit.judge(other))
    assert limit.spares(min(one, other), max(one, other)) is not beyond


@pytest.mark.parametrize("alarming", [True, False])
def test_a_state_is_spared_where_it_never_alarmed(alarming: bool) -> None:
    for least, greatest in ((0, 0), (0, 1), (1, 1)):
        seen = {bool(least), bool(greatest)}
        assert Flag(alarming).spares(Decimal(least), Decimal(greatest)) is (alarming not in seen)


def test_e34_raised_at_the_fifth_sample() -> None:
    samples = _series(_weights("-1.6", "-1.4", "-1.7", "-1.8", "-1.9"))
    assert _changes(WEIGHT, LOT, samples) == [(Change.RAISED, 5)]
    assert _changes(WEIGHT, LOT, samples[:4]) == []


def test_e34_cleared_after_five_minutes_within_half_the_tolerance() -> None:
    alarm = _weights("-1.6", "-1.7", "-1.8")
    calm = _weights(*["-0.748125"] * 31)
    assert _changes(WEIGHT, LOT, _series([*alarm, *calm])) == [(Change.RAISED, 3), (Change.CLEARED, 34)]
    assert _changes(WEIGHT, LOT, _series([*alarm, *calm[:30]])) == [(Change.RAISED, 3)]
    trembling = [*calm[:20], *_weights("-0.748126"), *calm[:30]]
    assert _changes(WEIGHT, LOT, _series([*alarm, *trembling])) == [(Change.RAISED, 3)]


def test_a_slow_scale_raises_by_time_instead_of_count() -> None:
    samples = _series(_weights("-1.6", "-1.7"), every=timedelta(seconds=60))
    assert _changes(WEIGHT, LOT, samples) == [(Change.RAISED, 2)]


def test_temperature_needs_ten_minutes_and_a_degree_of_relief() -> None:
    limit = Between(Decimal(2), Decimal(8), TEMPERATURE_HYSTERESIS_C)
    minute = timedelta(minutes=1)
    warm = [Decimal("8.1")] * 11
    rule = DEFAULT_RULES["temperature"]
    assert _changes(rule, limit, _series([*warm[:10], Decimal("8.0")], minute)) == []
    assert _changes(rule, limit, _series([*warm, Decimal("7.5"), Decimal("7.0")], minute)) == [
        (Change.RAISED, 11),
        (Change.CLEARED, 13),
    ]
    assert limit.judge(Decimal("1.9")) is Verdict.BEYOND
    assert limit.judge(Decimal("2.9")) is Verdict.BETWEEN
    assert Between(None, Decimal(8)).judge(Decimal(-40)) is Verdict.WITHIN


def test_refuses_limits_that_never_clear() -> None:
    with pytest.raises(Invalid):
        Between(Decimal(2), Decimal("3.99"), Decimal(1))
    assert Between(Decimal(2), Decimal(4), Decimal(1)).judge(Decimal(3)) is Verdict.WITHIN


def test_smoke_rings_after_two_seconds_and_stops_at_once() -> None:
    second = timedelta(seconds=1)
    samples = _series([True, False, True, True, True, False], second)
    assert _changes(DEFAULT_RULES["smoke"], Flag(), samples) == [(Change.RAISED, 5), (Change.CLEARED, 6)]


def test_tamper_rings_at_once() -> None:
    assert _changes(DEFAULT_RULES["tamper"], Flag(), _series([False, True])) == [(Change.RAISED, 2)]


def test_silence_clears_after_three_messages() -> None:
    rule = DEFAULT_RULES["silence"]
    assert _changes(rule, Flag(), _series([True, False, False, False])) == [(Change.RAISED, 1), (Change.CLEARED, 4)]


def test_announced_work_neither_raises_nor_clears() -> None:
    samples = _series(_weights("-1.6", "-1.7", "-1.8", "-1.9", "-2.0"))
    announced = [Observation(s.at, s.order, s.value, announced=2 <= s.order[0] <= 3) for s in samples]
    assert _changes(WEIGHT, LOT, announced) == []
    quiet = [Observation(s.at, s.order, s.value, announced=True) for s in _series(_weights(*["0"] * 60))]
    state = WindowState(active_since=START - timedelta(minutes=1))
    for sample in quiet:
        state, change = breach(WEIGHT, LOT, state, sample)
        assert change is None


@pytest.mark.parametrize("broken_by", [("0", False), ("-1.2", False), ("-1.9", True)])
def test_a_broken_run_starts_again_from_nothing(broken_by: tuple[str, bool]) -> None:
    difference, announced = broken_by
    samples = _series(_weights("-1.6", "-1.7", difference, "-1.8", "-1.9", "-2.0"))
    broken = replace(samples[2], announced=announced)
    assert _changes(WEIGHT, LOT, [*samples[:2], broken, *samples[3:]]) == [(Change.RAISED, 6)]


def test_a_door_that_stays_open_ripens_without_a_second_word() -> None:
    rule, limit = DEFAULT_RULES["door_left_open"], Flag()
    opened = Observation(START, (0,), True)
    state, change = breach(rule, limit, WindowState(), opened)
    assert change is None
    due_at = START + timedelta(minutes=10)
    assert breach(rule, limit, state, holding(opened, due_at - timedelta(seconds=1)))[1] is None
    state, change = breach(rule, limit, state, holding(opened, due_at))
    assert change is Change.RAISED
    with pytest.raises(AssertionError):
        holding(Observation(START, (0,), Decimal(1)), due_at)


def test_a_fence_left_for_ten_minutes_is_critical() -> None:
    rule = DEFAULT_RULES["geofence"]
    severities = [severity_at(rule, START, START + timedelta(minutes=minutes)) for minutes in (0, 9, 10)]
    assert severities == [Severity.MAJOR, Severity.MAJOR, Severity.CRITICAL]


def test_the_default_table_is_the_one_agreed() -> None:
    critical = {name for name, rule in DEFAULT_RULES.items() if rule.severity is Severity.CRITICAL}
    assert critical == {"weight_change", "unauthorised_move", "smoke", "water", "tamper"}
    assert WEIGHT.raising == Debounce(3, timedelta(seconds=60))
    assert DEFAULT_RULES["unauthorised_move"].raising == Debounce(2, timedelta(seconds=30))
    assert DEFAULT_RULES["battery_low"].raising == Debounce(lasting=timedelta(hours=1))


def test_the_fold_runs_forward_only() -> None:
    one, two = _series(_weights("0", "0"))
    state, _ = breach(WEIGHT, LOT, WindowState(), two)
    with pytest.raises(AssertionError):
        breach(WEIGHT, LOT, state, one)


# --- order of arrival

levels = st.sampled_from(["0", "-0.7", "-1.0", "-1.49", "-1.6", "-3"])


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    steps = draw(st.lists(st.tuples(st.integers(0, 120), levels, st.booleans()), max_size=30))
    at, samples = START, []
    for place, (seconds, difference, announced) in enumerate(steps):
        at += timedelta(seconds=seconds)
        samples.append(
            Observation(at, (place,), Decimal("498.750") + Decimal(difference), announced and place % 5 == 0)
        )
    return samples


def _findings(timeline: Timeline) -> tuple[WindowState, tuple[Finding, ...]]:
    return timeline.folded()


@given(histories(), st.data())
def test_findings_do_not_depend_on_the_order_of_arrival(samples: list[Observation], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(samples))
    repeated = data.draw(st.lists(st.sampled_from(samples), max_size=5)) if samples else []
    arrivals = [*shuffled, *repeated]
    cut = data.draw(st.integers(0, len(arrivals)))
    in_order = Timeline(WEIGHT, LOT).absorb(samples)
    late = Timeline(WEIGHT, LOT).absorb(arrivals[:cut]).absorb(arrivals[cut:])
    assert _findings(late) == _findings(in_order)
    one_by_one = Timeline(WEIGHT, LOT)
    for sample in shuffled:
        one_by_one = one_by_one.absorb([sample])
    assert _findings(one_by_one) == _findings(in_order)


@given(histories(), st.integers(0, 3600))
def test_settling_the_past_changes_no_finding(samples: list[Observation], seconds: int) -> None:
    whole = Timeline(WEIGHT, LOT).absorb(samples)
    before = START + timedelta(seconds=seconds)
    settled = whole.settle(before)
    state, findings = whole.folded()
    later_state, later = settled.folded()
    assert later_state == state
    assert later == tuple(finding for finding in findings if finding.at >= before)
    assert all(sample.at >= before for sample in settled.samples)


@given(histories())
def test_what_is_settled_is_not_rewritten(samples: list[Observation]) -> None:
    settled = Timeline(WEIGHT, LOT).absorb(samples).settle(START + timedelta(days=1))
    assert settled.samples == ()
    assert settled.absorb(samples) == settled


@given(histories())
def test_raised_and_cleared_take_turns(samples: list[Observation]) -> None:
    state, findings = Timeline(WEIGHT, LOT).absorb(samples).folded()
    expected = [Change.RAISED, Change.CLEARED] * len(findings)
    assert [finding.change for finding in findings] == expected[: len(findings)]
    assert (state.active_since is not None) == (len(findings) % 2 == 1)


@given(histories())
def test_nothing_is_raised_while_no_sample_is_beyond(samples: list[Observation]) -> None:
    calm = [s for s in samples if LOT.judge(s.value) is not Verdict.BEYOND]
    assert Timeline(WEIGHT, LOT).absorb(calm).folded()[1] == ()
