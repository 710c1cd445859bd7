"""Folders in the temporary folder for as long as a run lasts. What a killed run left there goes when the next one begins.

pytest's own are private to who runs the tests; these can be opened to the database's account, and their short names leave room for sockets.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "bailee-test-"


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that others may pass through; gone afterwards, whatever happens."""
    made = new_folder()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def new_folder() -> Path:
    """The same without an end: it is named after this process, so that `sweep` finds it when the process is gone."""
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    made.chmod(0o755)
    return made


def sweep() -> None:
    """Take away what dead processes of ours have left; another run that begins now may be faster."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with suppress(FileNotFoundError):
                if left.lstat().st_uid == os.geteuid():
                    shutil.rmtree(left, ignore_errors=True)
