"""The pauses between starts, as a pure rule."""

import pytest

from integrations.local.back_off import BackOff


def test_pauses_double_up_to_the_longest() -> None:
    rule = BackOff(first_seconds=0.5, longest_seconds=15)
    assert [rule.pause_seconds(failures) for failures in range(1, 8)] == [0.5, 1, 2, 4, 8, 15, 15]


@pytest.mark.parametrize(("lived_seconds", "failures"), [(0, 4), (59.9, 4), (60, 1), (3600, 1)])
def test_a_child_that_lived_long_begins_a_new_count(lived_seconds: float, failures: int) -> None:
    assert BackOff(steady_after_seconds=60).failures(3, lived_seconds) == failures


def test_gives_up_after_the_most_failures() -> None:
    rule = BackOff(failures_max=6)
    assert not rule.spent(6)
    assert rule.spent(7)
