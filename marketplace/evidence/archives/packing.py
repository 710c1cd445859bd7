"""An archive in the making, on the disk: each file is written piece by piece and hashed as it is written, so that none is held whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


class Packing:
    """The zip at `path`. `listed`: what the manifest will say of each file; `left_out`: what is not in it, and why."""

    def __init__(self, path: Path, at: datetime) -> None:
        self.archive = ZipFile(path, "w", ZIP_DEFLATED)
        self.moment = (at.year, at.month, at.day, at.hour, at.minute, at.second)
        self.listed: list[dict[str, Any]] = []
        self.left_out: list[dict[str, str]] = []
        self.streams: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.archive.close()

    @contextmanager
    def file(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """A file of the archive; what is yielded takes its next piece."""
        seen, size = sha256(), 0
        entry = ZipInfo(name, date_time=self.moment)
        entry.compress_type = ZIP_DEFLATED
        with self.archive.open(entry, "w", force_zip64=True) as written:

            def write(piece: bytes) -> None:
                nonlocal size
                seen.update(piece)
                size += len(piece)
                written.write(piece)

            yield write
        self.listed.append({"name": name, "size": size, "sha256": seen.hexdigest()})

    def lines(self, name: str, lines: Iterator[bytes]) -> int:
        """A file of lines; how many there were goes into the manifest beside its hash. None is made where there is no line."""
        first = next(lines, None)
        if first is None:
            return 0
        with self.file(name) as write:
            write(first)
            rows = 1
            for line in lines:
                write(line)
                rows += 1
        self.listed[-1]["rows"] = rows
        return rows

    def put(self, name: str, content: bytes) -> None:
        """A file at once."""
        with self.file(name) as write:
            write(content)

    def leave_out(self, what: str, why: str) -> None:
        """Say what is not in it."""
        self.left_out.append({"what": what, "why": why})
