"""The login roles: what they may do is little, and an existing one is not overrun."""

from collections.abc import Iterator

import psycopg
import pytest

from integrations.local import roles
from integrations.local.postgres import Postgres
from tenants.errors import Conflict
from tests import scratch

pytestmark = pytest.mark.stack
WORDS = {door: f"word-of-{door}" for door in roles.DOORS}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with scratch.folder() as folder:
        made = Postgres(folder / "home", durable=False)
        made.start()
        yield made
        made.stop()


@pytest.fixture
def dsn(server: Postgres) -> Iterator[str]:
    """A server with Bailee's roles and database, as if just installed."""
    roles.ensure(server.admin_dsn(), WORDS, ours=True)
    yield server.admin_dsn()
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("DROP DATABASE bailee")
        for door in roles.DOORS:
            admin.execute(f"DROP ROLE bailee_{door}")


def test_each_door_opens_with_its_password_into_its_database(dsn: str) -> None:
    for door, word in WORDS.items():
        with psycopg.connect(roles.address(dsn, roles.role(door), word)) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (
                f"bailee_{door}",
                "bailee",
            )


def test_no_door_has_power_but_the_one_for_dumps_reads(dsn: str) -> None:
    with psycopg.connect(dsn) as admin:
        found = admin.execute(
            "SELECT rolname, rolbypassrls FROM pg_roles WHERE rolname LIKE 'bailee\\_%'"
            " AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit) ORDER BY 1"
        ).fetchall()
    assert found == [(f"bailee_{door}", door == "backup") for door in sorted(roles.DOORS)]


def test_the_role_for_dumps_cannot_write(dsn: str) -> None:
    with psycopg.connect(roles.in_database(dsn)) as admin:
        admin.execute("CREATE TABLE lot (id int)")
        admin.execute("INSERT INTO lot VALUES (1)")
    with psycopg.connect(roles.address(dsn, "bailee_backup", WORDS["backup"])) as connection:
        assert connection.execute("SELECT id FROM lot").fetchone() == (1,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO lot VALUES (2)")


def test_nobody_else_connects(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("CREATE ROLE stranger LOGIN PASSWORD 'word'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(roles.address(dsn, "stranger", "word"))
        finally:
            admin.execute("DROP ROLE stranger")


def test_the_database_sorts_the_same_everywhere(dsn: str) -> None:
    with psycopg.connect(roles.in_database(dsn)) as admin:
        told = admin.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database WHERE datname = 'bailee'"
        ).fetchone()
    assert told == ("UTF8", "b", "C.UTF-8")


def test_ensuring_twice_changes_nothing(dsn: str) -> None:
    roles.ensure(dsn, WORDS, ours=False)
    psycopg.connect(roles.address(dsn, "bailee_app", WORDS["app"])).close()


def test_our_own_server_takes_the_vaults_password(dsn: str) -> None:
    roles.ensure(dsn, WORDS | {"app": "renewed"}, ours=True)
    psycopg.connect(roles.address(dsn, "bailee_app", "renewed")).close()


def test_a_strange_servers_role_is_not_overrun(dsn: str) -> None:
    with pytest.raises(Conflict, match="bailee_app exists on the database server with a password that is not ours"):
        roles.ensure(dsn, WORDS | {"app": "another"}, ours=False)
    psycopg.connect(roles.address(dsn, "bailee_app", WORDS["app"])).close()


@pytest.mark.parametrize("power", ["SUPERUSER", "BYPASSRLS", "CREATEROLE"])
def test_a_role_with_too_much_power_is_refused(dsn: str, power: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE bailee_worker {power}")
    with pytest.raises(Conflict, match="bailee_worker may do more"):
        roles.ensure(dsn, WORDS, ours=True)


def test_the_servers_log_never_sees_a_password(server: Postgres, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET log_statement = 'all'")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("SELECT pg_sleep(0.1)")
    try:
        roles.ensure(dsn, WORDS, ours=True)
    finally:
        with psycopg.connect(dsn, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM RESET log_statement")
            admin.execute("SELECT pg_reload_conf()")
    log = server.log.read_text()
    assert "ALTER ROLE" in log
    assert "word-of-" not in log


def test_addresses_keep_the_place_and_escape_the_password() -> None:
    dsn = "postgres://admin:p%40ss@db.example:5433/postgres?sslmode=verify-full"
    assert roles.address(dsn, "bailee_app", "a/b@c") == (
        "postgresql://bailee_app:a%2Fb%40c@db.example:5433/bailee?sslmode=verify-full"
    )
    assert roles.in_database(dsn) == "postgresql://admin:p%40ss@db.example:5433/bailee?sslmode=verify-full"
    assert roles.for_sqlalchemy(roles.in_database(dsn)).startswith("postgresql+psycopg://admin:")
