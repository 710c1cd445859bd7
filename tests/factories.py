"""Factories: one function for each noun, with trade-true defaults. Firms and people are planted directly; everything else goes through actions."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.errors import CheckViolation
from psycopg.types.json import Jsonb

from frontend.pages import COOKIE
from tenants.database import new_id
from tenants.deliveries import carry_out, claim, finish_live
from tenants.workspace import DeviceKey, SessionKey, Workspace, enter

Made = TypeVar("Made")
EVERY_ROW = """select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables
 where schemaname = 'house' or schemaname = 'gate' and tablename in
 ('invitation', 'session', 'person', 'log_queue', 'log_leaf', 'log_tile', 'log_checkpoint')"""


@dataclass
class Person:
    """A member with a live session."""

    name: str
    token: str
    person_id: UUID
    firm: "Firm"

    @contextmanager
    def ws(self, *, read_only: bool = False) -> Iterator[Workspace]:
        """The person's workspace: one transaction."""
        with self.firm.world.app.app_context(), enter(SessionKey(self.token), read_only=read_only) as ws:
            yield ws

    def browser(self) -> FlaskClient:
        """A signed-in test client for pages."""
        client = self.firm.world.app.test_client()
        client.set_cookie(COOKIE, self.token)
        return client

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Any:
        """One API call with this person's token; POSTs get a fresh idempotency key unless given one."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        return self.firm.world.app.test_client().open(
            f"/api/v1{path}", method=method, json=body, headers=headers, **options
        )


@dataclass
class Firm:
    """An organisation and its people, by job: `firm.operator`, `firm.approver`, `firm.owner`."""

    world: "World"
    tenant_id: UUID
    name: str
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, *jobs: str, name: str | None = None) -> Person:
        """Somebody with these jobs; a second person when a new name is given."""
        key = name or "/".join(jobs)
        if key not in self.people:
            self.people[key] = self.world.plant_person(self, list(jobs), name or f"{jobs[0].title()} of {self.name}")
        return self.people[key]

    @property
    def owner(self) -> Person:
        return self.person("owner")

    @property
    def operator(self) -> Person:
        return self.person("operator")

    @property
    def approver(self) -> Person:
        return self.person("approver")


class World:
    """The test's world: firms, clock, worker."""

    # What the cases of one test begin from (`Shared`), and the time at which it was made.
    kept: ClassVar[dict[tuple[object, ...], tuple[Any, datetime]]] = {}

    def __init__(self, app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection) -> None:
        self.app, self.worker_app, self.gateway_app, self.admin = app, worker_app, gateway_app, admin

    def empty(self) -> None:
        """Nothing and nobody is left, as only the server's administrator could do it: books and records, and the log of them, let nothing be taken out."""
        [(tables,)] = self.admin.execute(EVERY_ROW).fetchall()
        self.admin.execute("set session_replication_role = replica")
        self.admin.execute(f"truncate {tables} cascade")
        self.admin.execute("update gate.log_head set size = 0")
        self.admin.execute("reset session_replication_role")
        self.kept.clear()

    def events(self) -> int:
        """How much has happened in this house since the server was started."""
        [(count,)] = self.admin.execute("select count(*) from house.event").fetchall()
        return int(count)

    @contextmanager
    def nothing_happens(self) -> Iterator[None]:
        """While a module looks at what the next ones look at too: an event that it leaves behind fails it."""
        before = self.events()
        yield
        assert self.events() == before, "this module changed what the next ones look at: let it make its own"

    def refused_by(self, table: str, **change: object) -> str:
        """The check of the database that refuses a row like the table's last one but for this change, whoever writes it, past all triggers and policies."""
        like = f"insert into house.{table} select (jsonb_populate_record(t, %s)).* from house.{table} t order by ctid desc limit 1"
        with pytest.raises(CheckViolation) as refused, self.admin.transaction():
            self.admin.execute("set local session_replication_role = replica")
            self.admin.execute(like, (Jsonb(change),))
        return str(refused.value.diag.constraint_name).removeprefix(f"ck_{table}_")

    def firm(self, *kinds: str, name: str | None = None) -> Firm:
        """An admitted organisation of these kinds (default: an SME)."""
        tenant_id = new_id()
        called = name or f"{(kinds or ('SME',))[0].title()} {secrets.token_hex(3)}"
        self.admin.execute(
            "insert into house.organisation (id, name, kinds, admitted_at) values (%s, %s, %s, now())",
            (tenant_id, called, Jsonb(sorted(kinds or ("SME",)))),
        )
        return Firm(self, tenant_id, called)

    def plant_person(self, firm: Firm, jobs: list[str], name: str) -> Person:
        person_id, token = new_id(), f"ses_{secrets.token_urlsafe(32)}"
        email = f"{secrets.token_hex(6)}@example.test"
        salt_and_verifier = ((64).to_bytes(4) + bytes([3]) + secrets.token_bytes(16), secrets.token_bytes(32))
        self.admin.execute(
            "insert into gate.person (id, email, name, salt, verifier) values (%s, %s, %s, %s, %s)",
            (person_id, email, name, *salt_and_verifier),
        )
        self.admin.execute(
            "insert into house.member (tenant_id, person_id, name, email, jobs, since) values (%s, %s, %s, %s, %s, now())",
            (firm.tenant_id, person_id, name, email, Jsonb(jobs)),
        )
        self.admin.execute(
            "insert into gate.session (token_hash, person_id, tenant_id, kind, expires_at) values (%s, %s, %s, 'browser', now() + interval '1 day')",
            (hashlib.sha256(token.encode()).digest(), person_id, firm.tenant_id),
        )
        return Person(name, token, person_id, firm)

    # The clock -------------------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        row = self.admin.execute("select gate.now()").fetchone()
        assert row
        return row[0]  # type: ignore[no-any-return]

    def set_clock(self, moment: datetime) -> None:
        """Freeze the clock at a moment."""
        self.admin.execute("update gate.clock set driven = true, ahead_by = '0', frozen_at = %s", (moment,))

    def advance(self, step: timedelta) -> datetime:
        """Drive the clock forward."""
        self.set_clock(self.now + step)
        return self.now

    # The worker ------------------------------------------------------------------------------------------------------------------

    def work(self, most_rounds: int = 50) -> int:
        """Carry out every delivery that is due, and those they cause, as relay and worker do. Returns how many."""
        done = 0
        with self.worker_app.app_context():
            for _ in range(most_rounds):
                claimed = claim(500)
                if not claimed:
                    return done
                finish_live([one.id for one in claimed if one.subscriber == "live"])
                done += sum(carry_out(one.id) for one in claimed if one.subscriber != "live")
        raise AssertionError("reactions keep causing reactions")

    @contextmanager
    def device_ws(self, device_id: UUID) -> Iterator[Workspace]:
        """A device's workspace, as the gateway enters it."""
        with self.gateway_app.app_context(), enter(DeviceKey(device_id)) as ws:
            yield ws


@dataclass
class Shared:
    """What all cases of one test begin from, made for the first of them by the same actions as ever: `deal = shared(a_running_loan)`.

    For tests whose every case only looks, or is refused. A case that leaves an event behind fails; the next test gets nothing of it.
    """

    world: World
    test: str
    events: int | None = None

    def __call__(self, make: Callable[..., Made], *arguments: object) -> Made:
        """What `make(world, *arguments)` made, at the time when it was made."""
        kept, key = self.world.kept, (self.test, make, *map(id, arguments))
        if any(one[0] != self.test for one in kept):
            kept.clear()
        if key not in kept:
            kept[key] = (make(self.world, *arguments), self.world.now)
        made, at = kept[key]
        self.world.set_clock(at)
        self.events = self.world.events()
        return made  # type: ignore[no-any-return]

    def is_as_it_was(self) -> bool:
        """Whether nothing has happened since this case began."""
        return self.events in (None, self.world.events())
