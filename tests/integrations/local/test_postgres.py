"""The embedded PostgreSQL: safe as started, durable, ended with its starter, run by whom it should be."""

import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from integrations.local.guard import send, started_ticks
from integrations.local.home import Home
from integrations.local.postgres import Postgres
from tenants.errors import Conflict, Unavailable

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parents[3]


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    made = Postgres(home, durable=False)
    made.start()
    yield made
    made.stop()


def setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row
    return str(row[0])


def test_starts_stops_and_starts_again_with_its_rows(home: Path) -> None:
    postgres = Postgres(home, durable=False)
    for count in (1, 2):
        postgres.start()
        with psycopg.connect(postgres.admin_dsn()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS lot (id int)")
            connection.execute("INSERT INTO lot VALUES (1)")
            assert connection.execute("SELECT count(*) FROM lot").fetchone() == (count,)
        postgres.stop()
    assert not postgres.answers()
    assert "database system was not properly shut down" not in postgres.log.read_text()


def test_is_safe_as_started(postgres: Postgres, home: Path) -> None:
    with psycopg.connect(postgres.admin_dsn()) as connection:
        assert setting(connection, "listen_addresses") == ""
        assert setting(connection, "data_checksums") == "on"
        assert setting(connection, "password_encryption") == "scram-sha-256"
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        locale = connection.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'postgres'")
        assert locale.fetchone() == ("b", "C.UTF-8")
    assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    assert not (home / "run" / "initdb.password").exists()


@pytest.mark.parametrize("word", ["", "postgres", "0" * 64])
def test_nobody_enters_without_the_password(postgres: Postgres, word: str) -> None:
    dsn = f"host={postgres.socket_folder} user=postgres dbname=postgres"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(dsn, password=word)


def test_a_durable_server_waits_for_the_disk_and_a_fleeting_one_does_not(home: Path, place: Path) -> None:
    told = {}
    for durable in (True, False):
        postgres = Postgres(place / str(durable), durable=durable)
        postgres.start()
        with psycopg.connect(postgres.admin_dsn()) as connection:
            told[durable] = [setting(connection, name) for name in ("fsync", "synchronous_commit", "full_page_writes")]
        postgres.stop()
    assert told == {True: ["on"] * 3, False: ["off"] * 3}


def test_another_major_version_is_refused_untouched(home: Path) -> None:
    Home(home).claim()
    (home / "postgres").mkdir(mode=0o700)
    (home / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Conflict, match="written by PostgreSQL 17, and this Bailee brings 18"):
        Postgres(home).start()
    assert [path.name for path in (home / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_database_without_its_secrets_is_refused(home: Path) -> None:
    postgres = Postgres(home, durable=False)
    postgres.start()
    postgres.stop()
    (home / "secrets.json").unlink()
    with pytest.raises(Unavailable, match="password is not"):
        Postgres(home).start()


def test_an_initdb_that_was_killed_half_way_is_done_again(home: Path) -> None:
    Home(home).claim()
    (home / "postgres.new").mkdir(mode=0o700)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    postgres = Postgres(home, durable=False)
    postgres.start()
    postgres.stop()
    assert not (home / "postgres.new").exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    postgres = Postgres(home, durable=False)
    postgres.start()
    postgres.stop()
    with (home / "postgres" / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = 'a lot'\n")
    with pytest.raises(Unavailable, match="shared_buffers"):
        Postgres(home, durable=False).start()


def test_a_deep_home_works(place: Path) -> None:
    postgres = Postgres(place / ("d" * 60) / ("e" * 60), durable=False)
    postgres.start()
    with psycopg.connect(postgres.admin_dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    postgres.stop()
    shutil.rmtree(postgres.socket_folder.parent)


_STARTER = """
import sys, time
from pathlib import Path
import psycopg
from integrations.local.postgres import Postgres
postgres = Postgres(Path(sys.argv[1]))
postgres.start()
with psycopg.connect(postgres.admin_dsn(), autocommit=True) as connection:
    connection.execute("CREATE TABLE acknowledged (id int)")
    for number in range(1_000_000):
        connection.execute("INSERT INTO acknowledged VALUES (%s)", [number])
        print(number, flush=True)
"""


def test_kill_of_the_starter_ends_the_server_and_loses_nothing_acknowledged(home: Path, place: Path) -> None:
    journal = place / "journal"
    with journal.open("wb") as output:
        starter = subprocess.Popen([sys.executable, "-c", _STARTER, home], cwd=ROOT, stdout=output)
    while journal.stat().st_size < 500:
        assert starter.poll() is None
        time.sleep(0.02)
    server = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + 30
    while started_ticks(server) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    acknowledged = int(journal.read_text().splitlines()[-1]) + 1
    assert _count(home) in (acknowledged, acknowledged + 1)


def test_kill_of_the_server_loses_nothing_acknowledged(home: Path) -> None:
    postgres = Postgres(home)
    postgres.start()
    server = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    with psycopg.connect(postgres.admin_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE acknowledged (id int)")
        for number in range(200):
            connection.execute("INSERT INTO acknowledged VALUES (%s)", [number])
        send(server, signal.SIGKILL)
    postgres.stop()
    assert _count(home) == 200


def _count(home: Path) -> int:
    """How many rows a new start finds, at once: it waits itself for the old server's last sessions to leave."""
    postgres = Postgres(home)
    postgres.start()
    with psycopg.connect(postgres.admin_dsn()) as connection:
        row = connection.execute("SELECT count(*) FROM acknowledged").fetchone()
    postgres.stop()
    assert row
    return int(row[0])
