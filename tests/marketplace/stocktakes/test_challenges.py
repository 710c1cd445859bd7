"""What a picture shows of what was asked for."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.stocktakes.rules.challenges import (
    CARDS,
    MOST_AT_ONCE,
    Card,
    Doubt,
    Fault,
    Grade,
    Place,
    Seen,
    Shot,
    View,
    doubts_of,
    faults_of,
    grade_of,
    metres_between,
    new_challenge,
)

NOON = datetime(2026, 11, 3, 4, tzinfo=UTC)
SITE = Place(31.2304, 121.4737)
ASKED = replace(new_challenge(lambda _: 0, "/01/06901234567892/10/L1", NOON, 1), cards=(7, 21, 3), view=View.LEFT)


def a_look(*numbers: int, lean: float = 1.4, **known: Any) -> Seen:
    """Cards from left to right, the first so much larger than the last."""
    cards = tuple(Card(number, 300.0 * place, 200 * lean ** (-place / 2)) for place, number in enumerate(numbers))
    return Seen(**{"width": 1600, "height": 1200, "cards": cards} | known)


def a_shot(**known: Any) -> Shot:
    told = {
        "path": ASKED.path, "taken_at": NOON + timedelta(minutes=3), "received_at": NOON + timedelta(minutes=4), "place": SITE, "live": True,
        "key_since": NOON - timedelta(days=9), "chained": True, "seen_before": False,
    }  # fmt: skip
    return Shot(**told | known)


def test_what_was_asked_for_has_no_fault_and_no_doubt() -> None:
    assert faults_of(ASKED, a_look(7, 21, 3), a_shot(), SITE) == []
    assert doubts_of(ASKED, a_look(7, 21, 3), a_shot(), SITE) == []
    assert grade_of([]) is Grade.C


def test_other_cards_about_do_not_matter() -> None:
    assert faults_of(ASKED, a_look(9, 7, 21, 30, 3), a_shot(), SITE) == []


@pytest.mark.parametrize(
    ("seen", "shot", "fault"),
    [
        (a_look(7, 21, 3, width=900, height=900), {}, Fault.TOO_SMALL),
        (a_look(7, 3), {}, Fault.CARDS_MISSING),
        (a_look(), {}, Fault.CARDS_MISSING),
        (a_look(7, 3, 21), {}, Fault.CARDS_MIXED),
        (a_look(3, 21, 7), {}, Fault.CARDS_MIXED),
        (a_look(7, 21, 3, lean=1.0), {}, Fault.WRONG_SIDE),
        (a_look(7, 21, 3, lean=0.7), {}, Fault.WRONG_SIDE),
        (a_look(7, 21, 3), {"path": "/01/06901234567892/10/L2"}, Fault.OTHER_GOODS),
        (a_look(7, 21, 3), {"place": Place(31.2404, 121.4737)}, Fault.OTHER_PLACE),
        (a_look(7, 21, 3), {"place": Place(31.2404, 121.4737, 5_000)}, Fault.OTHER_PLACE),
        (a_look(7, 21, 3), {"taken_at": NOON + timedelta(minutes=10, seconds=1)}, Fault.TOO_LATE),
        (a_look(7, 21, 3), {"taken_at": NOON - timedelta(seconds=1)}, Fault.TAKEN_BEFORE),
        (a_look(7, 21, 3), {"seen_before": True}, Fault.SEEN_BEFORE),
    ],
)
def test_what_can_be_told_is_refused(seen: Seen, shot: dict[str, Any], fault: Fault) -> None:
    assert faults_of(ASKED, seen, a_shot(**shot), SITE) == [fault]


@pytest.mark.parametrize(
    ("shot", "screen", "doubt"),
    [
        ({"received_at": NOON + timedelta(hours=3)}, False, Doubt.SENT_LATE),
        ({"place": None}, False, Doubt.NO_PLACE),
        ({"live": False}, False, Doubt.FROM_FILE),
        ({"key_since": NOON - timedelta(hours=23)}, False, Doubt.NEW_PHONE),
        ({"chained": False}, False, Doubt.CHAIN_BROKEN),
        ({}, True, Doubt.LOOKS_LIKE_SCREEN),
    ],
)
def test_what_can_be_doubted_lowers_the_grade(shot: dict[str, Any], screen: bool, doubt: Doubt) -> None:
    seen = a_look(7, 21, 3, screen=screen)
    assert faults_of(ASKED, seen, a_shot(**shot), SITE) == []
    assert doubts_of(ASKED, seen, a_shot(**shot), SITE) == [doubt]
    assert grade_of([doubt]) is Grade.D


def test_a_site_without_a_position_asks_for_none() -> None:
    assert faults_of(ASKED, a_look(7, 21, 3), a_shot(place=None), None) == []
    assert doubts_of(ASKED, a_look(7, 21, 3), a_shot(place=None), None) == []


@given(st.integers(1, MOST_AT_ONCE))
def test_a_challenge_names_three_different_cards_and_shares_its_time(together: int) -> None:
    asked = new_challenge(secrets.randbelow, ASKED.path, NOON, together)
    assert len(set(asked.cards)) == 3
    assert all(1 <= number <= CARDS for number in asked.cards)
    assert asked.expires_at == NOON + timedelta(minutes=10 * together)


def test_distance_over_the_ground() -> None:
    """A degree of latitude is 111.2 km on a sphere of 6,371 km."""
    assert metres_between(Place(31, 121), Place(32, 121)) == pytest.approx(111_195, abs=1)
