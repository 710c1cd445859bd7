"""Looking at archives: those of one's own firm."""

from collections.abc import Iterator
from hashlib import file_digest
from io import BufferedReader
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.models import Document
from marketplace.documents.ports import file_store
from marketplace.evidence.archives.models import FirmArchive
from tenants.errors import Conflict, NotFound, Unavailable
from tenants.workspace import Workspace

MOST = 50


def archives_of(ws: Workspace) -> list[FirmArchive]:
    """The firm's archives, newest first, those that are gone too."""
    mine = select(FirmArchive).where(FirmArchive.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(mine.order_by(FirmArchive.id.desc()).limit(MOST)))


def find_archive(ws: Workspace, archive_id: UUID, *, lock: bool = False) -> FirmArchive:
    """One archive of the firm's own."""
    found = ws.session.get(FirmArchive, (ws.tenant_id, archive_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("archive_unknown", "There is no such archive.")
    return found


def in_the_making(ws: Workspace) -> bool:
    """Whether the firm waits for an archive."""
    waits = select(FirmArchive.id).where(FirmArchive.tenant_id == ws.tenant_id, FirmArchive.status == "ASKED")
    return ws.session.scalar(waits.limit(1)) is not None


def papers_of(ws: Workspace) -> Iterator[Document]:
    """Every version of every paper that the firm may read, oldest first."""
    return iter(ws.session.scalars(select(Document).order_by(Document.id, Document.tenant_id).execution_options(yield_per=500)))  # fmt: skip


def opened(ws: Workspace, archive: FirmArchive, *, whole: bool) -> BufferedReader:
    """The file, to be read; `whole`: compared with the hash that stands in the record. Refuses a file that is not at hand, or another one."""
    assert archive.sha256 is not None, "what is not made has no bytes"
    file = file_store().open(ws.tenant_id, archive.sha256)
    if file is None:
        raise Unavailable("archive_missing", "The file of this archive is not at hand. Ask for it anew.")
    if whole and file_digest(file, "sha256").hexdigest() != archive.sha256:
        file.close()
        raise Conflict("archive_changed", "This file is not the one that was made.")
    file.seek(0)
    return file
