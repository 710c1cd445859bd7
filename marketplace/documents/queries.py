"""Looking at documents: those about the objects that the viewer may see, in the roles that the paper is meant for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.models import Document, DocumentOpening
from marketplace.documents.ports import file_store
from marketplace.documents.rules import require_unchanged
from tenants.errors import NotFound, Unavailable
from tenants.rooms import Grant
from tenants.workspace import Workspace

MOST_ROWS = 200


def documents_of(ws: Workspace, object_id: UUID, *, superseded: bool = False) -> list[Document]:
    """The papers about an object, newest first; `superseded`: with the versions that others have replaced."""
    wanted = select(Document).where(Document.object_id == object_id).order_by(Document.id.desc())
    return list(ws.session.scalars(wanted if superseded else wanted.where(Document.superseded_at.is_(None))))


def list_documents(
    ws: Workspace, *, kind: str | None = None, text: str | None = None, cursor: UUID | None = None, limit: int = 50
) -> list[Document]:
    """All papers that the viewer may read, newest first. `cursor` is the last id of the page before."""
    mine = select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.ended_at.is_(None))
    wanted = select(Document).where(Document.object_id.in_(mine), Document.superseded_at.is_(None))
    if kind:
        wanted = wanted.where(Document.kind == kind)
    if text:
        wanted = wanted.where(Document.name.icontains(text, autoescape=True))
    if cursor is not None:
        wanted = wanted.where(Document.id < cursor)
    return list(ws.session.scalars(wanted.order_by(Document.id.desc()).limit(min(limit, MOST_ROWS))))


def find_document(ws: Workspace, document_id: UUID) -> Document:
    """One paper that the viewer may read."""
    found = ws.session.scalars(select(Document).where(Document.id == document_id)).one_or_none()
    if found is None:
        raise NotFound("document_unknown", "There is no such document.")
    return found


def open_document(ws: Workspace, document_id: UUID) -> tuple[Document, bytes]:
    """A paper with its bytes, compared with the hash that was recorded. Refuses bytes that changed or are not at hand."""
    document = find_document(ws, document_id)
    content = file_store().get(document.tenant_id, document.sha256)
    if content is None:
        raise Unavailable("document_missing", "The file of this document is not at hand. Tell the operator.")
    require_unchanged(content, document.sha256)
    return document, content


def versions_of(ws: Workspace, document: Document) -> list[Document]:
    """The paper's versions, newest first."""
    return [one for one in documents_of(ws, document.object_id, superseded=True) if _same_paper(one, document)]


def openings_of(ws: Workspace, document_id: UUID, most: int = 100) -> Sequence[DocumentOpening]:
    """Who opened the paper, latest first, as far as it is the viewer's business."""
    wanted = select(DocumentOpening).where(DocumentOpening.document_id == document_id)
    return ws.session.scalars(wanted.order_by(DocumentOpening.id.desc()).limit(most)).all()


def _same_paper(one: Document, other: Document) -> bool:
    return (one.tenant_id, one.kind, one.name) == (other.tenant_id, other.kind, other.name) or other.id in (
        one.id,
        one.replaces,
    )
