"""The run's PostgreSQL: one server, one migrated template, a clone for each worker."""

import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from tests import scratch

ROOT = Path(__file__).parent.parent
ADDRESS = "BAILEE_TEST_DATABASE_URL"
TEMPLATE = "bailee_test_template"
PASSWORD = "of-the-test-run-only"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ROLES = [f"bailee_{role}" for role in ("app", "worker", "gateway", "door", "backup")]
_running = ExitStack()


def start() -> URL:
    """The administrator's address on a running server with a migrated template: a given one, or our own embedded one."""
    if ADDRESS not in os.environ:
        from integrations.local.postgres import Postgres

        scratch.sweep()
        folder = _running.enter_context(scratch.folder())
        server = Postgres(folder / "home", durable=False)
        _running.callback(server.stop)
        server.start()
        os.environ[ADDRESS] = server.admin_dsn("postgres")
        _make_template(make_url(os.environ[ADDRESS]))
    return make_url(os.environ[ADDRESS])


def stop() -> None:
    """Stop what `start` started here."""
    _running.close()
    os.environ.pop(ADDRESS, None)


def clone(server: URL, name: str) -> URL:
    """A database of one's own, migrated, its clock frozen at START."""
    with psycopg.connect(dsn(server), autocommit=True) as admin:
        if not admin.execute("select 1 from pg_database where datname = %s", (TEMPLATE,)).fetchone():
            _make_template(server)
        admin.execute(f'create database "{name}" template {TEMPLATE} strategy file_copy')
        # A template gives its contents, but not who may use it.
        admin.execute(f'revoke all on database "{name}" from public')
        admin.execute(f'grant connect on database "{name}" to {", ".join(ROLES)}')
    return server.set(database=name)


def drop(server: URL, name: str) -> None:
    """Take a database away, whoever is still connected."""
    with psycopg.connect(dsn(server), autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')


def migrate(url: URL, to: str = "head") -> None:
    """Bring a database to a revision, as `bailee migrate` does."""
    verb = "downgrade" if to == "base" else "upgrade"
    environment = os.environ | {"BAILEE_DATABASE_ADMIN_URL": url.render_as_string(hide_password=False)}
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", verb, to],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def as_role(url: URL, role: str) -> str:
    """The address of the same database for one of the runtime roles."""
    return url.set(username=f"bailee_{role}", password=PASSWORD).render_as_string(hide_password=False)


def dsn(url: URL) -> str:
    """The address as psycopg takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _make_template(server: URL) -> None:
    with psycopg.connect(dsn(server), autocommit=True) as admin:
        admin.execute(f'drop database if exists "{TEMPLATE}"')
        admin.execute(f'create database "{TEMPLATE}"')
    template = server.set(database=TEMPLATE)
    migrate(template)
    with psycopg.connect(dsn(template), autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"alter role {role} password '{PASSWORD}'")
        admin.execute("update gate.clock set driven = true, frozen_at = %s", (START,))
