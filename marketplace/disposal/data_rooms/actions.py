"""Opening a data room, putting papers into it, and going in: each by who may, and each opening noted before it is one."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.data_rooms.events import DataRoomEntered, DataRoomOpened, PaperShared
from marketplace.disposal.data_rooms.models import DataRoom, DataRoomPass, SalePaper
from marketplace.disposal.data_rooms.queries import find_data_room, papers_of
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import LIVE, find_auction, is_seller
from marketplace.disposal.registering import find_registration
from marketplace.documents.pictures import drawn_anew
from marketplace.documents.ports import file_store
from marketplace.documents.rules import content as content_rules
from marketplace.documents.rules.flows import content_hash, require_unchanged
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from tenants.workspace import Workspace

OPEN_PAPER = text("select * from gate.open_paper(:auction, :paper, :reader)").columns(*SalePaper.__table__.columns)
MOST_PAPERS = 100


class Scope(StrEnum):
    """Whom a paper is for: all who registered and gave the promise, or of them those whose deposit is in."""

    REGISTERED = "REGISTERED"
    DEPOSITED = "DEPOSITED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A paper as it is handed in. `withheld`: what was blacked out of it, and `whole_id` of which paper, where it is a copy for those without a deposit;
    `replaces`: the version before it.
    """

    kind: str
    name: str
    content: bytes
    scope: str = Scope.REGISTERED
    withheld: str = ""
    whole_id: UUID | None = None
    replaces: UUID | None = None


def open_data_room(ws: Workspace, auction_id: UUID, *, terms: str) -> DataRoom:
    """Open a sale's data room under these terms of confidentiality, which stand. Refuses a sale that is over, and a second one."""
    ws.may("prepare_disposal")
    auction = _own(ws, auction_id)
    promised = terms.strip()
    if not 20 <= len(promised) <= 4000:
        raise Invalid("terms_wrong", "Write the terms in 20 to 4000 characters.", field="terms")
    if ws.session.get(DataRoom, auction_id) is not None:
        raise Conflict("data_room_open", "This sale has a data room.")
    sha256 = hashlib.sha256(promised.encode()).hexdigest()
    room = DataRoom(auction_id=auction_id, tenant_id=ws.tenant_id, terms=promised, terms_sha256=sha256, opened_at=ws.now)  # fmt: skip
    ws.session.add(room)
    ws.session.flush()
    ws.record(DataRoomOpened(auction_id=auction_id, title=auction.title, terms_sha256=sha256), on=auction_id)
    return room


def share_paper(ws: Workspace, auction_id: UUID, upload: Upload) -> SalePaper:
    """Put a paper, or a new version of one, into the data room. Refuses papers about prices and payments, which are the parties' of the loan, and a copy
    that names nothing that was blacked out.
    """
    ws.may("prepare_disposal")
    auction = _own(ws, auction_id)
    find_data_room(ws, auction_id)
    kind, scope = content_rules.kind_of(upload.kind), _scope(upload.scope)
    if content_rules.audience_for(kind) != content_rules.EVERYBODY:
        raise Conflict("paper_confidential", "Papers about prices and payments are for the parties of the loan alone.", field="kind")  # fmt: skip
    before = _replaced(ws, auction_id, upload.replaces)
    withheld = _withheld(ws, auction_id, upload, scope)
    media_type = content_rules.media_type_of(upload.content, upload.name)
    kept = drawn_anew(upload.content, media_type) if media_type in content_rules.PICTURES else upload.content
    paper = SalePaper(
        auction_id=auction_id,
        paper_id=new_id(),
        tenant_id=ws.tenant_id,
        kind=kind,
        name=content_rules.safe_name(upload.name, media_type),
        media_type=media_type,
        size=len(kept),
        sha256=content_hash(kept),
        version=before.version + 1 if before else 1,
        replaces=upload.replaces,
        scope=scope,
        whole_id=upload.whole_id,
        withheld=withheld,
        added_by=ws.member.name,
        added_at=ws.now,
    )
    file_store().put(ws.tenant_id, paper.sha256, kept)
    ws.session.add(paper)
    ws.session.flush()
    fact = PaperShared(auction_id=auction.auction_id, name=paper.name, version=paper.version, sha256=paper.sha256)
    ws.record(fact, on=auction_id, evidence=[paper.sha256])
    return paper


def enter_data_room(ws: Workspace, auction_id: UUID, *, terms_sha256: str) -> DataRoomPass:
    """Promise to keep what one reads to oneself, over the terms with this hash, and go in. Refuses who has not registered, other terms, and a second promise."""
    ws.may("register_bidder")
    auction, registration = find_auction(ws, auction_id), find_registration(ws, auction_id, ws.tenant_id)
    if registration is None:
        raise NotAllowed("reader_unregistered", "Register first: the data room is for who takes part.")
    room = find_data_room(ws, auction_id)
    if terms_sha256 != room.terms_sha256:
        raise Invalid("terms_other", "Promise what these terms say, not others.", field="terms_sha256")
    if auction.status not in LIVE:
        raise Conflict("sale_ended", "The sale has ended.")
    if ws.session.get(DataRoomPass, (auction_id, ws.tenant_id)) is not None:
        raise Conflict("promise_given", "The promise is given already.")
    promise = DataRoomPass(
        auction_id=auction_id,
        tenant_id=ws.tenant_id,
        registration_id=registration.registration_id,
        organisation=ws.member.organisation,
        signed_by=ws.member.name,
        terms_sha256=terms_sha256,
        signed_at=ws.now,
    )
    ws.session.add(promise)
    ws.session.flush()
    fact = DataRoomEntered(auction_id=auction_id, title=auction.title, organisation=promise.organisation, signed_by=promise.signed_by, terms_sha256=terms_sha256)  # fmt: skip
    ws.record(fact, on=registration.registration_id, evidence=[terms_sha256])
    return promise


def open_paper(ws: Workspace, auction_id: UUID, paper_id: UUID) -> tuple[SalePaper, bytes]:
    """A paper with its bytes, as they were hashed. A bidder's opening is noted for the seller; the seller's own is none. Refuses, as not found, what is not for the viewer."""
    asked = {"auction": auction_id, "paper": paper_id, "reader": ws.member.name}
    if is_seller(ws, find_auction(ws, auction_id)):
        paper = ws.session.get(SalePaper, (auction_id, paper_id))
    else:
        paper = ws.session.scalars(select(SalePaper).from_statement(OPEN_PAPER), asked).one_or_none()
    if paper is None:
        raise NotFound("paper_unknown", "There is no such paper for you here.")
    content = file_store().get(paper.tenant_id, paper.sha256)
    if content is None:
        raise Unavailable("document_missing", "The file of this document is not at hand. Tell the operator.")
    require_unchanged(content, paper.sha256)
    return paper, content


def _own(ws: Workspace, auction_id: UUID) -> Auction:
    """The seller's own sale, while it runs."""
    auction = find_auction(ws, auction_id)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    if auction.status not in LIVE:
        raise Conflict("sale_ended", "The sale has ended.")
    return auction


def _scope(named: str) -> Scope:
    try:
        return Scope(named)
    except ValueError as unknown:
        raise Invalid("scope_unknown", "Choose whom the paper is for.", field="scope") from unknown


def _replaced(ws: Workspace, auction_id: UUID, replaces: UUID | None) -> SalePaper | None:
    """The version before, which is over with this one: held, so that of two newer versions at once one replaces it."""
    if replaces is None:
        if len(papers_of(ws, auction_id)) >= MOST_PAPERS:
            raise Conflict("documents_too_many", "There are too many documents here already.", field="file")
        return None
    before = ws.session.get(SalePaper, (auction_id, replaces), with_for_update=True)
    if before is None or before.superseded_at is not None:
        raise Invalid("paper_unknown", "There is no such paper for you here.", field="replaces")
    before.superseded_at = ws.now
    return before


def _withheld(ws: Workspace, auction_id: UUID, upload: Upload, scope: Scope) -> str:
    """What was blacked out of a copy. Refuses one that says nothing of it, and one of a paper that all may read anyway."""
    told = upload.withheld.strip()[:300]
    if upload.whole_id is None and not told:
        return ""
    wholes = {one.paper_id for one in papers_of(ws, auction_id) if one.scope == Scope.DEPOSITED}
    if upload.whole_id not in wholes or scope is not Scope.REGISTERED:
        raise Invalid("whole_unknown", "Name the paper of which this is a copy: one that is only for bidders whose deposit is in.", field="whole_id")  # fmt: skip
    if len(told) < 3:
        raise Invalid("withheld_missing", "Say what was blacked out.", field="withheld")
    return told
