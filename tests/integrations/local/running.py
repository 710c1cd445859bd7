"""One embedded server for the length of a test, run as the supervisor would run it."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

from integrations.local.children import Child
from integrations.local.spawn import spawn


def launch(child: Child, log: Path) -> "Popen[bytes]":
    """Start it and wait until it is ready."""
    popen = spawn(child.argv, log=log, environment=child.environment, death_signal=child.death_signal)
    deadline = time.monotonic() + child.ready_within_seconds
    while child.ready and not child.ready():
        assert popen.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return popen


@contextlib.contextmanager
def running(child: Child, log: Path) -> "Iterator[Popen[bytes]]":
    popen = launch(child, log)
    try:
        yield popen
    finally:
        popen.terminate()
        popen.wait(20)
