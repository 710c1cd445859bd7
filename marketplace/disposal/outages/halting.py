"""Standing a sale still by hand, and letting it go on. The database does both under the sale's lock, since it alone may move a sale's clock."""

from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.outages.events import SaleHalted, SaleResumed
from marketplace.disposal.queries import find_auction, is_seller, phase
from marketplace.disposal.rules.halts import Halt
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

HALT = text("select gate.halt_sale(:sale, :ground, :ordered_by, :paper, :because)")
LIFT = text("select gate.lift_halt(:sale)")


def halt_sale(ws: Workspace, auction_id: UUID, halt: Halt) -> Auction:
    """The seller lets its sale stand still, for a court or for a fault: no bid is taken and no hammer falls until the order is lifted; bids that were taken stand.

    One officer is enough, as for calling it off, since what is wrong does not wait for a colleague. Refuses others' sales, those that are over, and one that stands
    still by order already.
    """
    ws.may("prepare_disposal")
    auction = _own(ws, auction_id)
    AUCTION.next_state(AuctionState(auction.status), "pause")
    if auction.halted_at is not None:
        raise Conflict("sale_halted", "This sale stands still by order already.")
    facts = {"ground": halt.ground.value, "ordered_by": halt.ordered_by, "paper": halt.paper, "because": halt.because}
    since = ws.session.scalar(HALT, {"sale": auction_id, **facts})
    if since is None:
        raise Conflict("sale_ended", "The sale has ended.")
    ws.session.refresh(auction)
    ws.record(SaleHalted(auction_id=auction_id, title=auction.title, began_at=since, **facts), on=auction_id)
    return auction


def lift_halt(ws: Workspace, auction_id: UUID) -> Auction:
    """The order is lifted: the sale goes on by its published rule, with the time that was left. Refuses others' sales, and one that stands still by no order."""
    ws.may("prepare_disposal")
    auction = _own(ws, auction_id)
    if auction.halted_at is None or phase(auction, ws.now) is not AuctionState.PAUSED:
        raise Conflict("sale_not_halted", "This sale does not stand still by order.")
    AUCTION.next_state(AuctionState.PAUSED, "resume", kept=AuctionState(auction.status))
    ws.session.execute(LIFT, {"sale": auction_id})
    ws.session.refresh(auction)
    resumes = max(one for one in (ws.now, auction.opens_at, auction.resumes_at) if one is not None)
    ws.record(SaleResumed(auction_id=auction_id, title=auction.title, resumes_at=resumes, ends_at=auction.ends_at), on=auction_id)  # fmt: skip
    return auction


def _own(ws: Workspace, auction_id: UUID) -> Auction:
    auction = find_auction(ws, auction_id, lock=True)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    return auction
