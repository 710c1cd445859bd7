"""The house as it really runs, for the length of a story: web, relay, worker and Valkey as processes, a database of its own, and a clock to drive."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from integrations.local.children import Child
from integrations.local.stack import healthy
from integrations.local.valkey import Valkey
from tests import cluster
from tests.integrations.local.installed import free_port
from tests.integrations.local.running import launch, running

PATIENCE_SECONDS = 120
UNDONE = """select f.subscriber || ': ' || coalesce(f.failure, 'not yet') from house.delivery f
             where f.done_at is null and f.due_at <= gate.now() and f.attempts < 12"""


@dataclass
class House:
    """Where it stands, and the administrator's line behind it."""

    url: str
    admin: psycopg.Connection

    @property
    def now(self) -> datetime:
        row = self.admin.execute("select gate.now()").fetchone()
        assert row
        return row[0]  # type: ignore[no-any-return]

    def wait(self, *, to: datetime | None = None, **step: float) -> datetime:
        """Time passes, until a moment or by a step, and what falls due happens."""
        moment = to or self.now + timedelta(**step)
        self.admin.execute("update gate.clock set driven = true, ahead_by = '0', frozen_at = %s", (moment,))
        self.admin.execute("notify deliveries")
        self.settle()
        return moment

    def settle(self) -> None:
        """Nothing that is due is undone."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while undone := self.admin.execute(UNDONE).fetchall():
            assert time.monotonic() < patience, undone
            time.sleep(0.01)


@contextlib.contextmanager
def opened(database: URL, place: Path, admin: psycopg.Connection) -> Iterator[House]:
    """People the world with the demo's cast, then open the doors; close them in order."""
    logs = place / "logs"
    valkey, port = Valkey(place / "home"), free_port()
    logs.mkdir()
    with contextlib.ExitStack() as open_now:
        open_now.enter_context(running(valkey.child(), logs / "valkey.log"))
        told = _told(database, place, valkey.url())
        people = launch(_flask("demo-world", told, "APP"), logs / "people.log")
        for name in ("relay", "worker"):
            open_now.enter_context(running(_flask(name, told, "WORKER"), logs / f"{name}.log"))
        open_now.enter_context(running(_web(port, told), logs / "web.log"))
        assert people.wait(PATIENCE_SECONDS) == 0, (logs / "people.log").read_text()
        yield House(f"http://127.0.0.1:{port}", admin)


def _told(database: URL, place: Path, valkey_url: str) -> dict[str, str]:
    doors = {
        f"BAILEE_DATABASE_{role.upper()}_URL": cluster.as_role(database, role) for role in ("app", "worker", "door")
    }
    home = place / "home"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BAILEE_")}
    return (
        inherited
        | doors
        | {
            "BAILEE_VALKEY_URL": valkey_url,
            "BAILEE_HOME": str(home),
            "BAILEE_FILES": str(home / "files"),
            "BAILEE_ARGON2_KIB": "64",
            "BAILEE_SECRET_KEY": "of-the-story-only",
        }
    )


def _flask(command: str, told: dict[str, str], role: str) -> Child:
    argv = (sys.executable, "-m", "flask", "--app", "wsgi", command)
    return Child(command, argv, told | {"BAILEE_ROLE": role}, folder=cluster.ROOT)


def _web(port: int, told: dict[str, str]) -> Child:
    argv = (sys.executable, "-m", "uvicorn", "wsgi:asgi", "--port", str(port), "--timeout-graceful-shutdown", "2")
    return Child("web", argv, told | {"BAILEE_ROLE": "APP"}, ready=healthy("127.0.0.1", port), folder=cluster.ROOT)
