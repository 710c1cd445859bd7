"""The API keeps its own description: what fits it is answered as it says, what does not is refused as it says, and nothing is a fault of ours.

schemathesis makes the requests from the description, in this process. The ids in them are half of the time those of things that are there, and the
callers are people of every kind of firm: those who take part in these things, and those who do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tenants.organisations import Kind
from tests import cluster
from tests.contract.neighbours import Neighbourhood, the_neighbours
from tests.factories import Person, World

KEPT = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
Operation = APIOperation[Any, Any, Any, Any]
FITTING, UNFITTING = 10, 3
ROUNDS = 2
LEAST_DONE = 0.5
# A clock driven to the end of time is no sensible state of the house; its own tests drive it.
LEFT_OUT = {"POST /api/v1/clock"}


@pytest.fixture(scope="module")
def neighbours(app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection) -> Iterator[Neighbourhood]:
    world = World(app, worker_app, gateway_app, admin)
    world.set_clock(cluster.START)
    with app.app_context():
        yield the_neighbours(world)


@pytest.fixture(scope="module")
def operations(neighbours: Neighbourhood) -> list[Operation]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", neighbours.world.app)
    return [one.ok() for one in schema.get_all_operations() if one.ok().label not in LEFT_OUT]


@pytest.fixture(scope="module")
def outsiders(neighbours: Neighbourhood) -> list[Person]:
    """One of each kind of firm, who takes part in nothing yet."""
    return [neighbours.world.firm(kind.value).owner for kind in Kind]


@pytest.mark.parametrize(
    ("mode", "examples"), [(GenerationMode.POSITIVE, FITTING), (GenerationMode.NEGATIVE, UNFITTING)]
)
def test_every_call_answers_as_it_is_described(
    neighbours: Neighbourhood, operations: list[Operation], outsiders: list[Person], mode: GenerationMode, examples: int
) -> None:
    broken, done = [], set()
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue
        talk = Conversation(operation, neighbours, outsiders)
        try:
            talk.hold(mode, examples)
        except Exception as failed:  # whatever a view lets through is a fault of ours
            broken.append(f"{operation.label}\n{_told(failed)}")
        done |= {operation.label} if talk.succeeded else set()
    assert not broken, "\n\n".join(broken)
    if mode is GenerationMode.POSITIVE:  # or else the requests were all refused at the door, and nothing was tried
        assert len(done) > len(operations) * LEAST_DONE, sorted({one.label for one in operations} - done)


@dataclass
class Conversation:
    """Requests to one call: made-up ones by somebody of any kind, and the same about things that are there, by those who take part in them."""

    operation: Operation
    neighbours: Neighbourhood
    outsiders: list[Person]
    succeeded: bool = False
    # Who was let in last comes first.
    insiders: list[Person] = field(default_factory=list)
    turned_away: int = 0

    def __post_init__(self) -> None:
        self.insiders = list(self.neighbours.cast.values())

    def hold(self, mode: GenerationMode, examples: int) -> None:
        """So many of them; each answer is held against the description."""

        @settings(
            max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(self.operation.as_strategy(generation_mode=mode), st.sampled_from(self.outsiders), st.booleans())
        def converse(case: Case, outsider: Person, real: bool) -> None:
            if not real:
                self.say(case, outsider)
                return
            case.path_parameters = _with_ids(case.path_parameters, self.neighbours.ids)
            case.body = _with_ids(case.body, self.neighbours.ids)
            self.ask_insiders(case)

        converse()

    def ask_insiders(self, case: Case) -> None:
        """One after the other, until one is let in. Where all were turned away before, the next in turn is enough: who else asks hears the same."""
        asked = 1 if self.turned_away >= ROUNDS else len(self.insiders)
        for _ in range(asked):
            insider = self.insiders.pop(0)
            if self.say(case, insider) not in (403, 404):
                self.insiders.insert(0, insider)
                return
            self.insiders.append(insider)
        self.turned_away += 1

    def say(self, case: Case, caller: Person) -> int:
        headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": str(uuid4())}
        status = case.call_and_validate(headers=headers, checks=KEPT).status_code
        self.succeeded = self.succeeded or status < 300
        return status


def _with_ids(sent: Any, ids: dict[str, UUID]) -> Any:
    """Real ids in the places of made-up ones, wherever their names stand."""
    if isinstance(sent, list):
        return [_with_ids(one, ids) for one in sent]
    if not isinstance(sent, dict):
        return sent
    return {name: str(ids[name]) if name in ids else _with_ids(value, ids) for name, value in sent.items()}


def _told(failed: BaseException) -> str:
    group = failed.exceptions if isinstance(failed, FailureGroup) else [failed]
    return "\n".join(f"{type(one).__name__}: {str(one)[:900]}" for one in group)
