"""The supervisor's end of the guard's pipe."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from integrations.local import guard
from integrations.local.children import Child
from integrations.local.spawn import plain_environment


class Leash:
    """Our end of the guard's pipe. Not a child of the list: it must outlive us, so it gets no death signal."""

    def __init__(self, lock_descriptor: int | None) -> None:
        reader, self._writer = os.pipe()
        kept = (reader,) if lock_descriptor is None else (reader, lock_descriptor)
        self._popen = subprocess.Popen(  # noqa: S603 -- our own file
            [sys.executable, "-I", "-S", Path(guard.__file__), str(reader)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=kept,
            env=plain_environment(),
            cwd="/",
            start_new_session=True,
        )
        os.close(reader)

    def lives(self) -> bool:
        return self._popen.poll() is None

    def tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, f"{line}\n".encode("ascii"))

    def announce(self, child: Child, pid: int) -> None:
        self.tell(f"+ {pid} {int(child.stop_signal)} {child.stop_within_seconds} {child.name}")

    def dismiss(self) -> None:
        self.tell("bye")
        os.close(self._writer)
        self._popen.wait()
