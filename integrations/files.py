"""Bytes of documents and frames on a disk: one folder for each firm, each file under its SHA-256, written whole or not at all."""

import os
import re
import shutil
import tempfile
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID


class FolderFiles:
    """A FileStore on a local (or mounted) folder. Files are private to the account that runs the house."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, tenant_id: UUID, sha256: str, content: bytes) -> None:
        """Keep the content."""
        self._keep(tenant_id, sha256, BytesIO(content))

    def put_file(self, tenant_id: UUID, sha256: str, path: Path) -> None:
        """Keep what stands in a file."""
        with path.open("rb") as content:
            self._keep(tenant_id, sha256, content)

    def _keep(self, tenant_id: UUID, sha256: str, content: BinaryIO) -> None:
        """Write beside, flush to the disk, rename, flush the folder: after this, a power cut loses nothing."""
        place = self._place(tenant_id, sha256)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, beside = tempfile.mkstemp(dir=place.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(place)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _flush_folder(place.parent)

    def get(self, tenant_id: UUID, sha256: str) -> bytes | None:
        """The content, or None where there is no such file."""
        try:
            return self._place(tenant_id, sha256).read_bytes()
        except FileNotFoundError:
            return None

    def open(self, tenant_id: UUID, sha256: str) -> BufferedReader | None:
        """The content to be read piece by piece, or None where there is no such file."""
        try:
            return self._place(tenant_id, sha256).open("rb")
        except FileNotFoundError:
            return None

    def drop(self, tenant_id: UUID, sha256: str) -> None:
        """Let a file go for good; one that is not there is gone already."""
        self._place(tenant_id, sha256).unlink(missing_ok=True)

    def _place(self, tenant_id: UUID, sha256: str) -> Path:
        assert re.fullmatch("[0-9a-f]{64}", sha256), "a place is made of a hash alone"
        return self.root / str(tenant_id) / sha256[:2] / sha256


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
