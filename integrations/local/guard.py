"""The guard: a tiny second process that ends whatever the supervisor leaves behind when it is killed outright.

Linux sends every child a death signal when the supervisor dies, but a grandchild (the work-horse of a queue worker,
say) gets none, and a stuck child may ignore a polite one. The guard reads a pipe whose other end only the supervisor
holds: end of file without a farewell means that the supervisor died. It then stops the announced children and
everything in their sessions, the database last, and only then lets go of the lock of the data home (which it
inherited), so that a new start never meets the remains of an old one.

Run by file name with nothing but the standard library, so that it starts in milliseconds and cannot be broken by the
application.

Protocol, one line each: `+ <pid> <stop signal> <seconds of grace> <name>`, `- <pid>`, `bye`.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_GRACE_SECONDS_MAX = 60  # nobody watches any more: whoever needs longer is stuck
_STATE, _SESSION, _STARTED = 0, 3, 19  # places in /proc/<pid>/stat after the command, see proc_pid_stat(5)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the command; the command may hold spaces and brackets, hence the split from
    the right.
    """
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def started_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; tells a process from a later one that was given the same
    number.
    """
    fields = _stat(pid)
    return int(fields[_STARTED]) if fields and fields[_STATE] != "Z" else None


def session_members(leader: int) -> list[int]:
    """Living processes of the session that `leader` opened: the child itself and what it forked, whatever their process
    group.
    """
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and fields[_STATE] != "Z" and int(fields[_SESSION]) == leader:
                found.append(int(entry.name))
    return found


def working_in(folder: Path) -> list[int]:
    """Living processes whose working directory is `folder`: each of a PostgreSQL server's is its data folder."""
    found = []
    for entry in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def send(pid: int, number: int) -> None:
    """Signal a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_session(leader: int) -> None:
    """SIGKILL every process of a session until none is left: one that forks meanwhile is caught on the next round."""
    for _ in range(50):
        members = session_members(leader)
        for pid in members:
            send(pid, signal.SIGKILL)
        if not members:
            return
        time.sleep(0.02)


@dataclass(frozen=True)
class Ward:
    """A child as it was announced."""

    pid: int
    stop_signal: int
    grace_seconds: float
    started: int | None

    def lives(self) -> bool:
        return self.started is not None and started_ticks(self.pid) == self.started

    def end(self) -> None:
        """Ask, wait as long as this child may need, then insist; then its leftovers."""
        if self.lives():
            send(self.pid, self.stop_signal)
        deadline = time.monotonic() + self.grace_seconds
        while self.lives() and time.monotonic() < deadline:
            time.sleep(0.02)
        kill_session(self.pid)


def listen(lines: Iterable[str]) -> list[Ward] | None:
    """Follow the announcements. Returns the children left alone, in order of their start, or None after a farewell."""
    wards: dict[int, Ward] = {}
    for line in lines:
        verb, *rest = line.split()
        if verb == "bye":
            return None
        pid = int(rest[0])
        if verb == "+":
            grace_seconds = min(float(rest[2]), _GRACE_SECONDS_MAX)
            wards[pid] = Ward(pid, int(rest[1]), grace_seconds, started_ticks(pid))
        else:
            wards.pop(pid, None)
    return list(wards.values())


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(int(sys.argv[1]), encoding="ascii") as pipe:
        wards = listen(pipe)
    for ward in reversed(wards or []):
        ward.end()


if __name__ == "__main__":
    main()
