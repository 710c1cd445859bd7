"""The same goods or papers behind two firms' deals: identities go into the blind index, and banks are warned without learning whose."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select, text

from marketplace.documents.blind_models import DuplicateWarning
from marketplace.documents.events import DuplicateFound, DuplicateOfLot
from marketplace.documents.models import Document, DocumentParticulars
from marketplace.documents.queries import documents_of, entries_of, particulars_of, trades_of_room
from marketplace.documents.rules.blind import WORDS, Identity, of_batch, of_file, of_item, of_paper, of_ticket
from marketplace.documents.rules.content import Paper
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot, identity_of, lots_by_id, weighings_of
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal
from tenants.database import new_id
from tenants.errors import word
from tenants.workspace import Workspace

ENTER = text("select gate.enter_identities(:deal, :lot, :kinds, :identities)")


def enter_identities(ws: Workspace, deal_id: UUID) -> None:
    """Enter what the goods behind a deal of one's own, and the papers about them, are called. Entered again, nothing happens; nothing is answered."""
    of_deal = _of_papers(ws, documents_of(ws, deal_id)) | _of_trades(ws, deal_id)
    held: dict[UUID, list[Pledge]] = {}
    for pledge in pledges_of_deal(ws, deal_id):
        held.setdefault(pledge.lot_id, []).append(pledge)
    for lot_id, pledges in held.items():
        lot = find_lot(ws, lot_id)
        found = sorted(of_deal | _of_papers(ws, documents_of(ws, lot_id)) | _of_goods(ws, lot, pledges))
        if found:
            names = {"kinds": [one.kind for one in found], "identities": [one.text for one in found]}
            ws.session.execute(ENTER, {"deal": deal_id, "lot": lot_id, **names})


def deals_behind(ws: Workspace, object_id: UUID) -> list[UUID]:
    """The acting firm's live deals that a paper about this lot or deal concerns."""
    mine = select(Pledge.deal_id).where(Pledge.tenant_id == ws.tenant_id, Pledge.ended_at.is_(None))
    return list(ws.session.scalars(mine.where((Pledge.lot_id == object_id) | (Pledge.deal_id == object_id)).distinct()))


def warn(ws: Workspace, deal_id: UUID, lot_id: UUID, kind: str) -> None:
    """Keep a warning of the bank's own and record it in the deal and on the lot. Once for each deal, lot and kind."""
    same = {"tenant_id": ws.tenant_id, "deal_id": deal_id, "lot_id": lot_id, "kind": kind}
    if ws.session.scalars(select(DuplicateWarning.id).filter_by(**same)).first():
        return
    seen = lots_by_id(ws, {lot_id})
    number = seen[0].number if seen else ""
    ws.session.add(DuplicateWarning(id=new_id(), lot_number=number, seen_at=ws.now, **same))
    ws.record(DuplicateFound(deal_id=deal_id, number=number, what=word(WORDS[kind])), on=deal_id)
    if seen:
        ws.record(DuplicateOfLot(lot_id=lot_id, number=number, what=word(WORDS[kind])), on=lot_id)


def warnings_about(ws: Workspace, *, deal_id: UUID | None = None, lot_id: UUID | None = None) -> list[DuplicateWarning]:
    """The acting bank's warnings about a deal or a lot, newest first."""
    wanted = select(DuplicateWarning).where(DuplicateWarning.tenant_id == ws.tenant_id)
    if deal_id is not None:
        wanted = wanted.where(DuplicateWarning.deal_id == deal_id)
    if lot_id is not None:
        wanted = wanted.where(DuplicateWarning.lot_id == lot_id)
    return list(ws.session.scalars(wanted.order_by(DuplicateWarning.id.desc())))


def _of_goods(ws: Workspace, lot: Lot, pledges: Iterable[Pledge]) -> set[Identity]:
    """The items that are pledged, the scale's tickets, and the producer's batch where the owner named one."""
    held = [
        one.serial
        for one in items_of(ws, lot.id, live=True)
        if one.units is not None and any(not (one.units * pledge.units).isempty for pledge in pledges)
    ]
    named = identity_of(ws, lot.id).batch
    batch = of_batch(named, lot.hs_code, lot.grade) if named != lot.number else None
    tickets = [of_ticket(str(one.site_id), one.ticket) for one in weighings_of(ws, lot.id)]
    return _known([batch, *tickets, *(of_item(serial, lot.hs_code) for serial in held)])


def _of_papers(ws: Workspace, documents: Collection[Document]) -> set[Identity]:
    said = [(Paper(one.kind), particulars_of(ws, one.id)) for one in documents]
    papers = [of_paper(paper, row.number, _issuer(row)) for paper, row in said if row is not None]
    return _known([*papers, *(of_file(Paper(one.kind), one.received_sha256) for one in documents)])


def _of_trades(ws: Workspace, deal_id: UUID) -> set[Identity]:
    trades = trades_of_room(ws, deal_id)
    invoices = [one for one in entries_of(ws, [one.trade_id for one in trades]) if one.lane == "INVOICE"]
    return _known(of_paper(Paper.VAT_INVOICE, one.number, one.seller_code or one.seller) for one in invoices)


def _issuer(row: DocumentParticulars) -> str:
    return row.seller_code or row.seller


def _known(found: Iterable[Identity | None]) -> set[Identity]:
    return {one for one in found if one is not None}
