"""How fast, how often, how still, how surprising: steps over one series that remember little and never look ahead."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.surprise import WARM_UP, surprise
from marketplace.supervision.rules.trends import SLOTS, beginnings, heat, steady_swing, stillness, swing

START = datetime(2025, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIVE = 5 * MINUTE


def swings(values: Sequence[int], every: timedelta = timedelta(seconds=20)) -> list[Decimal]:
    kept: list[Any] = []
    found = []
    for place, value in enumerate(values):
        kept, seen = swing(json.loads(json.dumps(kept)), START + place * every, Decimal(value), Decimal(value), within=FIVE)  # fmt: skip
        found.append(seen)
    return found


def test_a_jump_is_seen_at_once_a_slow_climb_never() -> None:
    assert swings([40, 41, 40, 52])[-1] == 12
    assert max(swings(list(range(0, 60)), every=2 * MINUTE)) <= 3
    assert swings([50, 30])[-1] == 20, "a fall is a change too"


def steady(values: Sequence[int], every: timedelta = timedelta(seconds=20)) -> list[Decimal]:
    kept: list[Any] = []
    found = []
    for place, value in enumerate(values):
        kept, seen = steady_swing(json.loads(json.dumps(kept)), START + place * every, Decimal(value), within=FIVE)
        found.append(seen)
    return found


@given(
    st.lists(st.integers(40, 44), min_size=2, max_size=40),
    st.sampled_from([-300, 900]),
    st.integers(2, 4),
    st.integers(1, 3),
)
def test_one_value_that_its_neighbours_do_not_bear_out_is_no_change(
    calm: list[int], glitch: int, apart: int, first: int
) -> None:
    """However often the line garbles a value, as long as a good one stands on each side of it."""
    garbled = [glitch if place % (apart + 1) == first else value for place, value in enumerate(calm)]
    assert max(steady(garbled)) <= 4


def test_what_stays_is_told_one_value_later() -> None:
    assert steady([40, 41, 40, 52, 53]) == [0, 0, 0, 1, 12]
    assert steady([50, 30, 30, 30])[-1] == 20


@given(st.lists(st.integers(0, 100), min_size=1, max_size=60))
def test_the_window_holds_all_of_the_last_five_minutes_and_nothing_older_than_a_slot_more(values: list[int]) -> None:
    every, slot = timedelta(seconds=20), FIVE / SLOTS
    for place, seen in enumerate(swings(values, every)):
        at = place * every
        inner = [one for n, one in enumerate(values[: place + 1]) if n * every > at - FIVE + slot]
        outer = [one for n, one in enumerate(values[: place + 1]) if n * every > at - FIVE - slot]
        assert max(abs(values[place] - one) for one in inner) <= seen <= max(abs(values[place] - one) for one in outer)


def test_a_message_taken_whole_swings_as_its_points_do() -> None:
    kept, seen = swing([], START, Decimal(40), Decimal(55), within=FIVE)
    assert seen == 15
    _, later = swing(kept, START + MINUTE, Decimal(41), Decimal(41), within=FIVE)
    assert later == 14


def heats(
    values: Sequence[str], every: timedelta, above: str | None = "30", within: timedelta = timedelta(days=1)
) -> list[Decimal]:
    kept: list[Any] = []
    found = []
    for place, value in enumerate(values):
        kept, seen = heat(json.loads(json.dumps(kept)), START + place * every, Decimal(value), above=above and Decimal(above), within=within)  # fmt: skip
        found.append(seen)
    return found


def test_degree_hours_are_those_of_the_worked_example() -> None:
    """E23: six hours at three degrees over the limit, two at five: 28."""
    assert heats(["33"] * 6 + ["35"] * 2 + ["30"], timedelta(hours=1))[-1] == 28
    assert heats(["33"] * 36 + ["35"] * 12 + ["29"], timedelta(minutes=10))[-1] == 28


def test_heat_is_forgotten_silence_counts_an_hour_and_no_limit_counts_nothing() -> None:
    assert heats(["33", "20"], timedelta(hours=5))[-1] == 3
    assert heats(["33", *["20"] * 30], timedelta(hours=1))[-1] == 0
    assert heats(["90", "90"], timedelta(hours=1), above=None) == [0, 0]
    assert heats(["30", "30", "-10"], timedelta(hours=1)) == [0, 0, 0]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=40), st.integers(60, 3600))
def test_no_cold_hour_pays_for_a_hot_one(values: list[int], seconds: int) -> None:
    """What is taken is never given back within the window, and is no more than the worst value all the time."""
    seen = heats([str(one) for one in values], timedelta(seconds=seconds), within=timedelta(days=30))
    assert seen == sorted(seen)
    assert seen[-1] <= Decimal(max(0, max(values) - 30) * (len(values) - 1) * seconds) / 3600 + Decimal("0.01")


def test_a_door_is_counted_when_it_opens_not_while_it_stands_open() -> None:
    kept: list[Any] = []
    found = []
    for place, state in enumerate([False, True, True, False, True, False]):
        kept, times = beginnings(kept, START + place * MINUTE, state, within=timedelta(hours=1))
        found.append(int(times))
    assert found == [0, 1, 1, 1, 2, 2]
    assert beginnings(kept, START + timedelta(hours=2), False, within=timedelta(hours=1))[1] == 0


def test_what_stands_still_is_told_once_it_was_said_a_hundred_times() -> None:
    kept: list[Any] = []
    found = []
    for place in range(120):
        kept, minutes = stillness(kept, START + place * MINUTE, Decimal("21.5"))
        found.append(int(minutes))
    assert found[99] == 0
    assert found[100:] == list(range(100, 120))
    assert stillness(kept, START + 200 * MINUTE, Decimal("21.50"))[1] == 200, "the same figure, written otherwise"
    assert stillness(kept, START + 200 * MINUTE, Decimal("21.6"))[1] == 0


def surprises(values: Sequence[float], least: str = "0") -> list[Decimal]:
    kept: list[Any] = []
    found = []
    for place, value in enumerate(values):
        kept, told = surprise(json.loads(json.dumps(kept)), START + place * FIVE, Decimal(str(round(value, 3))), least=Decimal(least))  # fmt: skip
        found.append(told)
    return found


def days(count: int, shape: Any) -> list[float]:
    return [shape(place % 288) + (place * 7919 % 13 - 6) / 20 for place in range(count * 288)]


def test_a_usual_day_surprises_nobody_an_unusual_one_does() -> None:
    usual = days(6, lambda place: 20 + 8 * math.sin(place / 288 * 2 * math.pi))
    assert max(surprises(usual)[288:]) < Decimal("3.5")
    high_noon = [*usual, *[value + 12 for value in usual[:40]]]
    assert max(surprises(high_noon)[-40:]) > Decimal("3.5")


def test_a_day_without_its_usual_rise_is_seen_though_no_value_is_unusual() -> None:
    usual = days(6, lambda place: 80 if 108 <= place < 216 else 20)
    without = [*usual, *([20.1, 19.9] * 108)]
    assert max(surprises(without)[-100:]) > Decimal("3.5")


def test_before_it_knows_anything_it_is_surprised_by_nothing() -> None:
    assert set(surprises([0, 1000, -1000] * 30)[:WARM_UP]) == {Decimal(0)}


def test_small_differences_surprise_nobody() -> None:
    quiet = [20 + place % 2 / 10 for place in range(300)]
    step = [*quiet, *[21.5] * 20]
    assert max(surprises(step)[-20:]) > Decimal("3.5")
    assert max(surprises(step, least="2")) == 0


@given(st.lists(st.floats(-50, 50, allow_nan=False), min_size=110, max_size=140), st.integers(105, 139))
def test_nothing_that_comes_later_changes_what_was_said(values: list[float], cut: int) -> None:
    assert surprises(values)[:cut] == surprises(values[:cut])


def test_what_was_kept_earlier_stays_as_it_was() -> None:
    """Each place of a device's chain keeps what was known there: a step must not write into the step before."""
    kept, _ = surprise([], START, Decimal(20), least=Decimal(0))
    before = json.dumps(kept)
    surprise(kept, START + FIVE, Decimal(90), least=Decimal(0))
    assert json.dumps(kept) == before


@pytest.mark.parametrize("step", [swing, beginnings])
def test_a_window_of_steps_stays_small(step: Any) -> None:
    kept: list[Any] = []
    for place in range(1000):
        at = START + place * timedelta(seconds=1)
        if step is swing:
            kept, _ = swing(kept, at, Decimal(place), Decimal(place), within=FIVE)
        else:
            kept, _ = beginnings(kept, at, place % 2 == 0, within=FIVE)
    assert len(json.dumps(kept)) < 300
