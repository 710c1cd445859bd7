"""What a look says, as a pure rule."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.cameras.rules.views import (
    BLIND,
    MOST_MARKS,
    Cause,
    Look,
    checked_marks,
    readings_of,
    view_of,
)
from tenants.errors import Invalid

AT = datetime(2026, 3, 1, tzinfo=UTC)
CLEAR = Look(320, 240, Decimal(120), Decimal(30), 7, Decimal(1), Decimal("0.01"), frozenset({"TAG:1"}))
MARKS = st.frozensets(st.integers(0, 30).map("TAG:{}".format))


@pytest.mark.parametrize(
    ("look", "cause"),
    [
        (CLEAR, None),
        (replace(CLEAR, brightness=Decimal(2), contrast=Decimal(1)), Cause.DARK),
        (replace(CLEAR, brightness=Decimal(9), contrast=Decimal(4)), None),
        (replace(CLEAR, contrast=Decimal(2)), Cause.COVERED),
        (replace(CLEAR, sharpness=Decimal("0.1")), Cause.DEFOCUSED),
        (replace(CLEAR, change=Decimal("0.9")), Cause.TURNED),
        (replace(CLEAR, sharpness=None, change=None), None),
    ],
)
def test_why_a_camera_sees_nothing(look: Look, cause: Cause | None) -> None:
    assert view_of(look, ["TAG:1"]).cause is cause


@given(
    shown=MARKS, expected=MARKS, contrast=st.decimals(0, 60, places=2), change=st.none() | st.decimals(0, 1, places=4)
)
def test_what_is_counted_was_seen_and_was_expected(shown: frozenset[str], expected: frozenset[str], contrast: Decimal, change: Decimal | None) -> None:  # fmt: skip
    view = view_of(replace(CLEAR, marks=shown, contrast=contrast, change=change), expected)
    assert set(view.seen) <= shown & expected
    if view.cause in BLIND:
        assert (view.seen, view.missing, view.change) == ((), (), None)
    else:
        assert {*view.seen, *view.missing} == expected


def test_a_blind_camera_says_that_it_is_blocked_and_nothing_of_the_goods() -> None:
    view = view_of(replace(CLEAR, contrast=Decimal(1)), ["TAG:1"])
    told = {one.metric: one.value for one in readings_of(CLEAR, view, AT, counts=True)}
    assert told == {"camera_blocked": True, "picture": Decimal(7)}


def test_a_turned_camera_tells_what_it_misses_as_well() -> None:
    view = view_of(replace(CLEAR, change=Decimal("0.9"), marks=frozenset()), ["TAG:1"])
    told = {one.metric: one.value for one in readings_of(CLEAR, view, AT, counts=True)}
    assert (told["camera_blocked"], told["image_change"], told["marks_missing"]) == (True, Decimal("0.9"), 1)


def test_without_scene_and_marks_there_is_no_change_and_no_count() -> None:
    look = replace(CLEAR, sharpness=None, change=None)
    assert {one.metric for one in readings_of(look, view_of(look, ()), AT, counts=False)} == {"camera_blocked", "picture"}  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "code"),
    [
        (["TAG:587"], "mark_unknown"), (["TAG:01"], "mark_unknown"), (["TAG:-1"], "mark_unknown"), (["TAG:１"], "mark_unknown"), (["17"], "mark_unknown"),
        (["QR:"], "mark_unknown"), (["QR:" + "x" * 201], "mark_unknown"), (["TAG:1", "TAG:1"], "mark_twice"),
        ([f"TAG:{n}" for n in range(MOST_MARKS + 1)], "marks_too_many"),
    ],
)  # fmt: skip
def test_marks_that_are_none(marks: list[str], code: str) -> None:
    with pytest.raises(Invalid, match=code) as caught:
        checked_marks(marks)
    assert caught.value.field == "marks"


def test_marks_come_in_one_order() -> None:
    assert checked_marks(["TAG:586", "QR:lot", "TAG:0"]) == ("QR:lot", "TAG:0", "TAG:586")
