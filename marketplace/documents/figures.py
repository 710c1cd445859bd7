"""Putting papers into figures: particulars typed in or read from an electronic invoice; of a paper about a trade they become records of the trade."""

from uuid import UUID

from marketplace.documents.events import ParticularsEntered
from marketplace.documents.models import Document, DocumentParticulars
from marketplace.documents.queries import find_document, find_own_trade, open_document
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import lane_of
from marketplace.documents.rules.particulars import Particulars, checked, lines_kept
from marketplace.documents.rules.ubl import read_e_invoice
from marketplace.documents.trades import add_record, supersede_records
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

TYPED, READ = "TYPED", "READ"


def enter_particulars(ws: Workspace, document_id: UUID, said: Particulars, *, source: str = TYPED) -> DocumentParticulars:  # fmt: skip
    """Put a paper of one's own into figures. Entered again, the newest counts. About a trade, they become its records in place of the earlier ones.

    Refuses somebody else's paper, one that a newer version has replaced, and particulars that cannot be kept.
    """
    ws.may("add_document")
    document, good = _own_document(ws, document_id), checked(said)
    row = DocumentParticulars(
        tenant_id=ws.tenant_id,
        id=new_id(),
        document_id=document.id,
        object_id=document.object_id,
        audience=document.audience,
        number=good.number,
        dated=good.dated,
        seller=good.seller.name,
        seller_code=good.seller.code,
        buyer=good.buyer.name,
        buyer_code=good.buyer.code,
        currency=good.currency,
        order_number=good.order,
        refers=good.refers,
        account=good.account,
        due_on=good.due_on,
        delivered_on=good.delivered_on,
        payable_minor=good.payable,
        lines=lines_kept(good.lines),
        source=source,
        entered_by=ws.member.name,
        entered_at=ws.now,
    )
    ws.session.add(row)
    ws.record(ParticularsEntered(document_id=document.id, number=good.number, source=source), on=document.object_id, evidence=[document.sha256])  # fmt: skip
    _into_trade(ws, document, good)
    return row


def read_particulars(ws: Workspace, document_id: UUID) -> DocumentParticulars:
    """Read a paper's particulars from its own bytes: an electronic invoice in UBL. Refuses what is none, or does not add up."""
    ws.may("add_document")
    document, content = open_document(ws, document_id)
    if document.media_type != "application/xml":
        raise Invalid("particulars_unreadable", "Only electronic invoices can be read; type the figures in.", field="file")  # fmt: skip
    return enter_particulars(ws, document_id, read_e_invoice(content), source=READ)


def _own_document(ws: Workspace, document_id: UUID) -> Document:
    document = find_document(ws, document_id)
    if document.tenant_id != ws.tenant_id:
        raise NotFound("document_unknown", "There is no such document.")
    if document.superseded_at is not None:
        raise Conflict("document_superseded", "A newer version of this document is here already.")
    return document


def _into_trade(ws: Workspace, document: Document, said: Particulars) -> None:
    trade, paper = find_own_trade(ws, document.object_id), Paper(document.kind)
    if trade is None or lane_of(paper) is None:
        return
    supersede_records(ws, trade, [one for one in (document.id, document.replaces) if one is not None])
    add_record(ws, trade.trade_id, paper=paper, said=said, document_id=document.id)
