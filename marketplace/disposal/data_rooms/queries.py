"""Looking into a data room: the seller sees all of it and who opened what, a bidder what is for it."""

from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.data_rooms.models import DataRoom, DataRoomPass, PaperOpening, SalePaper
from marketplace.disposal.queries import find_auction, is_seller
from tenants.errors import NotFound
from tenants.workspace import Workspace

MINE = text("select * from gate.data_room_papers(:auction)").columns(*SalePaper.__table__.columns)
MOST_OPENINGS = 500


def data_room_of(ws: Workspace, auction_id: UUID) -> DataRoom | None:
    """The data room of a sale: for the seller and all who registered."""
    return ws.session.get(DataRoom, auction_id)


def find_data_room(ws: Workspace, auction_id: UUID) -> DataRoom:
    """The same; refuses where there is none."""
    found = data_room_of(ws, auction_id)
    if found is None:
        raise NotFound("data_room_unknown", "This sale has no data room.")
    return found


def papers_of(ws: Workspace, auction_id: UUID) -> list[SalePaper]:
    """The papers as they stand: all of them for the seller, for a bidder those that it may read. None without the promise."""
    if not is_seller(ws, find_auction(ws, auction_id)):
        return list(ws.session.scalars(select(SalePaper).from_statement(MINE), {"auction": auction_id}))
    mine = select(SalePaper).where(SalePaper.auction_id == auction_id, SalePaper.superseded_at.is_(None))
    return list(ws.session.scalars(mine.order_by(SalePaper.added_at, SalePaper.paper_id)))


def pass_of(ws: Workspace, auction_id: UUID) -> DataRoomPass | None:
    """The viewer's own promise."""
    return ws.session.get(DataRoomPass, (auction_id, ws.tenant_id))


def passes_of(ws: Workspace, auction_id: UUID) -> list[DataRoomPass]:
    """Who gave the promise: the seller sees all, a bidder its own."""
    return list(ws.session.scalars(select(DataRoomPass).where(DataRoomPass.auction_id == auction_id).order_by(DataRoomPass.signed_at)))  # fmt: skip


def openings_of(ws: Workspace, auction_id: UUID) -> list[PaperOpening]:
    """Who opened which paper, latest first: for the seller."""
    rows = select(PaperOpening).where(PaperOpening.auction_id == auction_id).order_by(PaperOpening.opening_id.desc())
    return list(ws.session.scalars(rows.limit(MOST_OPENINGS)))
