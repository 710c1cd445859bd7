"""PostgreSQL refuses to run as root: when root starts the stack, it runs as an existing unprivileged account."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenants.errors import Unavailable

_CUSTOMARY = ("bailee", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def identity(self) -> dict[str, Any]:
        """What `subprocess` needs to become this account: no groups beyond its own."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, script: str, path: Path) -> bool:
        """Whether this account may do what the shell `script` does to `path` (its $1): asked of the kernel, not guessed
        from modes.
        """
        told = subprocess.run(  # noqa: S603 -- fixed words, and a path as one argument
            ["/bin/sh", "-c", script, "sh", path], capture_output=True, check=False, cwd="/", **self.identity()
        )
        return told.returncode == 0


def _from(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_for(folder: Path, wanted: str | None = None) -> Account | None:
    """Who runs the database of `folder`: None (ourselves) unless we are root; the owner of an existing database; else
    `wanted`, or the first customary account that exists. It needs to be no account of its own: nothing else is readable
    to it in the data home.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        return _from(pwd.getpwuid(owner))
    for name in (wanted,) if wanted else _CUSTOMARY:
        entry = next((found for found in pwd.getpwall() if found.pw_name == name and found.pw_uid != 0), None)
        if entry:
            return _from(entry)
    raise Unavailable(
        "no_account",
        "PostgreSQL will not run as root and there is no account %(names)s to run it as.",
        names=wanted or " or ".join(_CUSTOMARY),
    )


def refuse_out_of_reach(account: Account, folder: Path) -> None:
    """Raises when the account cannot pass through to `folder`; names the private folder in the way, which we will not
    open for it.
    """
    if account.can('cd -- "$1"', folder):
        return
    on_the_way = [folder, *folder.parents][::-1]
    wall = next((place for place in on_the_way if not account.can('cd -- "$1"', place)), folder)
    raise Unavailable(
        "home_out_of_reach",
        "PostgreSQL runs as account %(account)s, which may not pass through %(wall)s: set BAILEE_HOME elsewhere.",
        field="BAILEE_HOME",
        account=account.name,
        wall=wall,
    )
