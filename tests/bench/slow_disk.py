"""A disk that needs a millisecond more for each flush, as disks in a cloud do: the server's own fsync and fdatasync, delayed.

A library that is loaded before the C library sleeps inside each call while a flag file lies there, so one server shows both disks in one run. The
server's delays on purpose (commit_delay) would not do: they make it wait for companions, which is another thing than a slow disk.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from integrations.local.children import Child
from integrations.local.postgres import Postgres

DELAY_MS = 1
SOURCE = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static int later(const char *name, int file) {{
  static const struct timespec delay = {{0, {DELAY_MS} * 1000000L}};
  const char *flag = getenv("SLOW_DISK_FLAG");
  if (flag && access(flag, F_OK) == 0) nanosleep(&delay, NULL);
  return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}}
int fsync(int file) {{ return later("fsync", file); }}
int fdatasync(int file) {{ return later("fdatasync", file); }}
"""


class BenchPostgres(Postgres):
    """A durable server whose disk can be made slow; where no C compiler is found, it cannot."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, durable=True)
        self._library, self._flag = home / "slow_disk.so", home / "slow"
        self.can_slow = False

    def child(self) -> Child:
        """The server as usual, with the library before all others."""
        child = super().child()
        self.can_slow = self.can_slow or self._compile()
        loaded = {"LD_PRELOAD": str(self._library), "SLOW_DISK_FLAG": str(self._flag)} if self.can_slow else {}
        return replace(child, environment={**child.environment, **loaded})

    @property
    def pid(self) -> int:
        """Its first process."""
        assert self._running
        return self._running.pid

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Each flush takes a millisecond more in here."""
        self._flag.touch()
        try:
            yield
        finally:
            self._flag.unlink()

    def _compile(self) -> bool:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            return False
        command = [compiler, "-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", str(self._library), "-ldl"]
        made = subprocess.run(command, input=SOURCE.encode(), capture_output=True)
        if made.returncode == 0:
            os.chmod(self._library, 0o755)
        return made.returncode == 0
