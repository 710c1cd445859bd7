"""Many facts at once: the gate writes down what it would of each alone, in the chain, the feeds, the log's queue and the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from tenants import record, rooms
from tenants.events import Fact, Happened, reacts_to
from tenants.workspace import APPEND_ALL, Workspace
from tests.factories import World


@dataclass(frozen=True, kw_only=True)
class WellDug(Fact):
    """Somebody dug a well: a fact of the tests."""

    says: ClassVar[str] = "A well of %(depth)s m was dug."
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    moves: ClassVar[frozenset[str]] = frozenset({"warehouse"})
    depth: int


@reacts_to(WellDug, roles={"bank", "actor"})
def draw_water(ws: Workspace, happened: Happened) -> None:
    """Nothing: what counts is that it is owed."""


WRITTEN = {
    "events": "select sequence, kind, tenant_id, person_id, actor, at, audience, facts, evidence from house.event where stream_id = %s order by sequence",
    "feeds": "select tenant_id, at, sequence from house.feed_item where stream_id = %s order by tenant_id, sequence",
    "owed": "select tenant_id, subscriber, sequence, facts, due_at from house.delivery where stream_id = %s order by tenant_id, subscriber, sequence",
    "queued": "select q.sequence, q.digest = e.digest from gate.log_queue q join house.event e using (stream_id, sequence) where q.stream_id = %s order by sequence",
}
Told = tuple[Fact, UUID, list[UUID]]


def one_by_one(ws: Workspace, told: list[Told]) -> None:
    for fact, stream, evidence in told:
        ws.record(fact, on=stream, evidence=evidence)


def at_once(ws: Workspace, told: list[Told]) -> None:
    ws.record_all(told)


def test_many_at_once_are_written_as_one_by_one(world: World) -> None:
    firm, bank, warehouse = world.firm("SME"), world.firm("BANK"), world.firm("WAREHOUSE_OPERATOR")
    proof = uuid4()

    def kept(way: Callable[[Workspace, list[Told]], None]) -> list[dict[str, list[tuple[object, ...]]]]:
        """What is written of two facts on each of three rooms: shared with nobody, with a bank (in two roles), and with a bank whose share ended."""
        told = sorted(uuid4() for _ in range(3))
        with firm.operator.ws() as ws:
            for room in told:
                rooms.found(ws, room, kind="deal", role="borrower")
            for room in told[1:]:
                rooms.share(ws, room, to=bank.tenant_id, role="bank")
                rooms.share(ws, room, to=warehouse.tenant_id, role="warehouse")
            rooms.share(ws, told[1], to=bank.tenant_id, role="borrower")
            rooms.end_share(ws, told[2], to=bank.tenant_id, role="bank")
            for turn in range(2):
                facts: list[Told] = [(WellDug(depth=turn * 10 + n), room, [proof] * n) for n, room in enumerate(told)]
                way(ws, list(reversed(facts)))
        with firm.operator.ws(read_only=True) as ws:
            assert [record.broken_links(ws, room) for room in told] == [[], [], []]
        return [{name: world.admin.execute(say, (room,)).fetchall() for name, say in WRITTEN.items()} for room in told]  # fmt: skip

    single, many = kept(one_by_one), kept(at_once)
    assert many == single
    assert [len(one["events"]) for one in many] == [2, 2, 2]
    assert [len(one["owed"]) for one in many] == [4, 10, 6], "live and the actor's; also the bank's two and what moves the warehouse"  # fmt: skip


def test_nothing_is_written_where_one_of_many_streams_is_a_strangers(world: World) -> None:
    firm, stranger, room = world.firm(), world.firm(), uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")
    with pytest.raises(DBAPIError, match="not a stream of yours"), stranger.operator.ws() as ws:
        ws.record_all([(WellDug(depth=1), stranger.tenant_id, []), (WellDug(depth=2), room, [])])
    assert not world.admin.execute("select from house.event where stream_id = any(%s) and kind = 'WellDug'", ([room, stranger.tenant_id],)).fetchall()  # fmt: skip


def test_a_stream_is_named_once_and_the_gate_itself_takes_no_second_event_of_one_in_a_statement(world: World) -> None:
    """Two links from one predecessor would be a fork of the chain."""
    firm = world.firm()
    with firm.operator.ws() as ws, pytest.raises(AssertionError, match="named once"):
        ws.record_all([(WellDug(depth=n), firm.tenant_id, []) for n in range(2)])
    twice = {"stream": [firm.tenant_id] * 2, "facts": ["{}"] * 2, "evidence": ["[]"] * 2}
    with pytest.raises(IntegrityError, match="duplicate key"), firm.operator.ws() as ws:
        ws.session.execute(APPEND_ALL, ws.telling(WellDug) | twice)
