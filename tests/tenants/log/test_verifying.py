"""Whoever alters the record as the database's administrator is found, and the first event at which it was done is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import URL

from tenants.log import verifying
from tenants.log.verifying import Fault, first_fault
from tests import cluster
from tests.factories import World
from tests.tenants.log.makers import an_event, written

GONE, ALTERED, OTHER = "is gone", "were altered", "is another than was taken"
EVENT = "stream_id = %(stream)s and sequence = %(sequence)s"
SWAP = (
    f"update house.event set sequence = -1 where {EVENT}; update house.event set sequence = %(sequence)s where stream_id = %(stream)s and sequence = %(next)s;"
    " update house.event set sequence = %(next)s where stream_id = %(stream)s and sequence = -1"
)
PLANTED = {
    "edited": (f"update house.event set facts = replace(facts, '4', '5') where {EVENT}", ALTERED),
    "edited with its digest": (f"update house.event set facts = '{{}}', digest = sha256(convert_to(gate.event_text(stream_id, sequence, kind, at, tenant_id, person_id, actor, '{{}}', evidence), 'UTF8')) where {EVENT}", OTHER),
    "said by another": (f"update house.event set actor = 'person:auditor' where {EVENT}", ALTERED),
    "deleted": (f"delete from house.event where {EVENT}", GONE),
    "deleted with its place": (f"delete from gate.log_leaf where {EVENT}", "no event has this place"),
    "two in another order": (SWAP, ALTERED),
}  # fmt: skip


LEAF = "select l.leaf, h.size from gate.log_leaf l, gate.log_head h where l.stream_id = %s and l.sequence = %s"


@pytest.fixture
def record(world: World) -> tuple[UUID, int, int]:
    """A firm's record in the log: its stream, the sequence of its fifth event and that event's leaf, in a tile that is not full: levels above know nothing of it yet."""
    while True:
        firm = world.firm()
        sequences = [an_event(firm, number) for number in range(9)]
        written(world)
        found = world.admin.execute(LEAF, (firm.tenant_id, sequences[4])).fetchone()
        assert found
        leaf, size = found
        if leaf // 256 == size // 256:
            return firm.tenant_id, sequences[4], leaf


@contextmanager
def altered(url: URL, *statements: str, **told: object) -> Iterator[psycopg.Connection]:
    """As the server's administrator, past every trigger; put right afterwards by taking it all back."""
    with psycopg.connect(cluster.dsn(url)) as line:
        for statement in (one for many in statements for one in many.split(";")):
            line.execute(statement, told)  # type: ignore[call-overload]
        yield line
        line.rollback()


def fault_in(line: psycopg.Connection) -> Fault | None:
    """What the verifier finds from where this administrator stands."""
    return verifying._Growth(line).followed()[1]


def test_an_honest_record_is_whole(database_url: URL, record: tuple[UUID, int, int]) -> None:
    with psycopg.connect(cluster.dsn(database_url)) as line:
        whole, fault = first_fault(line)
    assert fault is None
    assert whole > record[2]


@pytest.mark.parametrize("planted", PLANTED)
def test_the_first_bad_event_is_named(database_url: URL, record: tuple[UUID, int, int], planted: str) -> None:
    (stream, sequence, leaf), (statement, says) = record, PLANTED[planted]
    with altered(database_url, statement, stream=stream, sequence=sequence, next=sequence + 1) as line:
        fault = fault_in(line)
    assert fault is not None
    assert fault.leaf == leaf, fault
    assert says in str(fault)


def test_a_log_that_was_altered_alike_is_betrayed_by_what_was_signed(world: World, database_url: URL, record: tuple[UUID, int, int]) -> None:  # fmt: skip
    stream, sequence, leaf = record
    number, at = divmod(leaf, 256)
    told = {"stream": stream, "sequence": sequence, "number": number, "at": at * 32 + 1}
    event = PLANTED["edited with its digest"][0]
    tiles = f"update gate.log_tile set hashes = overlay(hashes placing (select case level when -1 then digest else sha256(decode('00', 'hex') || digest) end from house.event where {EVENT}) from %(at)s) where level <= 0 and number = %(number)s"  # fmt: skip
    with altered(database_url, event, tiles, **told) as line:
        fault = fault_in(line)
    assert fault is not None
    assert fault.leaf is not None
    assert fault.leaf <= leaf
    assert "another than the one that was signed" in str(fault)


def test_what_is_cut_off_and_what_was_never_taken_in_is_found(database_url: URL, world: World, record: tuple[UUID, int, int]) -> None:  # fmt: skip
    cut = "delete from gate.log_leaf where leaf >= (select max(leaf) from gate.log_leaf)"
    with altered(database_url, cut) as line:
        assert "are not there" in str(fault_in(line))
    an_event(world.firm(), 1)
    with altered(database_url, "delete from gate.log_queue") as line:
        assert "never taken into the log" in str(fault_in(line))
