"""Processor time of everything that works for an operation: this process, and the servers that it asks, each with all its children."""

import os
import time
from pathlib import Path

PROC = Path("/proc")
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
PARENT, OF_ENDED = 1, slice(13, 15)  # fields of /proc/PID/stat behind the program's name (proc(5))


class Meter:
    """Between entering and leaving, `used_us` microseconds of processor time were used; reading the meter itself is not among them."""

    def __init__(self, *servers: int) -> None:
        self._servers = servers
        self.used_us = 0.0

    def __enter__(self) -> "Meter":
        self._theirs = sum(map(server_us, self._servers))
        self._own = time.process_time_ns()
        return self

    def __exit__(self, *_failure: object) -> None:
        own = (time.process_time_ns() - self._own) / 1000
        self.used_us = own + sum(map(server_us, self._servers)) - self._theirs


def server_us(first: int) -> float:
    """Processor time so far of the server whose first process is `first`: of the living to the nanosecond, of those who ended to the tick."""
    used = 0.0
    for entry in PROC.iterdir():
        try:
            if entry.name.isdigit() and first in (int(entry.name), int(_fields(entry)[PARENT])):
                used += sum(map(_thread_us, (entry / "task").iterdir()))
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, and counts among the ended
            continue
    return used + sum(int(ticks) for ticks in _fields(PROC / str(first))[OF_ENDED]) * TICK_US


def _thread_us(thread: Path) -> float:
    return int((thread / "schedstat").read_text().split()[0]) / 1000


def _fields(entry: Path) -> list[str]:
    return (entry / "stat").read_text().rpartition(")")[2].split()
