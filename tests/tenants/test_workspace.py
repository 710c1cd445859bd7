"""The workspace: whose rows a transaction sees is decided by the database, and forgetting it is loud."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenants import rooms
from tenants.database import DEVICES, engine
from tenants.errors import NotFound
from tenants.events import Event, Fact, FeedItem
from tenants.workspace import SessionKey, SignedOut, enter
from tests.factories import World


@dataclass(frozen=True, kw_only=True)
class BellRung(Fact):
    """Somebody rang the bell: a fact of the tests."""

    says: ClassVar[str] = "The bell rang %(times)s times."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    times: int


def test_a_forgotten_context_is_loud(world: World) -> None:
    with Session(engine()) as session, session.begin(), pytest.raises(DBAPIError, match="no tenant context"):
        session.execute(text("select count(*) from house.member"))


def test_a_false_token_opens_nothing(world: World) -> None:
    with pytest.raises(SignedOut), enter(SessionKey("ses_false")):
        pass


def test_a_context_cannot_be_forged(world: World) -> None:
    one, other = world.firm(), world.firm()
    with one.operator.ws() as ws:
        context = ws.session.scalar(text("select current_setting('gate.context')"))
        assert context
        forged = context.replace(str(one.tenant_id), str(other.tenant_id))
        ws.session.execute(text("select set_config('gate.context', :forged, true)"), {"forged": forged})
        with pytest.raises(DBAPIError, match="no tenant context"):
            ws.session.execute(text("select count(*) from house.member"))
        ws.session.rollback()


def test_a_context_does_not_outlive_its_transaction(world: World) -> None:
    firm = world.firm()
    with firm.operator.ws() as ws:
        context = ws.session.scalar(text("select current_setting('gate.context')"))
    with Session(engine()) as session, session.begin():
        session.execute(text("select set_config('gate.context', :context, true)"), {"context": context})
        with pytest.raises(DBAPIError, match="no tenant context"):
            session.execute(text("select count(*) from house.member"))


PREPARED = "a prepared statement"  # stays on the devices' connections
LEAKS = {
    "a cursor over rows": ("declare kept cursor with hold for select 1", "select 1 from pg_cursors"),
    "a setting": ("set gate.context = 'kept'", "select 1 where current_setting('gate.context', true) <> ''"),
    PREPARED: ("prepare kept as select 1", "select 1 from pg_prepared_statements"),
    "a channel": ("listen kept", "select 1 from pg_listening_channels()"),
    "a path": ("set search_path = house", "select 1 where current_setting('search_path') = 'house'"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("by", "leak"), [*product((None,), LEAKS), *product((DEVICES,), sorted(LEAKS.keys() - {PREPARED}))]
)
def test_nothing_but_plans_survives_on_a_connection_that_went_back(world: World, by: str | None, leak: str) -> None:
    """Whoever is given the connection next finds none of what its last holder left in the session."""
    leave, look = LEAKS[leak]
    with engine(by).connect() as held:
        backend = held.scalar(text("select pg_backend_pid()"))
        held.execute(text(leave))
        held.commit()
        assert held.execute(text(look)).all(), "there was something to forget"
    with engine(by).connect() as next_one:
        assert next_one.scalar(text("select pg_backend_pid()")) == backend, "what came back last is given next"
        assert not next_one.execute(text(look)).all()


def test_two_firms_on_one_connection_see_their_own_through_plans_kept(world: World) -> None:
    """The plans of the gate's functions stay with the connection; whose rows they find is asked at each execution."""
    backends = set()
    firms = [world.firm() for _ in range(2)]
    for _ in range(8):  # beyond the fifth execution, from where PostgreSQL may keep one plan for all values
        for firm in firms:
            with firm.operator.ws() as ws:
                ws.record(BellRung(times=1), on=firm.tenant_id)
                seen = ws.session.scalars(select(Event.tenant_id).distinct()).all()
                assert set(seen) == {firm.tenant_id}
                backends.add(ws.session.scalar(text("select pg_backend_pid()")))
    assert len(backends) == 1


def test_a_look_changes_nothing(world: World) -> None:
    firm = world.firm()
    with pytest.raises(DBAPIError, match="read-only"), firm.operator.ws(read_only=True) as ws:
        ws.record(BellRung(times=1), on=firm.tenant_id)


def test_events_are_chained_and_heard_by_their_audience_alone(world: World) -> None:
    firm, bank, warehouse = world.firm("SME"), world.firm("BANK"), world.firm("WAREHOUSE_OPERATOR")
    room = uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")
        rooms.share(ws, room, to=bank.tenant_id, role="bank")
        rooms.share(ws, room, to=warehouse.tenant_id, role="warehouse")
        assert ws.record(BellRung(times=3), on=room) == 1
        assert ws.record(BellRung(times=4), on=room) == 2
    for viewer, seen in ((bank, 2), (warehouse, 0), (world.firm(), 0)):
        with viewer.operator.ws(read_only=True) as ws:
            assert len(ws.session.scalars(select(Event).where(Event.stream_id == room)).all()) == seen
            assert len(ws.session.scalars(select(FeedItem)).all()) == seen
    with warehouse.operator.ws(read_only=True) as ws:
        assert len(ws.session.execute(text("select * from gate.chain(:room)"), {"room": room}).all()) == 2


def test_a_stranger_appends_to_no_stream_and_shares_nothing(world: World) -> None:
    firm, stranger, room = world.firm(), world.firm(), uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")
    with pytest.raises(DBAPIError, match="not a stream of yours"), stranger.operator.ws() as ws:
        ws.record(BellRung(times=1), on=room)
    with stranger.operator.ws() as ws, pytest.raises(NotFound):
        rooms.share(ws, room, to=stranger.tenant_id, role="bank")


def test_revocation_takes_effect_on_the_next_statement(world: World) -> None:
    firm, bank, room = world.firm(), world.firm("BANK"), uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")
        rooms.share(ws, room, to=bank.tenant_id, role="bank")
        ws.record(BellRung(times=1), on=room)
    with bank.operator.ws() as reading:
        assert reading.session.scalars(select(Event).where(Event.stream_id == room)).all()
        with firm.operator.ws() as ws:
            rooms.end_share(ws, room, to=bank.tenant_id, role="bank")
        assert not reading.session.scalars(select(Event).where(Event.stream_id == room)).all()
