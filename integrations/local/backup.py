"""`bailee backup` and `bailee restore`: one file that holds an installation.

A tar archive, mode 0600: `database.dump` (pg_dump's custom format, one consistent snapshot), `files/` (uploaded
documents, taken after the snapshot, so that none that a row names is missing), and last `manifest.json` with the size
and SHA-256 of every member, the roles that a dump leaves out, and the signing key without which sealed secrets could
not be opened. Queues and sessions of Valkey and the broker are not in it: the truth is in the database.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from integrations.local import beyond_dump, roles
from integrations.local.home import Home
from integrations.local.postgres import Postgres
from integrations.local.spawn import run_tool
from integrations.local.vault import Vault
from tenants.errors import Conflict, Invalid, Unavailable

FORMAT = "bailee-backup-1"
_MANIFEST, _DUMP, _FILES = "manifest.json", "database.dump", "files/"
_CHUNK_BYTES = 1024 * 1024
_MANIFEST_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Summary:
    """What a backup holds, for the operator to note down."""

    files: int
    size_bytes: int
    sha256: str


def backup(admin_dsn: str, dump_dsn: str, home: Home, target: Path) -> Summary:
    """Write the backup of a database and its files to `target`, which must not exist yet: a backup is never
    overwritten.
    """
    if target.exists():
        raise Conflict("backup_exists", "%(file)s exists already: name another file.", file=target)
    fresh = target.with_name(target.name + ".part")
    with tempfile.TemporaryDirectory(dir=home.run) as scratch:
        dump = Path(scratch) / _DUMP
        with psycopg.connect(roles.in_database(admin_dsn)) as connection:
            facts = beyond_dump.take(connection)
        _run("pg_dump", dump_dsn, "--format=custom", f"--file={dump}")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        with tarfile.open(fresh, "w") as archive:
            members = {_DUMP: _add(archive, dump, _DUMP)}
            members |= {name: _add(archive, path, name) for name, path in _documents(home)}
            _add_manifest(archive, members, facts, Vault(home.secrets).secret("secret_key"))
    fresh.rename(target)
    return Summary(len(members) - 1, target.stat().st_size, _digest(target.open("rb")))


def restore(admin_dsn: str, home: Home, source: Path, passwords: dict[str, str], *, ours: bool) -> Summary:
    """Fill an empty installation from a backup. Every hash is verified before anything is touched; the database is
    restored in one transaction; the files take their place last. Refused when there is anything to overwrite.
    """
    manifest = verified(source)
    _refuse_filled_files(home)
    roles.ensure(admin_dsn, passwords, ours=ours)
    with psycopg.connect(roles.in_database(admin_dsn), autocommit=True) as connection:
        _refuse_filled_database(connection)
        beyond_dump.put_back(connection, manifest["beyond_dump"])
    with tempfile.TemporaryDirectory(dir=home.run) as scratch:
        _unpack(source, manifest, Path(scratch))
        _run(
            "pg_restore",
            roles.in_database(admin_dsn),
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={roles.DATABASE}",
            str(Path(scratch) / _DUMP),
        )
        for name in _names_of_files(manifest):
            (home.root / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(Path(scratch) / name, home.root / name)
    Vault(home.secrets).keep("secret_key", manifest["secret_key"])
    return Summary(len(_names_of_files(manifest)), source.stat().st_size, _digest(source.open("rb")))


def verified(source: Path) -> dict[str, Any]:
    """The manifest of a backup whose every member is there, once, with the right hash, and nothing besides."""
    try:
        with tarfile.open(source, "r:") as archive:
            found, manifest = _read_all(archive)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise Invalid("backup_damaged", "%(file)s is no whole backup: %(why)s.", file=source, why=error) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Invalid("backup_unknown", "%(file)s is no backup that this release knows.", file=source)
    expected = {name: member["sha256"] for name, member in manifest["members"].items()}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise Invalid("backup_damaged", "%(file)s is damaged: %(why)s does not match.", file=source, why=wrong[0])
    return manifest


def _read_all(archive: tarfile.TarFile) -> tuple[dict[str, str], Any]:
    """The hash of every member by name, and the manifest. A name that leaves its place, or comes twice, is refused."""
    found: dict[str, str] = {}
    manifest: Any = None
    for member in archive:
        if not member.isfile() or member.name in found or not _allowed(member.name):
            raise ValueError(f"unexpected member {member.name!r}")
        content = archive.extractfile(member)
        assert content is not None
        if member.name == _MANIFEST:
            manifest = json.loads(content.read(_MANIFEST_BYTES_MAX))
        else:
            found[member.name] = _digest(content)
    return found, manifest


def _allowed(name: str) -> bool:
    if name in (_MANIFEST, _DUMP):
        return True
    return name.startswith(_FILES) and not {"", ".", ".."} & set(name.split("/"))


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with content:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


class _Hashed(io.RawIOBase):
    """Reads a file for the archive and hashes what was read: the manifest tells of the bytes that were written."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self.digest.update(chunk)
        return chunk


def _add(archive: tarfile.TarFile, path: Path, name: str) -> dict[str, Any]:
    with path.open("rb") as content:
        member = archive.gettarinfo(fileobj=content, arcname=name)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o600
        hashed = _Hashed(content)
        archive.addfile(member, hashed)
    return {"size": member.size, "sha256": hashed.digest.hexdigest()}


def _add_manifest(archive: tarfile.TarFile, members: dict[str, Any], facts: dict[str, Any], secret_key: str) -> None:
    manifest = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "members": members,
        "beyond_dump": facts,
        "secret_key": secret_key,
    }
    content = json.dumps(manifest, indent=1).encode()
    member = tarfile.TarInfo(_MANIFEST)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _documents(home: Home) -> Iterator[tuple[str, Path]]:
    """Uploaded files by their name in the archive. A link is no document: following it would copy something else."""
    for path in sorted(home.files.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield _FILES + path.relative_to(home.files).as_posix(), path


def _names_of_files(manifest: dict[str, Any]) -> list[str]:
    return [name for name in manifest["members"] if name.startswith(_FILES)]


def _unpack(source: Path, manifest: dict[str, Any], folder: Path) -> None:
    """Copy the members' contents alone, 0600, hashed once more on the way: the file may have changed since it was verified.

    Not by `extract`, whose safe filter Debian 12's Python does not know.
    """
    with tarfile.open(source, "r:") as archive:
        for name, member in manifest["members"].items():
            content = archive.extractfile(name)
            assert content is not None
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with content, _new_private_file(folder / name) as copy:
                hashed = _Hashed(content)
                shutil.copyfileobj(hashed, copy, _CHUNK_BYTES)
            if hashed.digest.hexdigest() != member["sha256"]:
                raise Invalid("backup_damaged", "%(file)s changed while it was read.", file=source)


def _new_private_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _refuse_filled_files(home: Home) -> None:
    if any(home.files.iterdir()):
        raise Conflict(
            "not_empty", "%(folder)s holds documents already: restore into a new BAILEE_HOME.", folder=home.files
        )


def _refuse_filled_database(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text <> ALL"
        "(ARRAY['pg_catalog', 'information_schema', 'pg_toast'])"
    ).fetchone()
    if found and found[0]:
        raise Conflict(
            "not_empty",
            "The database holds %(count)s tables already: restore into a new BAILEE_HOME or an empty server.",
            count=found[0],
        )


def _run(program: str, dsn: str, *words: str) -> None:
    """Run one of PostgreSQL's tools. The address goes by environment: arguments can be read by everybody on the
    machine.
    """
    names = {"dbname": "PGDATABASE"}
    told = {names.get(name, f"PG{name.upper()}"): str(value) for name, value in conninfo_to_dict(dsn).items()}
    done = run_tool([Postgres.program(program), "--no-password", *words], environment=told)
    if done.returncode != 0:
        raise Unavailable(
            "tool_failed", "%(program)s failed:\n%(said)s", program=program, said=done.stderr.strip()[-2000:]
        )
