"""What the operator sees: our own words, and of the children's logs only the lines that tell of trouble."""

import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

_TROUBLE = re.compile(
    r'\b(ERROR|CRITICAL|FATAL|PANIC)\b|^Traceback |\[(ERR|FTL)\]|"level": ?"(error|critical)"|^\w+(\.\w+)*(Error|Exception): '
)
_USUAL = re.compile(r"the database system is (starting up|shutting down)")
_LOG_BYTES_MAX = 20 * 1024**2


@dataclass
class Console:
    """Plain lines to a terminal or a journal."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)

    def say(self, words: str) -> None:
        print(words, file=self.stream, flush=True)


def last_words(log: Path) -> str:
    """The last line that a child wrote: mostly the reason why it ended."""
    lines = end_of(log, 2000).strip().splitlines()
    return lines[-1].strip()[:200] if lines else "it said nothing"


def end_of(log: Path, length: int) -> str:
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - length, 0))
        return file.read().decode("utf-8", "replace")


@dataclass
class LogTail:
    """Follows one child's log from where it stood, so that trouble is seen at once and the rest stays in the file.

    The child writes to the file itself: a killed supervisor breaks no pipe of it.
    """

    path: Path
    name: str
    _place: int = field(init=False)

    def __post_init__(self) -> None:
        self._place = self.path.stat().st_size if self.path.exists() else 0

    def troubles(self) -> list[str]:
        """New whole lines that tell of trouble, with the child's name before them."""
        lines = self._new_lines()
        return [f"{self.name:>9} | {line}" for line in lines if _TROUBLE.search(line) and not _USUAL.search(line)]

    def _new_lines(self) -> list[str]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._place)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._place += len(whole)
        if self._place > _LOG_BYTES_MAX:
            self._turn_over()
        return whole.decode("utf-8", "replace").splitlines()

    def _turn_over(self) -> None:
        """Keep one older file. The child appends, so that it goes on at the new beginning."""
        shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self._place = 0
