"""Calls about trade documents: add, list, read with its hash."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, PageQuery, Shape
from frontend.documents.calls import api
from marketplace.documents import actions, queries
from marketplace.documents.models import Document
from marketplace.documents.rules.content import Paper
from tenants import rooms
from tenants.errors import Invalid
from tenants.workspace import Workspace

MOST_TEXT = 22_500_000


class DocumentBody(Shape):
    """A paper about an object (a lot, a deal, a shipment): its bytes in base64."""

    object_id: UUID
    kind: Paper
    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=MOST_TEXT, description="base64 of the file")]
    replaces: UUID | None = None


class DocumentView(Shape):
    """A paper with the hash of its bytes."""

    id: UUID
    object_id: UUID
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    version: int
    added_by: str
    added_at: Moment
    superseded_at: Moment | None


class DocumentPage(Shape):
    """Papers, newest first; `next` is the cursor of the page after."""

    items: list[DocumentView]
    next: UUID | None


class DocumentContent(Shape):
    """A paper whole."""

    id: UUID
    name: str
    media_type: str
    sha256: str
    content: str


class OpeningView(Shape):
    """Somebody opened a paper."""

    organisation: str
    opened_by: str
    opened_at: Moment


class OpeningPage(Shape):
    """Who opened a paper, latest first, as far as it is the caller's business."""

    items: list[OpeningView]


@api.look("/documents", takes=PageQuery, gives=DocumentPage)
def list_documents(ws: Workspace, body: PageQuery) -> DocumentPage:
    """Papers that the caller may read."""
    rows = queries.list_documents(ws, cursor=body.cursor, limit=body.limit)
    items = [DocumentView.model_validate(row) for row in rows]
    return DocumentPage(items=items, next=rows[-1].id if len(rows) == body.limit else None)


@api.look("/objects/<uuid:object_id>/documents", gives=DocumentPage)
def list_object_documents(ws: Workspace, object_id: UUID) -> DocumentPage:
    """Papers about one object."""
    papers = queries.documents_of(ws, object_id)
    if not papers:
        rooms.require(ws, object_id)
    return DocumentPage(items=[_view(row) for row in papers], next=None)


@api.act("/documents", takes=DocumentBody, gives=DocumentView, status=201)
def add_document(ws: Workspace, body: DocumentBody) -> DocumentView:
    """Add a paper, or a new version of one's own."""
    try:
        content = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Invalid("content_not_base64", "The content has to be base64.", field="content") from wrong
    return _view(
        actions.add_document(
            ws, object_id=body.object_id, kind=body.kind, name=body.name, content=content, replaces=body.replaces
        )
    )


@api.look("/documents/<uuid:document_id>", gives=DocumentView)
def show_document(ws: Workspace, document_id: UUID) -> DocumentView:
    """One paper's particulars."""
    return _view(queries.find_document(ws, document_id))


@api.look("/documents/<uuid:document_id>/versions", gives=DocumentPage)
def list_versions(ws: Workspace, document_id: UUID) -> DocumentPage:
    """A paper's versions, newest first."""
    versions = queries.versions_of(ws, queries.find_document(ws, document_id))
    return DocumentPage(items=[_view(row) for row in versions], next=None)


@api.look("/documents/<uuid:document_id>/openings", gives=OpeningPage)
def list_openings(ws: Workspace, document_id: UUID) -> OpeningPage:
    """Who opened a paper."""
    queries.find_document(ws, document_id)
    return OpeningPage(items=[OpeningView.model_validate(row) for row in queries.openings_of(ws, document_id)])


@api.act("/documents/<uuid:document_id>/openings", gives=DocumentContent)
def open_document(ws: Workspace, document_id: UUID, body: Nothing) -> DocumentContent:
    """A paper whole; that it was opened is kept."""
    document, content = queries.open_document(ws, document_id)
    actions.note_opening(ws, document_id)
    return DocumentContent(
        id=document.id,
        name=document.name,
        media_type=document.media_type,
        sha256=document.sha256,
        content=base64.b64encode(content).decode(),
    )


def _view(row: Document) -> DocumentView:
    return DocumentView.model_validate(row)
