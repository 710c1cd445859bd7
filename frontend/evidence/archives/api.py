"""Calls about a firm's whole archive: ask for it, see whether it is made, take it away part by part."""

import base64
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, Shape
from marketplace.evidence.archives import actions, queries
from marketplace.evidence.archives.models import FirmArchive
from tenants.errors import Invalid
from tenants.workspace import Workspace

api = Api("archives")
PART_BYTES = 8 * 2**20


class ArchiveView(Shape):
    """A firm's whole archive: ASKED, READY until `keep_until`, then GONE. `sha256`: of the file; it stands in the firm's record."""

    id: UUID
    name: str
    status: str
    asked_by: str
    agreed_by: str
    asked_at: Moment
    made_at: Moment | None
    keep_until: Moment | None
    files: int | None
    size: int | None
    sha256: str | None
    taken: Annotated[int, Field(description="How often it, or a part of it, was taken away.")]


class ArchivePage(Shape):
    """The firm's archives, newest first."""

    items: list[ArchiveView]


class ArchiveProposal(Shape):
    """The wish, before a colleague."""

    approval_id: UUID


class ArchivePartBody(Shape):
    """Which part of the file, from 0."""

    part: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ArchivePart(Shape):
    """A part of the file in base64, up to 8 MB; put all `parts` together in order."""

    name: str
    sha256: str
    part: int
    parts: int
    content: str


@api.look("/archives", gives=ArchivePage)
def list_archives(ws: Workspace) -> ArchivePage:
    """Archives of the caller's firm."""
    return ArchivePage(items=[_view(one) for one in queries.archives_of(ws)])


@api.act("/archives", gives=ArchiveProposal, status=201)
def ask_archive(ws: Workspace, body: Nothing) -> ArchiveProposal:
    """Propose that everything the caller's firm owns or takes part in goes into one file; a colleague has to agree."""
    return ArchiveProposal(approval_id=actions.ask_archive(ws).id)


@api.look("/archives/<uuid:archive_id>", gives=ArchiveView)
def show_archive(ws: Workspace, archive_id: UUID) -> ArchiveView:
    """Whether an archive is made."""
    return _view(queries.find_archive(ws, archive_id))


@api.act("/archives/<uuid:archive_id>/takings", takes=ArchivePartBody, gives=ArchivePart)
def take_archive(ws: Workspace, archive_id: UUID, body: ArchivePartBody) -> Any:
    """Take a part of the file away; that it was taken goes into the firm's record."""
    archive, file = actions.take_archive(ws, archive_id, part=body.part)
    with file:
        parts = -(-(archive.size or 0) // PART_BYTES)
        if body.part >= parts:
            raise Invalid("part_unknown", "This archive has %(parts)s parts, counted from 0.", field="part", parts=parts)  # fmt: skip
        file.seek(body.part * PART_BYTES)
        piece = file.read(PART_BYTES)
    told = {"name": actions.archive_name(archive), "sha256": archive.sha256, "part": body.part, "parts": parts}
    return told | {"content": base64.b64encode(piece).decode()}


def _view(one: FirmArchive) -> ArchiveView:
    named = {name: getattr(one, name) for name in ArchiveView.model_fields if name != "name"}
    return ArchiveView(name=actions.archive_name(one), **named)
