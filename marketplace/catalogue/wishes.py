"""Wishes that meet a negotiated sale: its seller learns how many, and may have their firms asked in. Who they are it learns when they answer."""

from uuid import UUID

from sqlalchemy import text

from marketplace.catalogue.events import InvitedToTalks, WishersInvited
from marketplace.disposal.negotiating.queries import require_negotiated
from marketplace.disposal.queries import find_auction, is_seller, phase
from marketplace.disposal.rules.lifecycle import AuctionState
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

COUNT = text("select gate.count_wishes(:listing)")
INVITE = text("select gate.invite_wishers(:listing)")


def count_wishes(ws: Workspace, auction_id: UUID) -> int:
    """How many firms have a saved search that found these goods, and no part in the sale yet. For its seller."""
    if not is_seller(ws, find_auction(ws, auction_id)):
        raise NotFound("auction_unknown", "There is no such auction.")
    return int(ws.session.scalar(COUNT, {"listing": auction_id}) or 0)


def invite_wishers(ws: Workspace, auction_id: UUID) -> int:
    """Ask those firms to talk, each once; tells how many. Refuses other kinds of sale, a sale that has ended, and where nobody is left to ask."""
    ws.may("prepare_disposal")
    auction = find_auction(ws, auction_id)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    require_negotiated(auction)
    if phase(auction, ws.now) not in (AuctionState.ANNOUNCED, AuctionState.OPEN, AuctionState.PAUSED):
        raise Conflict("sale_ended", "The sale has ended.")
    invited = int(ws.session.scalar(INVITE, {"listing": auction_id}) or 0)
    if not invited:
        raise Conflict("nobody_to_invite", "Nobody is left to invite.")
    ws.record(WishersInvited(auction_id=auction_id, title=auction.title, firms=invited), on=auction_id)
    return invited


def tell_of_invitation(ws: Workspace, auction_id: UUID) -> None:
    """The seller would talk with this firm, whose saved search found the goods; told in the firm's own workspace."""
    auction = find_auction(ws, auction_id)
    if auction.closed_at is None:
        ws.record(InvitedToTalks(auction_id=auction_id, title=auction.title, floor=auction.start), on=ws.tenant_id)
