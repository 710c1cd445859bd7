"""What sales wait for, each in one question over all auctions: for the first page that people see."""

from sqlalchemy import case, exists, func, select

from marketplace.disposal.kind_terms import KindName
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import BidSlip
from marketplace.disposal.models.registrations import DepositMove, Paddle, Registration
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import LIVE
from marketplace.disposal.rules.lifecycle import AuctionState
from tenants.workspace import Workspace


def count_auctions(ws: Workspace) -> dict[str, int]:
    """How many auctions of the market are announced, and how many are open."""
    rows = ws.session.execute(
        select(Auction.status, func.count().label("auctions")).where(Auction.status.in_(LIVE)).group_by(Auction.status)
    )
    return {row.status: row.auctions for row in rows}


def sales_to_come(ws: Workspace, *, limit: int) -> list[Auction]:
    """What the market sells now and next: open sales by their end, then announced ones by their opening."""
    first = case((Auction.status == AuctionState.ANNOUNCED, Auction.opens_at), else_=Auction.ends_at)
    wanted = select(Auction).where(Auction.status.in_(LIVE)).order_by(Auction.status == AuctionState.ANNOUNCED, first)
    return list(ws.session.scalars(wanted.limit(limit)))


def deposits_due(ws: Workspace) -> list[Auction]:
    """Auctions that the viewer registered for and whose deposit has not come in, the one that opens first on top."""
    came_in = exists().where(
        DepositMove.auction_id == Registration.auction_id, DepositMove.registration_id == Registration.registration_id
    )
    mine = select(Registration.auction_id).where(Registration.tenant_id == ws.tenant_id, ~came_in)
    return list(
        ws.session.scalars(
            select(Auction).where(Auction.auction_id.in_(mine), Auction.status.in_(LIVE)).order_by(Auction.opens_at)
        )
    )


def deposits_to_confirm(ws: Workspace) -> int:
    """Bidders of the viewer's own live auctions whose deposit is not confirmed yet."""
    came_in = exists().where(
        DepositMove.auction_id == Registration.auction_id, DepositMove.registration_id == Registration.registration_id
    )
    selling = select(Auction.auction_id).where(Auction.tenant_id == ws.tenant_id, Auction.status.in_(LIVE))
    waiting = select(func.count()).select_from(Registration).where(Registration.auction_id.in_(selling), ~came_in)
    return int(ws.session.scalar(waiting) or 0)


def bidding(ws: Workspace) -> tuple[list[Auction], list[Auction]]:
    """Open auctions in which the viewer has bid, soonest to end first: those in which it leads, and those in which it was outbid.

    Who was refused, who handed in an envelope and who made an offer in its room is outbid by nobody: only rising bids are topped.
    """
    bid_in = select(BidSlip.auction_id).where(BidSlip.tenant_id == ws.tenant_id, BidSlip.stands)
    rows = ws.session.execute(
        select(Auction, Paddle.number)
        .join(Paddle, (Paddle.auction_id == Auction.auction_id) & (Paddle.tenant_id == ws.tenant_id))
        .where(Auction.status == "OPEN", Auction.auction_id.in_(bid_in))
        .order_by(Auction.ends_at)
    ).all()
    leads = [row.Auction for row in rows if row.Auction.standing_paddle == row.number]
    topped = [row.Auction for row in rows if row.Auction.standing_paddle != row.number]
    return leads, [one for one in topped if one.kind in (KindName.ENGLISH, KindName.FIXED)]


def balances_due(ws: Workspace, *, as_buyer: bool) -> list[Settlement]:
    """Balances that the viewer owes, or that it waits for as the seller; soonest first."""
    hand = Settlement.buyer_id if as_buyer else Settlement.tenant_id
    due = select(Settlement).where(Settlement.status == "DUE", hand == ws.tenant_id)
    return list(ws.session.scalars(due.order_by(Settlement.pay_by)))
