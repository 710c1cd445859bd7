"""What a bundle is made of: names of files, the manifest and what is signed of it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

KIND = "bailee evidence bundle 1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
NAME_LONGEST = 80


@dataclass(slots=True)
class Contents:
    """A bundle in the making: its files by name, what is not in it and why, the heads of its records, how many rows of each table."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)
    streams: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, told: Mapping[str, Any]) -> None:
        """A file that tells something, as JSON."""
        self.files[name] = as_json(told)

    def leave_out(self, what: str, why: str) -> None:
        """Say what is not in it."""
        self.left_out.append({"what": what, "why": why})


def as_json(told: Mapping[str, Any]) -> bytes:
    """One form for each content: keys in order, one line for readers of each first-level entry."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()


def file_name(name: str) -> str:
    """A name that is one in every file system: letters, figures, dot and dash of any script."""
    safe = re.sub(r"[^\w.\-]+", "-", name).strip(".-")
    return safe[-NAME_LONGEST:] or "unnamed"


def manifest_of(contents: Contents, about: Mapping[str, Any]) -> bytes:
    """The list of all files with their hashes, and what else is signed: whose evidence, for whom, the heads of its records, what is not in it."""
    listed = [
        {"name": name, "size": len(content), "sha256": sha256(content).hexdigest()}
        for name, content in sorted(contents.files.items())
    ]
    told = {"kind": KIND, "files": listed, "streams": contents.streams, "rows": contents.rows, "left_out": contents.left_out}  # fmt: skip
    return as_json(told | dict(about))


def signed_text(manifest: bytes) -> bytes:
    """What the house signs."""
    return f"{KIND}\n{sha256(manifest).hexdigest()}".encode()


def archive_of(files: Mapping[str, bytes], at: datetime) -> bytes:
    """All files in one archive, in the order of their names and with one time, so that the same evidence is the same archive."""
    written = BytesIO()
    moment = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = ZipInfo(name, date_time=moment)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return written.getvalue()
