"""Alarms about the same goods at the same time are one incident, whatever order they are told in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.incidents import APART, RISK_SHARES, SPEAKS_FOR, Fused, Told, corroborated, fuse

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOT, OTHER = UUID(int=1), UUID(int=2)
TYPES = ("weight_change", "door_open", "intrusion", "temperature", "battery_low")


def alarm(
    number: int, minute: int, *, lasts: int | None = 5, type_: str = "temperature", severity: str = "MAJOR", about: UUID = LOT
) -> Told:  # fmt: skip
    at = START + minute * MINUTE
    return Told(UUID(int=number), about, type_, Severity(severity), at, None if lasts is None else at + lasts * MINUTE)


def numbers(found: Sequence[Fused]) -> list[list[int]]:
    return [[one.id.int for one in each.alarms] for each in found]


def test_what_happens_within_half_an_hour_is_one_incident() -> None:
    found = fuse([alarm(1, 0), alarm(2, 35), alarm(3, 71), alarm(4, 10, about=OTHER)])
    assert numbers(found) == [[1, 2], [4], [3]]
    assert found[0].ended_at == START + 40 * MINUTE


def test_an_alarm_that_stays_open_draws_in_two_hours_of_what_follows_and_no_more() -> None:
    assert numbers(fuse([alarm(1, 0, lasts=None), alarm(2, 150)])) == [[1, 2]]
    assert numbers(fuse([alarm(1, 0, lasts=None), alarm(2, 151)])) == [[1], [2]]
    assert fuse([alarm(1, 0, lasts=None)])[0].ended_at is None


def test_two_kinds_of_sensor_make_it_critical_and_one_twice_does_not() -> None:
    door, camera = alarm(1, 0, type_="door_open"), alarm(2, 3, type_="intrusion")
    [seen] = fuse([door, camera])
    assert (seen.severity, seen.witnesses) == (Severity.CRITICAL, {"door", "camera"})
    assert fuse([door, alarm(2, 3, type_="door_often", severity="MINOR")])[0].severity is Severity.MAJOR
    assert fuse([door, alarm(2, 3, type_="battery_low", severity="MINOR")])[0].severity is Severity.MAJOR


@pytest.mark.parametrize(
    ("type_", "others", "then"),
    [
        ("door_open", ["intrusion"], "CRITICAL"),
        ("door_open", ["door_often"], "MAJOR"),
        ("door_open", [], "MAJOR"),
        ("smoke", ["intrusion"], "MAJOR"),
        ("intrusion", ["weight_change", "silence"], "CRITICAL"),
    ],
)
def test_an_alarm_is_corroborated_by_another_kind_of_sensor(type_: str, others: list[str], then: str) -> None:
    assert corroborated(Severity.MAJOR, type_, [type_, *others]) is Severity(then)


def test_what_is_worse_puts_more_at_risk() -> None:
    shares = [RISK_SHARES[severity] for severity in Severity]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)


stories = st.lists(
    st.tuples(
        st.integers(0, 600), st.one_of(st.none(), st.integers(0, 200)), st.sampled_from(TYPES), st.sampled_from([LOT, OTHER])
    ),
    max_size=14,
)  # fmt: skip


@given(stories, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_make_the_same_incidents(story: list[tuple[int, int | None, str, UUID]], chance: Random) -> None:  # fmt: skip
    alarms = [alarm(n, at, lasts=lasts, type_=type_, about=about) for n, (at, lasts, type_, about) in enumerate(story)]
    assert fuse(chance.sample(alarms, len(alarms))) == fuse(alarms)


@given(stories)
def test_each_alarm_is_in_one_incident_and_incidents_of_one_lot_stand_apart(story: list[tuple[int, int | None, str, UUID]]) -> None:  # fmt: skip
    alarms = [alarm(n, at, lasts=lasts, type_=type_, about=about) for n, (at, lasts, type_, about) in enumerate(story)]
    found = fuse(alarms)
    assert sorted(number for each in numbers(found) for number in each) == list(range(len(alarms)))
    assert all(len({one.about_id for one in each.alarms}) == 1 for each in found)
    for about in (LOT, OTHER):
        mine = [each for each in found if each.alarms[0].about_id == about]
        for earlier, later in pairwise(mine):
            assert later.opened_at - max(one.ends_at for one in earlier.alarms) > APART


@given(stories)
def test_an_incident_runs_in_time_and_has_no_hole_in_it(story: list[tuple[int, int | None, str, UUID]]) -> None:
    alarms = [alarm(n, at, lasts=lasts, type_=type_, about=about) for n, (at, lasts, type_, about) in enumerate(story)]
    for each in fuse(alarms):
        for place, one in enumerate(each.alarms[1:], start=1):
            before = each.alarms[:place]
            assert before[-1].raised_at <= one.raised_at <= max(other.ends_at for other in before) + APART


def test_no_alarm_speaks_for_longer_than_it_held() -> None:
    assert alarm(1, 0, lasts=5).ends_at == START + 5 * MINUTE
    assert alarm(1, 0, lasts=500).ends_at == START + SPEAKS_FOR
