"""The data home: the one folder that an installation writes to, and the only one whose permissions we ever set.

secrets.json   passwords and keys, mode 0600       files/            uploaded documents
lock           held while a stack runs here        logs/             one file for each child
run/           sockets, status, configuration      postgres/ valkey/ mqtt/   each server's own
bytecode/      compiled code, made anew when it is missing
"""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tenants.errors import Conflict

SOCKET_PATH_BYTES_MAX = 107  # sun_path of unix(7), less the closing zero
_MARK = ".bailee-home"


def _taken(because: str, folder: Path) -> Conflict:
    return Conflict("home_taken", because, field="BAILEE_HOME", folder=folder)


@dataclass(frozen=True)
class Home:
    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def bytecode(self) -> Path:
        return self.root / "bytecode"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def mqtt(self) -> Path:
        return self.root / "mqtt"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def status(self) -> Path:
        return self.run / "status.json"

    def claim(self) -> None:
        """Make the folder ours, or see that it is. A folder that holds somebody else's files is refused and left as it
        was.

        An ordinary user's home is 0700. Root's is 0711: PostgreSQL runs as another account, which must pass through but
        not look around.
        """
        mark = self.root / _MARK
        if not mark.exists():
            self._refuse_foreign()
            self._make_path()
            self.root.chmod(self._mode())
            mark.touch(mode=0o600)
        elif self.root.stat().st_uid != os.geteuid():
            raise _taken("%(folder)s belongs to another user: start Bailee as its owner or set BAILEE_HOME.", self.root)
        for folder in (self.logs, self.files, self.valkey, self.mqtt):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.run.mkdir(exist_ok=True)
        self.run.chmod(self._mode())

    def _make_path(self) -> None:
        """The home and those parents that are missing; a parent that exists is somebody's and stays as it is."""
        missing = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            folder.chmod(self._mode())

    def _refuse_foreign(self) -> None:
        if not self.root.exists():
            return
        if not self.root.is_dir() or any(self.root.iterdir()):
            raise _taken("%(folder)s holds other files: set BAILEE_HOME to a new or an empty folder.", self.root)
        if self.root.stat().st_uid != os.geteuid():
            raise _taken("%(folder)s belongs to another user: start Bailee as its owner or set BAILEE_HOME.", self.root)

    @staticmethod
    def _mode() -> int:
        return 0o711 if os.geteuid() == 0 else 0o700

    def socket_folder(self, name: str, longest: str) -> Path:
        """A folder for a unix socket called at most `longest`: inside the home, or a short private one when the path
        would be too long.
        """
        inside = self.run / name
        if len(os.fsencode(inside / longest)) <= SOCKET_PATH_BYTES_MAX:
            inside.mkdir(mode=0o700, exist_ok=True)
            return inside
        return self._short_folder(name)

    def _short_folder(self, name: str) -> Path:
        """The same place on every start, in the temporary folder; one that another user made first is refused, never
        trusted.
        """
        digest = hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:16]
        outer = Path(tempfile.gettempdir()) / f"bailee-{os.geteuid()}-{digest}"
        outer.mkdir(mode=self._mode(), exist_ok=True)
        found = outer.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise _taken("%(folder)s was made by another user: set BAILEE_HOME to a shorter path.", outer)
        outer.chmod(self._mode())
        folder = outer / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
