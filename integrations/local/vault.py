"""Passwords and keys of an installation: random, made on first asking, kept in one file that only its owner reads."""

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from tenants.errors import Unavailable

_BYTES = 32


@dataclass(frozen=True)
class Vault:
    """The secrets file of one data home. Only the holder of the home's lock adds to it."""

    path: Path

    def secret(self, name: str) -> str:
        """The secret of that name: 64 hexadecimal digits, the same ones ever after."""
        known = self._read()
        if name not in known:
            known[name] = secrets.token_hex(_BYTES)
            self._write(known)
        return known[name]

    def knows(self, name: str) -> bool:
        return name in self._read()

    def keep(self, name: str, value: str) -> None:
        """Store a secret that came from elsewhere: the signing key out of a backup."""
        self._write(self._read() | {name: value})

    def _read(self) -> dict[str, str]:
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        if mode & 0o077:
            raise Unavailable(
                "secrets_exposed",
                "%(file)s can be read by other users (mode %(mode)s): set it to 0600 and change its secrets.",
                file=self.path,
                mode=f"{mode:04o}",
            )
        try:
            return {str(name): str(value) for name, value in json.loads(text).items()}
        except (ValueError, AttributeError) as error:
            raise Unavailable(
                "secrets_damaged", "%(file)s is damaged: put it back from a copy.", file=self.path
            ) from error

    def _write(self, known: dict[str, str]) -> None:
        """Replace the file in one step, on disk before it counts: a password that a database has must never be lost."""
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
