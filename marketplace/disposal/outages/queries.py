"""Looking at standstills: whether the house is silent now, and what outages and orders did to a sale."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.outages.models import HaltOrder, OutageRuling
from tenants.workspace import Workspace

SILENT_SINCE = text("select gate.silent_since()")


def is_silent_over(ws: Workspace, moment: datetime) -> bool:
    """Whether the house is silent now and was so at `moment`: nobody could bid then. A house that gives no signs of life is never silent."""
    since: datetime | None = ws.session.scalar(SILENT_SINCE)
    return since is not None and since < moment


def stands_still(auction: Auction, now: datetime) -> bool:
    """Whether the sale's clock stands: by an order, or until bidding goes on at `resumes_at`."""
    return auction.halted_at is not None or (auction.resumes_at is not None and now < auction.resumes_at)


def sale_time(auction: Auction, now: datetime) -> datetime:
    """The moment by which a sale's rules go: now; while it stands still the moment at which it goes on, and by an order that at which it stopped."""
    at = now if auction.halted_at is None else min(now, auction.halted_at)
    return at if auction.resumes_at is None else max(at, auction.resumes_at)


def rulings_of(ws: Workspace, auction_id: UUID) -> list[OutageRuling]:
    """The standstills of a sale, in their order."""
    rows = select(OutageRuling).where(OutageRuling.auction_id == auction_id).order_by(OutageRuling.number)
    return list(ws.session.scalars(rows))


def orders_of(ws: Workspace, auction_id: UUID) -> list[HaltOrder]:
    """The orders by which a sale stood or stands still, in their order."""
    rows = select(HaltOrder).where(HaltOrder.auction_id == auction_id).order_by(HaltOrder.number)
    return list(ws.session.scalars(rows))


def order_in_force(ws: Workspace, auction: Auction) -> HaltOrder | None:
    """The order by which a sale stands still now."""
    standing = (HaltOrder.auction_id == auction.auction_id, HaltOrder.lifted_at.is_(None))
    return ws.session.scalars(select(HaltOrder).where(*standing)).one_or_none() if auction.halted_at else None
