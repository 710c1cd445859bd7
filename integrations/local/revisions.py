"""Whether the database has the newest revision, found without Alembic: importing it and every model takes seconds."""

import re
from pathlib import Path

import psycopg

_REVISION = re.compile(r"^(revision|down_revision)\b[^=]*=\s*(.*)$", re.MULTILINE)
_NAME = re.compile(r"[\"']([^\"']+)[\"']")


def heads(versions: Path) -> set[str]:
    """The revisions that no other one follows."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in versions.glob("*.py"):
        for kind, value in _REVISION.findall(file.read_text("utf-8")):
            found[kind] |= set(_NAME.findall(value))
    return found["revision"] - found["down_revision"]


def at_head(admin_dsn: str, versions: Path) -> bool:
    """Whether nothing is left to migrate. A database without revisions, or with unknown ones, is Alembic's to judge."""
    with psycopg.connect(admin_dsn) as connection:
        if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
            return False
        current = {str(row[0]) for row in connection.execute("SELECT version_num FROM public.alembic_version")}
    return bool(current) and current == heads(versions)
