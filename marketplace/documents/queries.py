"""Looking at documents: those about the objects that the viewer may see, in the roles that the paper is meant for."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.documents.models import (
    Document,
    DocumentOpening,
    DocumentParticulars,
    Trade,
    TradeEntry,
    TradeImport,
    TradeInRoom,
)
from marketplace.documents.ports import file_store
from marketplace.documents.rules.entries import Party, plain_word
from marketplace.documents.rules.flows import require_unchanged
from marketplace.documents.rules.rings import WITHIN
from tenants.errors import NotFound, Unavailable
from tenants.organisations import Organisation
from tenants.rooms import Grant
from tenants.workspace import Workspace

MOST_ROWS = 200
MOST_NEAR = 20_000
MOVING = ("INVOICE", "MONEY")


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


def particulars_of(ws: Workspace, document_id: UUID) -> DocumentParticulars | None:
    """What a paper says in figures, as it was entered last; None where nobody has."""
    wanted = select(DocumentParticulars).where(DocumentParticulars.document_id == document_id)
    return ws.session.scalars(wanted.order_by(DocumentParticulars.id.desc()).limit(1)).one_or_none()


def find_particulars(ws: Workspace, document_id: UUID) -> DocumentParticulars:
    """The same, where there must be some."""
    found = particulars_of(ws, document_id)
    if found is None:
        raise NotFound("particulars_unknown", "Nobody has put this paper into figures yet.")
    return found


def find_trade(ws: Workspace, trade_id: UUID) -> Trade:
    """One trade that the viewer keeps or was shown."""
    found = ws.session.scalars(select(Trade).where(Trade.trade_id == trade_id)).one_or_none()
    if found is None:
        raise NotFound("trade_unknown", "There is no such trade.")
    return found


def find_own_trade(ws: Workspace, trade_id: UUID) -> Trade | None:
    """A trade of the viewer's own, or None."""
    return ws.session.get(Trade, (ws.tenant_id, trade_id))


def find_trade_named(ws: Workspace, number: str, seller: Party) -> Trade | None:
    """The viewer's own trade of this order number and seller."""
    return next((one for one in own_trades_numbered(ws, [number]) if one.seller == seller.name), None)


def own_trades_numbered(ws: Workspace, numbers: Collection[str]) -> list[Trade]:
    """The viewer's own trades with one of these order numbers."""
    wanted = select(Trade).where(Trade.tenant_id == ws.tenant_id, Trade.number.in_(numbers))
    return list(ws.session.scalars(wanted.order_by(Trade.trade_id)))


def list_trades(
    ws: Workspace, *, state: str | None = None, text: str | None = None, cursor: UUID | None = None, limit: int = 50
) -> list[Trade]:
    """Trades that the viewer keeps or was shown, newest first."""
    wanted = select(Trade).where(_visible(ws))
    if state:
        wanted = wanted.where(Trade.state == state)
    if text:
        said = [column.icontains(text, autoescape=True) for column in (Trade.number, Trade.seller, Trade.buyer)]
        wanted = wanted.where(or_(*said))
    if cursor is not None:
        wanted = wanted.where(Trade.trade_id < cursor)
    return list(ws.session.scalars(wanted.order_by(Trade.trade_id.desc()).limit(min(limit, MOST_ROWS))))


def count_trades(ws: Workspace) -> dict[str, int]:
    """How many trades stand how."""
    rows = ws.session.execute(select(Trade.state, func.count()).where(_visible(ws)).group_by(Trade.state))
    return {state: count for state, count in rows}  # noqa: C416 (rows are no pairs to a type checker)


def own_trades(ws: Workspace, trade_ids: Collection[UUID]) -> list[Trade]:
    """Those of the trades that are the viewer's own."""
    return list(ws.session.scalars(select(Trade).where(Trade.tenant_id == ws.tenant_id, Trade.trade_id.in_(trade_ids))))


def flagged_trades(ws: Workspace, flags: Sequence[str]) -> set[UUID]:
    """The viewer's own trades that carry one of these flags."""
    carried = or_(*(Trade.flags.contains([flag]) for flag in flags))
    return set(ws.session.scalars(select(Trade.trade_id).where(Trade.tenant_id == ws.tenant_id, carried)))


def joined_trades(ws: Workspace, trade_ids: Collection[UUID]) -> set[UUID]:
    """These trades and those that an invoice joins with them: one invoice may be about several orders."""
    invoices = select(TradeEntry.number).where(TradeEntry.trade_id.in_(trade_ids), TradeEntry.lane == "INVOICE")
    numbers = set(ws.session.scalars(invoices))
    joined = select(TradeEntry.trade_id).where(TradeEntry.lane == "INVOICE", TradeEntry.number.in_(numbers)).distinct()
    return {*trade_ids, *ws.session.scalars(joined)} if numbers else set(trade_ids)


def entries_of(ws: Workspace, trade_ids: Collection[UUID]) -> list[TradeEntry]:
    """The records of these trades that count, in the order in which they came."""
    wanted = select(TradeEntry).where(TradeEntry.trade_id.in_(trade_ids), TradeEntry.superseded_at.is_(None))
    return list(ws.session.scalars(wanted.order_by(TradeEntry.id)))


def entries_near(ws: Workspace, rows: Collection[TradeEntry], *, own: bool = True) -> list[TradeEntry]:
    """Invoices and payments from 90 days before these records to 90 days after: among them a ring would close."""
    days = [row.dated for row in rows if row.dated is not None and row.lane in MOVING]
    if not days:
        return []
    wanted = select(TradeEntry).where(
        TradeEntry.lane.in_(MOVING),
        TradeEntry.dated.between(min(days) - WITHIN, max(days) + WITHIN),
        TradeEntry.superseded_at.is_(None),
    )
    wanted = wanted.where(TradeEntry.tenant_id == ws.tenant_id) if own else wanted.limit(MOST_NEAR)
    return list(ws.session.scalars(wanted.order_by(TradeEntry.id.desc())))


def entries_laid(ws: Workspace) -> list[tuple[TradeEntry, UUID]]:
    """What was delivered and invoiced in the viewer's own trades that are before a deal now, with the deal."""
    wanted = (
        select(TradeEntry, TradeInRoom.room_id)
        .join(TradeInRoom, TradeInRoom.trade_id == TradeEntry.trade_id)
        .where(TradeEntry.tenant_id == ws.tenant_id, TradeInRoom.tenant_id == ws.tenant_id, TradeInRoom.ended_at.is_(None))
        .where(TradeEntry.lane.in_(("GOODS", "INVOICE")), TradeEntry.superseded_at.is_(None))
    )  # fmt: skip
    return [(row, room) for row, room in ws.session.execute(wanted)]


def laid_before(ws: Workspace, room_id: UUID | None = None, *, trade_id: UUID | None = None) -> list[TradeInRoom]:
    """Which trades are before a deal, or before which deals a trade is, as far as the viewer takes part there."""
    wanted = select(TradeInRoom).where(TradeInRoom.ended_at.is_(None))
    if room_id is not None:
        wanted = wanted.where(TradeInRoom.room_id == room_id)
    if trade_id is not None:
        wanted = wanted.where(TradeInRoom.trade_id == trade_id)
    return list(ws.session.scalars(wanted.order_by(TradeInRoom.laid_at)))


def trades_of_room(ws: Workspace, room_id: UUID) -> list[Trade]:
    """The trades that are before a deal."""
    wanted = select(Trade).where(Trade.trade_id.in_([one.trade_id for one in laid_before(ws, room_id)]))
    return list(ws.session.scalars(wanted.order_by(Trade.trade_id)))


def platform_parties(ws: Workspace, trade: Trade) -> list[Organisation]:
    """The firms of the register that an order names as its seller or buyer, by code or by their very name, without one's own."""
    codes = {plain_word(code).upper() for code in (trade.seller_code, trade.buyer_code) if code}
    firms = select(Organisation).where(
        or_(
            Organisation.uscc.in_(codes),
            Organisation.lei.in_(codes),
            Organisation.name.in_([trade.seller, trade.buyer]),
        )
    )
    return [one for one in ws.session.scalars(firms.order_by(Organisation.name)) if one.id != ws.tenant_id]


def find_trade_import(ws: Workspace, import_id: UUID) -> TradeImport:
    """A file as it was read."""
    found = ws.session.get(TradeImport, (ws.tenant_id, import_id))
    if found is None:
        raise NotFound("import_unknown", "There is no such upload.")
    return found


def _visible(ws: Workspace) -> ColumnElement[bool]:
    shown = select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.kind == "trade", Grant.ended_at.is_(None))  # fmt: skip
    return or_(Trade.tenant_id == ws.tenant_id, Trade.trade_id.in_(shown))


def _same_paper(one: Document, other: Document) -> bool:
    return (one.tenant_id, one.kind, one.name) == (other.tenant_id, other.kind, other.name) or other.id in (
        one.id,
        one.replaces,
    )
