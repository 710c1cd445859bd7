"""One stack at a time on a data home.

The lock is the kernel's (flock), so it cannot be left behind by a crash. The guard holds it too, until it has cleared
up after a killed supervisor: whoever holds the lock may count on meeting nobody else's processes.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from integrations.local.guard import started_ticks
from tenants.errors import Conflict, Unavailable

_CLEARING_SECONDS_MAX = 90


@dataclass(frozen=True)
class Holder:
    """Who runs on the data home: process number with its start (numbers are given again), and where people find it."""

    pid: int
    started: int | None
    url: str

    def lives(self) -> bool:
        return self.started is not None and started_ticks(self.pid) == self.started


def running(path: Path) -> Holder | None:
    """Who runs on this data home now; None when nobody does."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            found = _holder(path)
            return found if found and found.lives() else None
    return None


def _holder(path: Path) -> Holder | None:
    """Who wrote the lock file last, dead or alive."""
    try:
        return Holder(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def held(path: Path, url: str) -> Iterator[int]:
    """Hold the lock of a data home; gives its file descriptor, which the guard inherits.

    Refused when a living stack holds it. After a kill -9 the guard may need some seconds to end what was left: that is
    waited for.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(number, path)
        ours = Holder(os.getpid(), started_ticks(os.getpid()), url)
        os.ftruncate(number, 0)
        os.pwrite(number, json.dumps(asdict(ours)).encode(), 0)
        yield number
        os.ftruncate(number, 0)
    finally:
        os.close(number)


def _take(number: int, path: Path) -> None:
    deadline = time.monotonic() + _CLEARING_SECONDS_MAX
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_living(path)
        else:
            return
        if time.monotonic() > deadline:
            raise Unavailable(
                "not_cleared", "The last run in %(folder)s is still being cleared up.", folder=path.parent
            )
        time.sleep(0.05)


def _refuse_living(path: Path) -> None:
    """A holder that has not written its name yet has only just begun: the next look will find it."""
    other = _holder(path)
    if other and other.lives():
        raise Conflict(
            "already_running",
            "Bailee already runs here: %(url)s (process %(pid)s, data in %(folder)s).",
            url=other.url,
            pid=other.pid,
            folder=path.parent,
        )
