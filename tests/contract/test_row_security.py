"""Row security on every table: the catalogue's lint, probes made for each table, and defects planted to show that both have teeth."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, Uuid, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from migrations.models import METADATA
from tenants import policies
from tenants.database import engine
from tests import cluster
from tests.contract.catalogue_lint import findings
from tests.factories import World
from tests.marketplace.financing.makers import a_called_loan

VALUES = {
    "timestamp": "now()",
    "json": "'{}'::jsonb",
    "bytea": "'\\x00'::bytea",
    "bool": "false",
    "numeric[]": "array[1]::numeric[]",
    "bigint[]": "array[1]::bigint[]",
    "int8range": "'[0,1)'::int8range",
    "tstzrange": "'[2026-01-01,)'::tstzrange",
    "int": "1",
    "numeric": "1",
    "double": "1",
    "date": "current_date",
    "text[]": "array['x']",
    "tsvector": "'x'::tsvector",
    "text": "'x'",
    "char": "'x'",
}
TABLES = [table.name for table in policies.tables()]
OWN = [
    t.name
    for t in policies.tables()
    if policies.access_of(t).own and not (policies.access_of(t).everyone or policies.access_of(t).by_kind)
]
WRITABLE = [t.name for t in policies.tables() if "insert" in policies.access_of(t).verbs]

DEFECTS = {
    "forgotten force": ("alter table house.member no force row level security", "a table without forced row security"),
    "forgotten security": (
        "alter table house.delivery disable row level security",
        "a table without forced row security",
    ),
    "policy for all": (
        "create policy open on house.approval for select to bailee_app using (true)",
        "a policy for everybody, or one that says yes to all",
    ),
    "bare key": (
        "create unique index leaky on house.member (email) where false",
        "a unique key not led by its tenant or room",
    ),
    "truncate": ("grant truncate on house.approval to bailee_app", "a dangerous grant"),
    "open function": (
        "grant execute on function gate.stand_in(uuid, uuid, text) to public",
        "a function that anybody may call",
    ),
    "owner's eyes": (
        "create view house.all_members as select * from house.member",
        "a view that looks with its owner's eyes",
    ),
    "readable key": ("grant select on gate.secret to bailee_app", "a secret of the gate that a runtime role can read"),
    "bypass": ("alter role bailee_worker bypassrls", "a runtime role that bypasses or belongs"),
    "sequence": ("create sequence house.counter", "a sequence"),
    "search path": (
        "create function gate.loose() returns int language sql security definer as 'select 1'; revoke all on function gate.loose() from public",
        "a definer function without a pinned search path",
    ),
    "forgotten gate": (
        "create policy loose on house.member for select to bailee_app using (jobs is not null)",
        "a policy that does not ask the gate",
    ),
    "row by row": (
        "create policy slow on house.member for select to bailee_app using (tenant_id = gate.tenant())",
        "a policy that asks for the tenant row by row",
    ),
}


def test_the_catalogue_has_nothing_to_say(admin: psycopg.Connection) -> None:
    assert findings(admin) == {}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(database_url: URL, defect: str) -> None:
    statement, question = DEFECTS[defect]
    with psycopg.connect(cluster.dsn(database_url)) as admin:
        admin.execute("set lock_timeout = '3s'")
        admin.execute(statement)  # type: ignore[call-overload]
        assert question in findings(admin)
        admin.rollback()


def test_a_forgotten_context_is_loud(world: World) -> None:
    """On a table with rows; that every policy of every table asks the gate is the lint's question."""
    world.firm("SME").owner  # noqa: B018 -- somebody's row stands there
    with Session(engine()) as session, session.begin(), pytest.raises(DBAPIError, match="no tenant context"):
        session.execute(text("select count(*) from house.member"))


@pytest.mark.parametrize("table", OWN)
def test_a_stranger_sees_no_row_of_any_table(world: World, table: str) -> None:
    stranger = world.firm("BANK", "SME", "SUPERVISOR", "WAREHOUSE_OPERATOR", "LOGISTICS", "BUYER")
    with stranger.owner.ws(read_only=True) as ws:
        foreign = ws.session.scalar(
            text(f"select count(*) from house.{table} where tenant_id <> :me"), {"me": ws.tenant_id}
        )
    assert foreign == 0


def test_a_grant_on_a_thing_of_another_kind_opens_nothing_of_a_deal(world: World) -> None:
    """An id is a deal's or a lot's: a bank that was given a deal's id as a lot's reads none of its rows. As a deal's, all of them that a bank reads."""
    deal, bank = a_called_loan(world), world.firm("BANK")
    about = [t.name for t in policies.tables() if policies.access_of(t).about == "deal_id" and policies.access_of(t).read & {"bank", "*"}]  # fmt: skip
    there = {name for name in about if world.admin.execute(f"select 1 from house.{name} where deal_id = %s", (deal.deal_id,)).fetchone()}  # fmt: skip
    assert {"deal", "margin_call", "pledge"} <= there
    for kind, opened in (("lot", set()), ("deal", there)):
        world.admin.execute("delete from gate.access_grant where tenant_id = %s", (bank.tenant_id,))
        world.admin.execute("insert into gate.access_grant values (%s, %s, 'bank', %s, false, %s, now(), null)", (bank.tenant_id, deal.deal_id, kind, bank.tenant_id))  # fmt: skip
        with bank.operator.ws(read_only=True) as ws:
            seen = {name for name in about if ws.session.execute(text(f"select 1 from house.{name} where deal_id = :deal limit 1"), {"deal": deal.deal_id}).first()}  # fmt: skip
        assert seen == opened


@pytest.mark.parametrize("table", [name for name in WRITABLE if name in OWN])
def test_nobody_adds_a_row_for_another(world: World, table: str) -> None:
    victim, stranger = world.firm(), world.firm("BANK", "SME", "SUPERVISOR")
    columns = METADATA.tables[f"house.{table}"].columns
    needed = [c.name for c in columns if not c.nullable and c.name != "tenant_id" and c.server_default is None]
    values = ", ".join(["cast(:victim as uuid)", *(_any_value(columns[name]) for name in needed)])
    statement = f"insert into house.{table} (tenant_id{''.join(', ' + n for n in needed)}) values ({values})"
    with stranger.owner.ws() as ws, pytest.raises(DBAPIError) as refused, ws.session.begin_nested():
        ws.session.execute(text(statement), {"victim": victim.tenant_id})
    assert getattr(refused.value.orig, "sqlstate", "") in {"42501", "28000"}, refused.value.orig


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_ever_truncated(world: World, table: str) -> None:
    with world.firm().owner.ws() as ws, pytest.raises(DBAPIError, match="permission denied"), ws.session.begin_nested():
        ws.session.execute(text(f"truncate house.{table}"))


def test_a_held_cursor_does_not_survive_the_pool(world: World) -> None:
    firm = world.firm()
    with firm.owner.ws() as ws:
        pid = ws.session.scalar(text("select pg_backend_pid()"))
        ws.session.execute(text("declare held cursor with hold for select * from house.member"))
    for _ in range(20):
        with world.firm().owner.ws() as ws:
            if ws.session.scalar(text("select pg_backend_pid()")) == pid:
                with pytest.raises(DBAPIError, match="held"), ws.session.begin_nested():
                    ws.session.execute(text("fetch all from held"))
                return
    raise AssertionError("the pool never gave the connection again")


def _any_value(column: Column[Any]) -> str:
    if isinstance(column.type, Uuid):
        return "uuidv7()"
    kind = column.type.compile(dialect=postgresql.dialect()).lower()
    for name, value in VALUES.items():
        if name in kind:
            return value
    raise AssertionError(f"no value known for {kind}")
