"""Where the bytes of documents rest: outside the database, under their own hash."""

from io import BufferedReader
from pathlib import Path
from typing import Protocol
from uuid import UUID

from tenants.errors import Unavailable


class FileStore(Protocol):
    """Keeps bytes under the firm that brought them and their SHA-256. What was put is there for good, unless it is dropped; putting it again changes nothing."""

    def put(self, tenant_id: UUID, sha256: str, content: bytes) -> None:
        """Keep the content so that a power cut after this returns loses nothing."""

    def get(self, tenant_id: UUID, sha256: str) -> bytes | None:
        """The content, or None where it is not at hand."""

    def put_file(self, tenant_id: UUID, sha256: str, path: Path) -> None:
        """Keep what stands in a file, however large, as surely as `put`; the file itself stays where it is."""

    def open(self, tenant_id: UUID, sha256: str) -> BufferedReader | None:
        """The content to be read piece by piece, or None where it is not at hand. Whoever asks closes it."""

    def drop(self, tenant_id: UUID, sha256: str) -> None:
        """Let it go for good; what is not there is gone already."""


_chosen: list[FileStore] = []


def use_file_store(store: FileStore) -> None:
    """Choose the store of this process."""
    _chosen[:] = [store]


def file_store() -> FileStore:
    """The chosen store. Refuses where none is set up: a document without its bytes would be a lie."""
    if not _chosen:
        raise Unavailable("files_unavailable", "There is no place for files on this installation.")
    return _chosen[0]
