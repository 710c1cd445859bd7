"""How any state machine of the trade is tried: against the table as written in the brief, and by walks at random."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.states import Actor, Machine, Transition
from tenants.errors import Conflict, NotAllowed

Tried = Callable[[Machine[Any], type[StrEnum], str], None]


@pytest.fixture(scope="session")
def try_machine() -> Tried:
    """Check a machine against its table: lines of `FROM action TO`, "–" for not yet, "kept" for the state kept, "4E"
    behind a step that takes two people.

    Then every pair of state and action that is not in the table must be refused, and so must every step by the wrong
    actor or with a proof missing.
    """

    def tried(machine: Machine[Any], states: type[StrEnum], table: str) -> None:
        written = [tuple(line.split()) for line in table.strip().splitlines()]
        assert sorted(written) == sorted(_line(row) for row in machine.transitions)
        assert {row.to for row in machine.transitions if row.to} == set(states), "every state can be reached"
        _only_listed_steps(machine, states, {(line[0], line[1]) for line in written})
        _only_by_the_right_actor_on_full_proof(machine)
        _walks_stay_inside(machine, states)

    return tried


def _name(state: StrEnum | None) -> str:
    return str(state) if state else "–"


def _line(row: Transition[Any]) -> tuple[str, ...]:
    line = (_name(row.source), row.action, str(row.to) if row.to else "kept")
    return (*line, "4E") if row.four_eyes else line


def _only_listed_steps(machine: Machine[Any], states: type[StrEnum], listed: set[tuple[str, str]]) -> None:
    actions = {row.action for row in machine.transitions} | {"", "no_such_step"}
    for state in (None, *states):
        for action in actions:
            if (_name(state), action) in listed:
                machine.find(state, action)
            else:
                with pytest.raises(Conflict):
                    machine.next_state(state, action)


def _only_by_the_right_actor_on_full_proof(machine: Machine[Any]) -> None:
    for row in machine.transitions:
        proofs = {guard.name for guard in row.guards}
        kept = _some_kept(machine, row)
        for actor in Actor:
            if actor in row.by:
                assert machine.advance(row.source, row.action, actor=actor, met=proofs, kept=kept) == (row.to or kept)
            else:
                with pytest.raises(NotAllowed):
                    machine.advance(row.source, row.action, actor=actor, met=proofs, kept=kept)
        for guard in row.guards:
            with pytest.raises(Conflict, match=guard.name):
                machine.advance(row.source, row.action, actor=min(row.by), met=proofs - {guard.name}, kept=kept)


def _some_kept(machine: Machine[Any], row: Transition[Any]) -> StrEnum | None:
    """A state from which the machine could have come to where this row starts."""
    return next((other.source for other in machine.transitions if other.to == row.source and other.source), None)


def _walks_stay_inside(machine: Machine[Any], states: type[StrEnum]) -> None:
    actions = sorted({row.action for row in machine.transitions})

    @given(st.lists(st.sampled_from(actions), max_size=40))
    def walk(tour: list[str]) -> None:
        state: StrEnum | None = None
        for action in tour:
            before = state
            try:
                state = machine.next_state(before, action, kept=_kept_before(machine, before))
            except Conflict:
                continue
            assert state in states
            assert before is None or not machine.is_final(before)

    walk()


def _kept_before(machine: Machine[Any], state: StrEnum | None) -> StrEnum | None:
    return next((row.source for row in machine.transitions if state and row.to == state and row.source), None)
