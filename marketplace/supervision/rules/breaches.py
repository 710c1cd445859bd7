"""When readings become an alarm and when it clears: a pure fold over samples in the order of their own time.

A breach must last, by count or by time, before it is raised; an all-clear must last before it clears (debounce).
Samples that arrive late take their place in event time and the fold is run again from there, so the findings do not
depend on the order of arrival. Work that was announced makes a sample count for nothing: it neither raises nor clears.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.limits import Limit, Value, Verdict


class Change(StrEnum):
    """What a sample did to the alarm."""

    RAISED = "RAISED"
    CLEARED = "CLEARED"


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """One value at its event time; `order` tells samples of one instant apart (boot, sequence, place in the batch).

    `announced`: work was expected there and then, so the value says nothing about the goods.
    """

    at: datetime
    order: tuple[int, ...]
    value: Value
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Debounce:
    """How long a verdict must hold: `samples` in a row or `lasting` from the first to the last of them, whichever
    comes first.

    None: that way does not count. Both None, or one sample: at once.
    """

    samples: int | None = None
    lasting: timedelta | None = None

    def satisfied(self, count: int, since: datetime, at: datetime) -> bool:
        """Whether a run of `count` samples from `since` to `at` is enough."""
        if self.samples is None and self.lasting is None:
            return True
        by_count = self.samples is not None and count >= self.samples
        return by_count or (self.lasting is not None and at - since >= self.lasting)


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One row of the alarm rules: how bad, how long before raising and clearing, and when it gets worse while it
    lasts.
    """

    type: str
    severity: Severity
    raising: Debounce = Debounce()
    clearing: Debounce = Debounce()
    worsening: tuple[tuple[timedelta, Severity], ...] = ()


@dataclass(frozen=True, slots=True)
class WindowState:
    """What the fold remembers: whether the alarm holds and since when, and the run of verdicts that may change it."""

    active_since: datetime | None = None
    run_since: datetime | None = None
    run_count: int = 0
    last: Observation | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A change, and the event time at which it happened."""

    change: Change
    at: datetime


def breach(rule: AlarmRule, limit: Limit, state: WindowState, sample: Observation) -> tuple[WindowState, Change | None]:
    """One step of the fold. Samples come in event-time order; one out of order is a bug of the caller (`Timeline`
    sorts).
    """
    assert state.last is None or state.last < sample, "the fold runs in event time"
    if sample.announced:
        return replace(state, run_since=None, run_count=0, last=sample), None
    wanted = Verdict.WITHIN if state.active_since else Verdict.BEYOND
    if limit.judge(sample.value) is not wanted:
        return replace(state, run_since=None, run_count=0, last=sample), None
    run = replace(state, run_since=state.run_since or sample.at, run_count=state.run_count + 1, last=sample)
    return _changed(rule, run, sample)


def severity_at(rule: AlarmRule, active_since: datetime, at: datetime) -> Severity:
    """How bad an alarm is after it has held for a while: geofence MAJOR becomes CRITICAL at ten minutes."""
    severity = rule.severity
    for after, then in rule.worsening:
        if at - active_since >= after:
            severity = then
    return severity


def holding(sample: Observation, at: datetime) -> Observation:
    """The last known state, seen again at `at`: for states, which hold until the device says otherwise; never for
    measurements.
    """
    assert isinstance(sample.value, bool), "only a state holds by itself"
    return replace(sample, at=at, order=(*sample.order, 0))


@dataclass(frozen=True, slots=True)
class Timeline:
    """The samples of one originator and rule in event time, folded: `settled` is the state before the first of
    `samples`.
    """

    rule: AlarmRule
    limit: Limit
    settled: WindowState = WindowState()
    samples: tuple[Observation, ...] = ()

    def absorb(self, batch: Iterable[Observation]) -> "Timeline":
        """Take a batch in whatever order it came. A sample twice counts once; one from before the settled past is
        evidence only.
        """
        merged = list(self.samples)
        for sample in batch:
            place = bisect_left(merged, sample)
            if not self._is_settled(sample) and merged[place : place + 1] != [sample]:
                merged.insert(place, sample)
        return replace(self, samples=tuple(merged))

    def folded(self) -> tuple[WindowState, tuple[Finding, ...]]:
        """The state now, and what changed since the settled past."""
        state, findings = self.settled, []
        for sample in self.samples:
            state, change = breach(self.rule, self.limit, state, sample)
            if change:
                findings.append(Finding(change, sample.at))
        return state, tuple(findings)

    def settle(self, before: datetime) -> "Timeline":
        """Fold what is older than `before` for good, so that a timeline does not grow for ever."""
        old = tuple(sample for sample in self.samples if sample.at < before)
        state, _ = replace(self, samples=old).folded()
        return replace(self, settled=state, samples=self.samples[len(old) :])

    def _is_settled(self, sample: Observation) -> bool:
        return self.settled.last is not None and sample <= self.settled.last


def _changed(rule: AlarmRule, run: WindowState, sample: Observation) -> tuple[WindowState, Change | None]:
    assert run.run_since is not None, "a run has a beginning"
    debounce = rule.clearing if run.active_since else rule.raising
    if not debounce.satisfied(run.run_count, run.run_since, sample.at):
        return run, None
    change = Change.CLEARED if run.active_since else Change.RAISED
    active_since = None if run.active_since else sample.at
    return WindowState(active_since=active_since, last=sample), change
