"""How warm it may get: a day like the day before is foretold exactly, noise is as wide as it was, and nothing is known of the future."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import pi, sin
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.twin.foresight.climate import HOURS_AHEAD, ahead_of, replay
from marketplace.twin.foresight.lots import by_the_hour
from marketplace.twin.foresight.rules import LEVELS

START = datetime(2026, 3, 2, tzinfo=UTC)


def days(seed: int, hours: int = 480, noise: float = 0.5) -> list[float | None]:
    """Warm days and cold nights, with chance on top."""
    chance = Random(seed)
    return [20 + 5 * sin(hour * pi / 12) + chance.gauss(0, noise) for hour in range(hours)]


def test_days_that_are_alike_are_foretold_hour_by_hour() -> None:
    found = ahead_of(days(1, noise=0))
    assert [one.hours for one in found] == list(HOURS_AHEAD)
    for one in found:
        assert abs(one.middle - Decimal(str(20 + 5 * sin((479 + one.hours) * pi / 12)))) < Decimal("0.001")
        assert one.chance_above(Decimal(40)) < Decimal("0.01") < Decimal("0.99") < one.chance_below(Decimal(40))


def test_intervals_hold_as_often_as_they_say_and_beat_the_last_value() -> None:
    for score in replay(days(2, 2000)):
        for level, share in score.held.items():
            assert abs(share - level) < Decimal("0.04"), (score.hours, level, share)
        # A day ahead the last value is the same hour of the day before: there is nothing to beat.
        assert score.skill > (Decimal("0.1") if score.hours % 24 else Decimal("-0.02"))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.05, 3), st.floats(-40, 80), st.floats(0, 20))
def test_surer_is_wider_and_higher_is_less_likely(seed: int, noise: float, limit: float, more: float) -> None:
    for one in ahead_of(days(seed, 200, noise)):
        highs = [high for _, _, high in one.intervals]
        assert highs == sorted(highs)
        lower, higher = Decimal(str(limit)), Decimal(str(limit + more))
        assert 0 < one.chance_above(higher) <= one.chance_above(lower) < 1
        assert one.chance_above(lower) + one.chance_below(lower) == 1


def test_the_replay_finds_out_who_is_too_sure() -> None:
    """Nights that turn wild: intervals learned in calm ones hold less often."""
    calm, wild = days(3, 300, 0.1), days(4, 60, 3)
    before, after = replay(calm)[0].held[LEVELS[-1]], replay([*calm, *wild])[0].held[LEVELS[-1]]
    assert after < before - Decimal("0.05")


def test_what_was_not_heard_is_not_made_up() -> None:
    assert ahead_of([]) == replay([]) == ahead_of(days(5, 60)) == []
    gap: list[float | None] = days(6, 200)
    gap[-1] = None
    assert ahead_of(gap) == []  # nothing was heard in this hour
    points = [
        (START, Decimal(10)),
        (START + timedelta(minutes=30), Decimal(20)),
        (START + timedelta(hours=2), Decimal(7)),
    ]
    assert by_the_hour(points) == [15.0, None, 7.0]
    assert by_the_hour([]) == []
