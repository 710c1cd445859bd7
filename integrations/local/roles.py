"""The login roles and the database of Bailee. Everything inside the database (owners, schemas, grants) is the
migrations' work.

Each door of the house has a role of its own that owns nothing, inherits nothing and obeys row security; `bailee_backup`
alone reads past row security, for dumps. Settings of the database as a whole are made here, because a dump does not
carry them.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tenants.errors import Conflict

DATABASE = "bailee"
DOORS = ("app", "worker", "gateway", "door", "backup")
_MAJOR_MIN = 18
_LOCALE = sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")  # as in the embedded server
_LOCK = 0x6261696C6565  # "bailee" in ASCII: two starts on one server take turns


def role(door: str) -> str:
    """The login role behind a door."""
    return f"{DATABASE}_{door}"


def address(admin_dsn: str, user: str, password: str) -> str:
    """The libpq address of one role on the server that `admin_dsn` names, in Bailee's database."""
    parts = urlsplit(admin_dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(("postgresql", f"{user}:{quote(password, safe='')}@{place}", f"/{DATABASE}", parts.query, ""))


def in_database(admin_dsn: str) -> str:
    """The administrator's own address, in Bailee's database."""
    return urlunsplit(urlsplit(admin_dsn)._replace(scheme="postgresql", path=f"/{DATABASE}"))


def for_sqlalchemy(dsn: str) -> str:
    return "postgresql+psycopg:" + dsn.partition(":")[2]


def ensure(admin_dsn: str, passwords: Mapping[str, str], *, ours: bool) -> None:
    """Make the login roles and the database where they are missing. `passwords` is by door.

    `ours` says that the server is the embedded one, whose passwords are always those of the vault. On somebody else's
    server an existing role keeps its password: should ours not open it, that is refused, for another installation may
    live by it.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        _refuse_old_server(connection)
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        for door, password in passwords.items():
            if not _exists(connection, role(door)):
                _create(connection, door)
            elif not ours:
                _refuse_other_password(admin_dsn, door, password)
                continue
            _set_password(connection, role(door), password)
        _refuse_powerful(connection)
        _ensure_database(connection, list(passwords))


def _refuse_old_server(connection: psycopg.Connection) -> None:
    found = connection.info.server_version // 10000
    if found < _MAJOR_MIN:
        raise Conflict(
            "postgres_version",
            "The server behind BAILEE_DATABASE_URL is PostgreSQL %(found)s; Bailee needs %(needed)s or newer.",
            field="BAILEE_DATABASE_URL",
            found=found,
            needed=_MAJOR_MIN,
        )


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def _create(connection: psycopg.Connection, door: str) -> None:
    """A role that may log in and no more; the one for dumps also reads everything, row security notwithstanding."""
    name = sql.Identifier(role(door))
    powers = sql.SQL("BYPASSRLS" if door == "backup" else "NOBYPASSRLS")
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT {}").format(name, powers))
    if door == "backup":
        connection.execute(sql.SQL("GRANT pg_read_all_data TO {} WITH INHERIT TRUE").format(name))
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(name))


def _set_password(connection: psycopg.Connection, name: str, password: str) -> None:
    """Hashed here, so that the plain password is in no statement, and so in no log of the server."""
    hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(hashed)))


def _refuse_other_password(admin_dsn: str, door: str, password: str) -> None:
    parts = urlsplit(address(admin_dsn, role(door), password))._replace(path=urlsplit(admin_dsn).path)
    try:
        psycopg.connect(urlunsplit(parts), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise Conflict(
            "role_taken",
            "Role %(role)s exists on the database server with a password that is not ours. Bring secrets.json of the "
            "installation that made it, or give %(variable)s.",
            field="BAILEE_DATABASE_URL",
            role=role(door),
            variable=f"BAILEE_DATABASE_{door.upper()}_URL",
        ) from error


def _refuse_powerful(connection: psycopg.Connection) -> None:
    """A role that somebody made a superuser, or exempted from row security, would void every promise about tenants."""
    found = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolcreaterole OR rolbypassrls)",
        [[role(door) for door in DOORS if door != "backup"]],
    ).fetchone()
    if found:
        raise Conflict(
            "role_too_powerful",
            "Role %(role)s may do more than a door of Bailee should: take SUPERUSER, CREATEROLE and BYPASSRLS from it.",
            role=found[0],
        )


def _ensure_database(connection: psycopg.Connection, doors: list[str]) -> None:
    name = sql.Identifier(DATABASE)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' {}").format(name, _LOCALE))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    logins = sql.SQL(", ").join(sql.Identifier(role(door)) for door in doors)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, logins))
