"""A machine takes listed steps only, by the right party, on the proof asked for."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from marketplace.states import Actor, Guard, Machine, Transition, step
from tenants.errors import Conflict, NotAllowed


class Door(StrEnum):
    OPEN = "OPEN"
    SHUT = "SHUT"
    SEALED = "SEALED"
    GONE = "GONE"


KEY = Guard("key_held", "The key is missing.")
DOORS = Machine(
    "Door",
    step(None, "hang", Door.OPEN, Actor.PLATFORM),
    step(Door.OPEN, "shut", Door.SHUT, Actor.SME, Actor.BANK),
    step(Door.SHUT, "open", Door.OPEN, Actor.SME, guards=(KEY,)),
    step(Door.SHUT, "forget", Door.GONE, Actor.SYSTEM, after=timedelta(hours=2)),
    step((Door.OPEN, Door.SHUT), "seal", Door.SEALED, Actor.COURT),
    step(Door.SEALED, "unseal", None, Actor.COURT, four_eyes=True),
)


def test_four_eyes_only_where_the_table_says_so() -> None:
    assert [row.action for row in DOORS.transitions if row.four_eyes] == ["unseal"]
    assert not Transition(Door.OPEN, "shut", Door.SHUT, frozenset({Actor.SME})).four_eyes


def test_takes_a_listed_step() -> None:
    assert DOORS.next_state(None, "hang") is Door.OPEN
    assert DOORS.advance(Door.SHUT, "open", actor="SME", met={"key_held"}) is Door.OPEN


def test_refuses_an_unlisted_step() -> None:
    with pytest.raises(Conflict) as refusal:
        DOORS.next_state(Door.OPEN, "open")
    assert refusal.value.code == "step_not_listed"


def test_refuses_the_wrong_actor() -> None:
    with pytest.raises(NotAllowed) as refusal:
        DOORS.advance(Door.OPEN, "shut", actor=Actor.BUYER)
    assert refusal.value.code == "step_not_yours"


def test_refuses_without_the_proof_and_names_it() -> None:
    with pytest.raises(Conflict) as refusal:
        DOORS.advance(Door.SHUT, "open", actor=Actor.SME)
    assert (refusal.value.code, refusal.value.because) == ("key_held", "The key is missing.")


@pytest.mark.parametrize("kept", [Door.OPEN, Door.SHUT])
def test_goes_back_to_the_state_it_kept(kept: Door) -> None:
    assert DOORS.next_state(Door.SEALED, "unseal", kept=kept) is kept


@pytest.mark.parametrize("kept", [None, Door.GONE, Door.SEALED])
def test_goes_back_to_no_state_it_cannot_have_left(kept: Door | None) -> None:
    with pytest.raises(Conflict) as refusal:
        DOORS.next_state(Door.SEALED, "unseal", kept=kept)
    assert refusal.value.code == "kept_state_impossible"


def test_knows_its_timers_and_its_ends() -> None:
    entered = datetime(2025, 3, 1, tzinfo=UTC)
    assert DOORS.due_at(Door.SHUT, "forget", entered) == entered + timedelta(hours=2)
    assert DOORS.is_final(Door.GONE)
    assert not DOORS.is_final(Door.OPEN)
    assert [row.action for row in DOORS.steps_from(Door.OPEN)] == ["shut", "seal"]
    with pytest.raises(AssertionError):
        DOORS.due_at(Door.OPEN, "shut", entered)


def test_a_table_with_two_rows_for_one_step_is_a_bug() -> None:
    row = step(Door.OPEN, "shut", Door.SHUT, Actor.SME)
    with pytest.raises(AssertionError):
        Machine("Door", row, row)
