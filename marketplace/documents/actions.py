"""Adding papers, and noting who opened them."""

from collections.abc import Iterable
from uuid import UUID

from marketplace.documents.events import ConfidentialDocumentAdded, DocumentAdded, TermsDocumentAdded
from marketplace.documents.models import Document, DocumentOpening
from marketplace.documents.pictures import drawn_anew
from marketplace.documents.ports import file_store
from marketplace.documents.queries import documents_of, find_document
from marketplace.documents.rules import content as content_rules
from marketplace.documents.rules.flows import content_hash
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

MOST_FOR_ONE_OBJECT = 500
# Who hears of a paper is who may read it.
TOLD = {
    content_rules.EVERYBODY: DocumentAdded,
    content_rules.CONFIDENTIAL_AUDIENCE: ConfidentialDocumentAdded,
    content_rules.PARTIES_AUDIENCE: TermsDocumentAdded,
}


def add_document(
    ws: Workspace,
    *,
    object_id: UUID,
    kind: str,
    name: str,
    content: bytes,
    media_type: str = "",
    replaces: UUID | None = None,
) -> Document:
    """Add a paper to an object that the actor may see, or a new version of one's own paper. Pictures are drawn anew without their metadata.

    `media_type` is what the sender says; what counts is what the bytes are, and where the two contradict each other the file is refused. Refuses
    unknown kinds and formats, more than 16 MB, broken pictures, and an object that is not the actor's to see.
    """
    ws.may("add_document")
    paper = content_rules.kind_of(kind)
    found = _media_type(content, name, said=media_type)
    _require_room_for_more(ws, object_id)
    kept = drawn_anew(content, found) if found in content_rules.PICTURES else content
    document = Document(
        tenant_id=ws.tenant_id,
        id=new_id(),
        object_id=object_id,
        kind=paper,
        name=content_rules.safe_name(name, found),
        media_type=found,
        size=len(kept),
        sha256=content_hash(kept),
        received_sha256=content_hash(content),
        version=_next_version(ws, object_id, replaces),
        replaces=replaces,
        audience=content_rules.audience_for(paper),
        added_by=ws.member.name,
        added_at=ws.now,
    )
    file_store().put(ws.tenant_id, document.sha256, kept)
    ws.session.add(document)
    _tell(ws, document)
    return document


def _require_room_for_more(ws: Workspace, object_id: UUID) -> None:
    if not rooms.my_roles(ws, object_id):
        raise NotFound("object_unknown", "There is no such thing to share.")
    if len(documents_of(ws, object_id)) >= MOST_FOR_ONE_OBJECT:
        raise Conflict("documents_too_many", "There are too many documents here already.", field="file")


def note_opening(ws: Workspace, document_id: UUID) -> None:
    """Keep who opened a paper and when, for those whose business it is. One's own firm's opening is kept too."""
    ws.session.add(_opening(ws, find_document(ws, document_id)))


def note_openings(ws: Workspace, papers: Iterable[Document]) -> None:
    """The same for many at once; one's own paper about what one takes no part in any more concerns nobody else."""
    found = list(papers)
    present = {one for one in {paper.object_id for paper in found} if rooms.my_roles(ws, one)}
    ws.session.add_all([_opening(ws, one) for one in found if one.object_id in present])


def _opening(ws: Workspace, document: Document) -> DocumentOpening:
    return DocumentOpening(
        tenant_id=ws.tenant_id,
        id=new_id(),
        document_id=document.id,
        object_id=document.object_id,
        organisation=ws.member.organisation,
        opened_by=ws.member.name,
        opened_at=ws.now,
    )


def _next_version(ws: Workspace, object_id: UUID, replaces: UUID | None) -> int:
    if replaces is None:
        return 1
    earlier = ws.session.get(Document, (ws.tenant_id, replaces), with_for_update=True)
    if earlier is None or earlier.object_id != object_id:
        raise NotFound("document_unknown", "There is no such document.")
    if earlier.superseded_at is not None:
        raise Conflict("document_superseded", "A newer version of this document is here already.")
    earlier.superseded_at = ws.now
    return earlier.version + 1


def _tell(ws: Workspace, document: Document) -> None:
    fact = TOLD[document.audience](
        document_id=document.id,
        kind=document.kind,
        name=document.name,
        sha256=document.sha256,
        version=document.version,
    )
    ws.record(fact, on=document.object_id, evidence=[document.sha256])


def _media_type(content: bytes, name: str, *, said: str) -> str:
    """What the bytes are. A picture that calls itself a contract, or the reverse, was not sent by an honest form."""
    found = content_rules.media_type_of(content, name)
    family = said.split(";")[0].strip().lower().partition("/")[0]
    if family in {"image", "audio", "video"} and not found.startswith(family):
        raise Invalid("file_format_belied", "This file is not what it says it is.", field="file")
    return found
