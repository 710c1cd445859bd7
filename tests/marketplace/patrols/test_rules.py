"""The minute of a round can be guessed by nobody and drawn again by everybody; what was seen does not depend on the order in which it comes."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.business_days import SHANGHAI
from marketplace.patrols.rules.figures import Told, patrol_figures
from marketplace.patrols.rules.rounds import ALL_SEEN, HEARD_WITHIN, IN_TIME, PATROL, PatrolState, is_heard, seen_of
from marketplace.patrols.rules.routes import Point, new_label, plain_tag, require_points
from marketplace.patrols.rules.scans import Doubt, Fault, Said, Scan, Stand, doubts_of, faults_of, is_too_fast
from marketplace.patrols.rules.windows import (
    LEAST_CHOICE,
    MINUTE,
    Span,
    Window,
    choice,
    commitment,
    drawn_minute,
    next_span,
    require_windows,
    span_of,
)
from marketplace.states import Actor
from marketplace.stocktakes.rules.challenges import Place
from tenants.errors import Conflict, Invalid, NotAllowed, Refused

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WALK = 20
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
WINDOWS = st.lists(
    st.builds(Window, st.builds(time, st.integers(0, 23), st.integers(0, 59)), st.integers(20, 1500)), min_size=1, max_size=6
)  # fmt: skip


def minutes_of(window: Window) -> list[int]:
    """Every minute of the day that it covers, once for each time it does."""
    return [(window.first_minute + n) % 1440 for n in range(window.minutes)]


@given(WINDOWS)
def test_windows_are_taken_exactly_where_no_minute_lies_in_two_and_each_leaves_a_choice(windows: list[Window]) -> None:
    covered = Counter(minute for one in windows for minute in minutes_of(one))
    roomy = all(WALK + LEAST_CHOICE <= one.minutes <= 1440 for one in windows)
    if roomy and max(covered.values()) == 1:
        require_windows(windows, WALK)
    else:
        with pytest.raises(Refused):
            require_windows(windows, WALK)


@pytest.mark.parametrize(
    ("windows", "walk", "code"),
    [
        ([], 20, "windows_missing"),
        ([Window(time(22), 120)] * 9, 20, "windows_missing"),
        ([Window(time(22), 49)], 20, "window_predictable"),
        ([Window(time(22, 0, 1), 60)], 20, "window_seconds"),
        ([Window(time(22), 1441)], 20, "window_too_long"),
        ([Window(time(22), 60)], 4, "walk_out_of_range"),
        ([Window(time(22), 500)], 241, "walk_out_of_range"),
        ([Window(time(23), 120), Window(time(0, 30), 60)], 20, "windows_overlap"),
        ([Window(time(22), 60), Window(time(22), 60)], 20, "windows_overlap"),
    ],
)
def test_windows_that_will_not_do(windows: list[Window], walk: int, code: str) -> None:
    with pytest.raises((Invalid, Conflict), match=code):
        require_windows(windows, walk)


@given(WINDOWS, MOMENTS)
def test_from_window_to_window_none_is_left_out(windows: list[Window], after: datetime) -> None:
    """Followed for two days: each begins once a day, at its minute in the house's zone."""
    starts = {one.start for one in windows}
    at, begun = after, []
    while at < after + 2 * DAY:
        span = next_span(windows, at)
        assert span.opens_at > at
        assert span_of(windows, span.opens_at).opens_at == span.opens_at
        at = span.opens_at
        begun.append(at)
    wanted = sorted(
        moment.astimezone(UTC)
        for day in range(-1, 4)
        for moment in (datetime.combine(after.astimezone(SHANGHAI).date() + day * DAY, one, SHANGHAI) for one in starts)
        if after < moment <= begun[-1]
    )
    assert begun == wanted


@given(st.binary(min_size=32, max_size=32), st.text(max_size=64), st.integers(50, 1440), st.integers(5, 20), st.integers(-10, 1500), st.integers(0, 59))  # fmt: skip
def test_a_round_is_drawn_ahead_of_now_and_ends_within_its_window(
    seed: bytes, mixed: str, lasting: int, walk: int, late: int, seconds: int
) -> None:
    span = Span(NOW, NOW + lasting * MINUTE)
    now = NOW + late * MINUTE + timedelta(seconds=seconds)
    between = choice(span, walk, now)
    if between is None:
        assert now > span.closes_at - (walk + 1) * MINUTE
        return
    first, last = between
    drawn = drawn_minute(seed, mixed, first, last)
    assert max(span.opens_at, now) <= first <= drawn <= last == span.closes_at - walk * MINUTE
    assert (drawn - span.opens_at) % MINUTE == timedelta(0)
    assert drawn == drawn_minute(seed, mixed, first.astimezone(SHANGHAI), last), "whoever draws again draws the same"


def test_every_minute_is_drawn_about_as_often_and_what_was_signed_moves_it() -> None:
    last = NOW + 30 * MINUTE
    seeds = [sha256(f"{n}".encode()).digest() for n in range(6200)]
    drawn = Counter(drawn_minute(seed, "", NOW, last) for seed in seeds)
    assert set(drawn) == {NOW + n * MINUTE for n in range(31)}
    # Of 200 expected, five standard deviations (14) either way.
    assert all(130 < often < 270 for often in drawn.values())
    moved = sum(drawn_minute(seed, "", NOW, last) != drawn_minute(seed, "ab", NOW, last) for seed in seeds)
    assert moved > 5800
    assert len({commitment(seed) for seed in seeds}) == len(seeds)


IDS = [UUID(int=n) for n in range(5)]
TAKEN = st.dictionaries(st.sampled_from(IDS), st.integers(-30, 30).map(lambda n: NOW + n * MINUTE))


@given(TAKEN)
def test_a_round_is_walked_late_or_unfinished_and_nothing_else(taken: dict[UUID, datetime]) -> None:
    seen = seen_of(IDS, taken, NOW)
    assert set(seen.missing) == set(IDS) - set(taken)
    assert set(seen.late) == {one for one, at in taken.items() if at > NOW}
    assert seen == seen_of(IDS, dict(reversed(taken.items())), NOW)
    for state in (PatrolState.CALLED, PatrolState.MISSED):
        ends = {step for step in ("finish", "finish_late") if can_end(state, step, seen.proofs)}
        assert ends == (set() if seen.missing else {"finish_late"} if seen.late else {"finish", "finish_late"})
        assert seen.ends_by in ends or (seen.ends_by is None and not ends)


def can_end(state: PatrolState, step: str, proofs: frozenset[str]) -> bool:
    try:
        PATROL.advance(state, step, actor=Actor.SUPERVISOR, met=proofs)
    except Conflict:
        return False
    return True


STEPS = sorted({row.action for row in PATROL.transitions})


def may(state: PatrolState | None, step: str, actor: Actor) -> bool:
    try:
        PATROL.advance(state, step, actor=actor, met={ALL_SEEN.name, IN_TIME.name})
    except (Conflict, NotAllowed):
        return False
    return True


def test_nobody_but_the_clock_draws_and_who_was_called_has_to_walk() -> None:
    """Every state, step and party: what is not named here is refused."""
    taken = {(state, step, actor) for state in (None, *PatrolState) for step in STEPS for actor in Actor if may(state, step, actor)}  # fmt: skip
    by_clock = {(None, "draw"), (None, "lapse"), (PatrolState.SCHEDULED, "call"), (PatrolState.CALLED, "run_out")}
    ended = {(state, step) for state in (PatrolState.CALLED, PatrolState.MISSED) for step in ("finish", "finish_late")}
    by_supervisor = ended | {(PatrolState.SCHEDULED, "withdraw")}
    assert taken == {(*one, Actor.SYSTEM) for one in by_clock} | {(*one, Actor.SUPERVISOR) for one in by_supervisor}


def test_a_phone_is_heard_for_a_day_after_the_time_and_not_of_what_has_ended() -> None:
    due = NOW
    assert is_heard("CALLED", due, due)
    assert is_heard("MISSED", due, due + HEARD_WITHIN)
    assert not is_heard("MISSED", due, due + HEARD_WITHIN + MINUTE)
    for state in ("WALKED", "LATE", "SCHEDULED", "LAPSED", "WITHDRAWN"):
        assert not is_heard(state, due, due)
    assert not is_heard("CALLED", None, due)


SITE = Place(29.93, 121.84)


def scan(*, at: int = 0, received: int = 0, place: Place | None = SITE, **known: Any) -> Scan:
    said = Said(UUID(int=1), "", NOW + at * MINUTE, place, "")
    told: dict[str, Any] = {"known": True, "key_since": NOW - 2 * DAY, "chained": True, "on_duty": True}
    return Scan(said=said, received_at=NOW + received * MINUTE, **(told | known))


@pytest.mark.parametrize(
    ("told", "faults", "doubts"),
    [
        (scan(), [], []),
        (scan(known=False), [Fault.OTHER_LABEL], []),
        (scan(place=Place(29.94, 121.84)), [Fault.OTHER_PLACE], []),
        (scan(place=Place(29.94, 121.84, accuracy=5000)), [Fault.OTHER_PLACE], []),
        (scan(at=-1), [Fault.TAKEN_BEFORE], []),
        (scan(at=3), [Fault.TAKEN_AHEAD], []),
        (scan(at=2), [], []),
        (scan(at=19, received=60), [], [Doubt.SENT_LATE]),
        (scan(at=30, received=60), [], []),
        (scan(place=None), [], [Doubt.NO_PLACE]),
        (scan(key_since=NOW - HOUR), [], [Doubt.NEW_PHONE]),
        (scan(chained=False), [], [Doubt.CHAIN_BROKEN]),
        (scan(on_duty=False), [], [Doubt.OFF_DUTY]),
        (scan(on_duty=None), [], []),
        (scan(here=Stand(90, 0, NOW), before=Stand(0, 0, NOW - timedelta(seconds=29))), [], [Doubt.TOO_FAST]),
    ],
)
def test_what_speaks_against_a_scan_and_what_leaves_a_doubt(told: Scan, faults: list[Fault], doubts: list[Doubt]) -> None:  # fmt: skip
    assert faults_of(told, SITE, NOW) == faults
    assert doubts_of(told, SITE, NOW + WALK * MINUTE) == doubts


def test_a_site_without_a_position_asks_for_none() -> None:
    assert faults_of(scan(place=Place(0, 0)), None, NOW) == []
    assert doubts_of(scan(place=None), None, NOW + HOUR) == []


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 600))
def test_nobody_walks_faster_than_three_metres_a_second_either_way(x: int, y: int, seconds: int) -> None:
    one, other = Stand(0, 0, NOW), Stand(x, y, NOW + timedelta(seconds=seconds))
    assert is_too_fast(one, other) == is_too_fast(other, one) == (x**2 + y**2 > 9 * seconds**2)
    assert not is_too_fast(None, one)


def points(*names: str, tag: str = "", x: str = "1") -> list[Point]:
    return [Point(name, Decimal(x), Decimal(1), tag) for name in names]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (points("Gate"), "checkpoints_count"),
        (points(*map(str, range(41))), "checkpoints_count"),
        (points("Gate", ""), "checkpoint_name"),
        (points("Gate", "x" * 81), "checkpoint_name"),
        (points("Gate", "Door", x="61"), "checkpoint_off_floor"),
        (points("Gate", "Door", x="-1"), "checkpoint_off_floor"),
        (points("Gate", "Gate"), "checkpoint_twice"),
        (points("Gate", "Door", tag="E28011606"), "checkpoint_twice"),
        (points("Gate", "Door", tag="GATE"), "tag_unreadable"),
    ],
)
def test_checkpoints_that_will_not_do(told: list[Point], code: str) -> None:
    with pytest.raises((Invalid, Conflict), match=code):
        require_points(told, Decimal(60), Decimal(40))


def test_labels_are_long_and_tags_are_written_one_way() -> None:
    assert len(new_label(lambda n: bytes(n))) == 24
    assert plain_tag("e2:80-11 60") == "E2801160"
    require_points([Point("Gate", Decimal(0), Decimal(0), "E2801160"), Point("Door", Decimal(60), Decimal(40))], Decimal(60), Decimal(40))  # fmt: skip


ROUNDS = st.lists(
    st.integers(1, 9).flatmap(lambda n: st.builds(Told, st.sampled_from(PatrolState), st.just(n), st.integers(0, n), st.integers(0, n), st.integers(1, 5)))
)  # fmt: skip


@given(ROUNDS, st.randoms())
def test_figures_count_each_round_once_in_whatever_order(told: list[Told], chance: Any) -> None:
    found = patrol_figures(told)
    assert found.called == found.walked + found.late + found.missed + found.running
    assert found.called + sum(one.status in (PatrolState.SCHEDULED, PatrolState.WITHDRAWN, PatrolState.LAPSED) for one in told) == len(told)  # fmt: skip
    assert found.in_time <= found.checkpoints
    assert found.lapsed == sum(one.windows for one in told if one.status is PatrolState.LAPSED)
    assert (found.share is None) == (found.checkpoints == 0)
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert patrol_figures(shuffled) == found


def gaps(moments: Iterable[datetime]) -> set[timedelta]:
    return {later - earlier for earlier, later in pairwise(sorted(moments))}


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = [Window(time(23, 30), 120)]
    first = next_span(night, datetime(2026, 3, 2, 0, 10, tzinfo=SHANGHAI))
    assert (first.opens_at, first.closes_at) == (datetime(2026, 3, 2, 15, 30, tzinfo=UTC), datetime(2026, 3, 2, 17, 30, tzinfo=UTC))  # fmt: skip
    assert gaps([first.opens_at, next_span(night, first.opens_at).opens_at]) == {DAY}
