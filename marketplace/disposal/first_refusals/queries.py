"""Whose rights of first refusal are published in a sale, and what the viewer may do by its own."""

from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.first_refusals.models import PriorityPurchaser
from marketplace.disposal.models.auctions import Auction
from tenants.workspace import Workspace

MAY_MATCH = text("select gate.may_match(:auction)")
BY_RIGHT = text("select holder_id, paddle from gate.paddles_by_right(:auction)")


def rights_in(ws: Workspace, auction: Auction) -> list[PriorityPurchaser]:
    """The published rights, the one that comes first on top."""
    if not auction.first_refusals:
        return []
    rows = select(PriorityPurchaser).where(PriorityPurchaser.auction_id == auction.auction_id)
    return list(ws.session.scalars(rows.order_by(PriorityPurchaser.rank, PriorityPurchaser.organisation)))


def my_right(ws: Workspace, auction: Auction) -> PriorityPurchaser | None:
    """The viewer's own."""
    return ws.session.get(PriorityPurchaser, (auction.auction_id, ws.tenant_id)) if auction.first_refusals else None


def may_match(ws: Workspace, auction: Auction) -> bool:
    """Whether the viewer may buy at the price that stands; what a bid of as much would meet with now."""
    return bool(auction.first_refusals) and bool(ws.session.scalar(MAY_MATCH, {"auction": auction.auction_id}))


def paddles_by_right(ws: Workspace, auction_id: UUID) -> dict[UUID, int]:
    """Under which paddle each holder took part; nobody is told before bidding has ended (invariant 33)."""
    return {row.holder_id: row.paddle for row in ws.session.execute(BY_RIGHT, {"auction": auction_id})}
