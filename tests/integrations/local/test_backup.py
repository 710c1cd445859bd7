"""A backup holds everything, is checked before it is used, and never overwrites anything."""

import hashlib
import io
import json
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integrations.local import backup as backups
from integrations.local import environment, lock, one_off, roles
from integrations.local.settings import from_environment
from integrations.local.up import Installation
from tenants.errors import Conflict, Invalid, Unavailable
from tests import scratch

pytestmark = pytest.mark.stack

SCHEMA = """
CREATE ROLE bailee_owner NOLOGIN;
CREATE SCHEMA house AUTHORIZATION bailee_owner;
GRANT USAGE ON SCHEMA house TO bailee_app;
SET ROLE bailee_owner;
CREATE TABLE house.lot (tenant int, name text, PRIMARY KEY (tenant, name));
ALTER TABLE house.lot ENABLE ROW LEVEL SECURITY;
ALTER TABLE house.lot FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON house.lot TO bailee_app USING (tenant = current_setting('app.tenant')::int);
GRANT SELECT ON house.lot TO bailee_app;
RESET ROLE;
ALTER TABLE house.lot NO FORCE ROW LEVEL SECURITY;
INSERT INTO house.lot SELECT number % 3, 'lot ' || number FROM generate_series(1, 3000) AS number;
ALTER TABLE house.lot FORCE ROW LEVEL SECURITY;
GRANT bailee_owner TO bailee_worker WITH INHERIT FALSE, SET TRUE;
ALTER ROLE bailee_app SET statement_timeout = '7s';
ALTER ROLE bailee_app IN DATABASE bailee SET search_path = house, public;
ALTER DATABASE bailee SET lock_timeout = '3s';
GRANT TEMPORARY ON DATABASE bailee TO bailee_worker;
"""


def installed(home: Path) -> Installation:
    return Installation(from_environment({"BAILEE_HOME": str(home)}))


def take(installation: Installation, target: Path) -> backups.Summary:
    with one_off.database(installation) as dsn:
        installation.ensure_roles(dsn)
        doors = environment.door_addresses(installation.settings, installation.vault, dsn)
        dump_dsn = doors["backup"].replace("postgresql+psycopg:", "postgresql:", 1)
        return backups.backup(dsn, dump_dsn, installation.home, target)


def put_back(installation: Installation, source: Path) -> backups.Summary:
    with one_off.database(installation, alone=True) as dsn:
        return backups.restore(dsn, installation.home, source, environment.passwords(installation.vault), ours=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """An installation with rows of three tenants behind forced row security, documents and a signing key; a backup beside it. Made once, for copies."""
    with scratch.folder() as folder:
        installation = _lived_in(folder / "old")
        take(installation, folder / "backup.tar")
        yield folder


def _lived_in(home: Path) -> Installation:
    installation = installed(home)
    with one_off.database(installation) as dsn:
        installation.ensure_roles(dsn)
        with psycopg.connect(roles.in_database(dsn), autocommit=True) as connection:
            connection.execute(SCHEMA.encode())
    (installation.home.files / "ab").mkdir()
    (installation.home.files / "ab" / "warehouse receipt 仓单.pdf").write_bytes(b"%PDF" * 100_000)
    (installation.home.files / "empty").touch()
    (installation.home.files / "link").symlink_to("/etc/passwd")
    installation.vault.secret("secret_key")
    return installation


@pytest.fixture
def lived_in(made: Path, place: Path) -> Installation:
    """The test's own copy of it."""
    subprocess.run(["/bin/cp", "-a", made / "old", place], check=True)
    return installed(place / "old")


@pytest.fixture
def saved(made: Path, place: Path) -> Path:
    """Its backup, and whatever else was left beside it."""
    subprocess.run(["/bin/cp", "-a", *made.glob("backup.tar*"), place], check=True)
    return place / "backup.tar"


def test_a_round_trip_brings_everything_back(lived_in: Installation, saved: Path, place: Path) -> None:
    fresh = installed(place / "new")
    summary = put_back(fresh, saved)
    assert summary.files == 2
    with one_off.database(fresh) as dsn:
        with psycopg.connect(roles.in_database(dsn)) as connection:
            told = connection.execute("SELECT count(*), count(DISTINCT name), sum(tenant) FROM house.lot").fetchone()
            assert told == (3000, 3000, 3000)
            assert _facts(connection) == {
                "owner": "bailee_owner",
                "forced": True,
                "policies": [("own",)],
                "members": [
                    ("bailee_owner", "bailee_worker", False, True),
                    ("pg_read_all_data", "bailee_backup", True, True),
                ],
                "temporary": [("bailee_worker",)],
            }
        with psycopg.connect(roles.address(dsn, "bailee_app", fresh.vault.secret("database_app"))) as connection:
            connection.execute("SET app.tenant = 2")
            told = connection.execute(
                "SELECT count(*), current_setting('statement_timeout'), current_setting('search_path'),"
                " current_setting('lock_timeout') FROM lot"
            ).fetchone()
            assert told == (1000, "7s", "house, public", "3s")
    receipt = fresh.home.files / "ab" / "warehouse receipt 仓单.pdf"
    assert receipt.read_bytes() == b"%PDF" * 100_000
    assert stat.S_IMODE(receipt.stat().st_mode) == 0o600
    assert (fresh.home.files / "empty").exists()
    assert not (fresh.home.files / "link").exists()
    assert fresh.vault.secret("secret_key") == lived_in.vault.secret("secret_key")
    assert fresh.vault.secret("database_app") != lived_in.vault.secret("database_app")


def _facts(connection: psycopg.Connection) -> dict[str, Any]:
    owner, forced = connection.execute(
        "SELECT relowner::regrole::text, relforcerowsecurity FROM pg_class WHERE oid = 'house.lot'::regclass"
    ).fetchone() or (None, None)
    return {
        "owner": owner,
        "forced": forced,
        "policies": connection.execute("SELECT polname::text FROM pg_policy").fetchall(),
        "members": connection.execute(
            "SELECT roleid::regrole::text, member::regrole::text, inherit_option, set_option FROM pg_auth_members"
            " WHERE member::regrole::text LIKE 'bailee%' ORDER BY 1"
        ).fetchall(),
        "temporary": connection.execute(
            "SELECT grantee::regrole::text FROM pg_database, aclexplode(datacl) WHERE datname = 'bailee'"
            " AND privilege_type = 'TEMPORARY' AND grantee <> datdba AND grantee <> 0"
        ).fetchall(),
    }


def test_the_file_is_private_whole_and_without_passwords(lived_in: Installation, saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert not saved.with_name("backup.tar.part").exists()
    words = json.loads(lived_in.home.secrets.read_text())
    content = saved.read_bytes()
    assert words.pop("secret_key").encode() in content
    assert not [name for name, word in words.items() if word.encode() in content]


def test_nothing_is_overwritten_by_a_backup(lived_in: Installation, place: Path) -> None:
    (place / "precious").write_text("precious")
    with pytest.raises(Conflict, match="exists already"):
        take(lived_in, place / "precious")
    assert (place / "precious").read_text() == "precious"


def test_a_lived_in_installation_is_not_restored_into(lived_in: Installation, saved: Path) -> None:
    with pytest.raises(Conflict, match="holds documents already"):
        put_back(lived_in, saved)
    for path in sorted(lived_in.home.files.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    with pytest.raises(Conflict, match="holds 1 tables already"):
        put_back(lived_in, saved)


def test_a_running_installation_is_not_restored_into(lived_in: Installation, saved: Path) -> None:
    with lock.held(lived_in.home.lock, "http://here"), pytest.raises(Conflict, match="already runs here: http://here"):
        put_back(lived_in, saved)


def test_a_failed_dump_leaves_no_file(lived_in: Installation, place: Path) -> None:
    with one_off.database(lived_in) as dsn, pytest.raises(Unavailable, match="pg_dump failed"):
        backups.backup(dsn, roles.address(dsn, "bailee_app", "wrong"), lived_in.home, place / "backup.tar")
    assert not list(place.glob("backup.tar*"))
    assert not list(lived_in.home.run.glob("tmp*"))


# -- damage, each found before anything is touched


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A made-up backup, to be spoiled: no database is needed to find out."""

    def made(*, members: dict[str, bytes] | None = None, told: dict[str, Any] | None = None, **changes: Any) -> Path:
        members = members if members is not None else {"database.dump": b"PGDMP", "files/a": b"deed"}
        path = tmp_path_factory.mktemp("backup") / "backup.tar"
        hashes = told or {name: {"size": len(content), "sha256": _sha256(content)} for name, content in members.items()}
        manifest = {"format": backups.FORMAT, "members": hashes, "beyond_dump": {}, "secret_key": "k"} | changes
        with tarfile.open(path, "w") as archive:
            for name, content in [*members.items(), ("manifest.json", json.dumps(manifest).encode())]:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path

    return made


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_undamaged_one_is_accepted(small: Callable[..., Path]) -> None:
    assert set(backups.verified(small())["members"]) == {"database.dump", "files/a"}


@pytest.mark.parametrize("place_in_file", range(512, 516))
def test_a_flipped_byte_is_found(small: Callable[..., Path], place_in_file: int) -> None:
    path = small()
    content = bytearray(path.read_bytes())
    content[place_in_file] ^= 1
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"damaged: database\.dump does not match"):
        backups.verified(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5])
def test_a_torn_file_is_found(small: Callable[..., Path], share: float) -> None:
    path = small(members={"database.dump": b"x" * 50_000})
    path.write_bytes(path.read_bytes()[: int(50_000 * share)])
    with pytest.raises(Invalid):
        backups.verified(path)


@pytest.mark.parametrize("name", ["files/../../x", "/etc/passwd", "files//a", "other", "files/", "files/./a"])
def test_a_member_out_of_place_is_refused(small: Callable[..., Path], name: str) -> None:
    with pytest.raises(Invalid, match="unexpected member"):
        backups.verified(small(members={"database.dump": b"", name: b"x"}))


def test_a_link_is_refused(small: Callable[..., Path]) -> None:
    path = small()
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo("files/b")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(Invalid, match="unexpected member"):
        backups.verified(path)


def test_a_member_too_many_or_too_few_is_found(small: Callable[..., Path]) -> None:
    one = {"database.dump": {"size": 5, "sha256": _sha256(b"PGDMP")}}
    with pytest.raises(Invalid, match="files/a does not match"):
        backups.verified(small(told=one))


@pytest.mark.parametrize("changes", [{"format": "bailee-backup-9"}, {"format": None}])
def test_another_format_is_refused(small: Callable[..., Path], changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="no backup that this release knows"):
        backups.verified(small(**changes))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b" + b"0" * 600])
def test_what_is_no_archive_is_refused(place: Path, content: bytes) -> None:
    (place / "backup.tar").write_bytes(content)
    with pytest.raises(Invalid):
        backups.verified(place / "backup.tar")


@pytest.fixture(autouse=True)
def _nothing_left(place: Path) -> Iterator[None]:
    """No test leaves a server behind."""
    yield
    assert not list(place.glob("*/postgres/postmaster.pid"))
