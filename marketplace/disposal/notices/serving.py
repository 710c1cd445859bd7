"""Notices that are served by hand: the seller enters the proof in time, or the sale is called off before it opens."""

from uuid import UUID

from marketplace.disposal.closing import call_off
from marketplace.disposal.notices.events import SaleNoticeServed
from marketplace.disposal.notices.models import SaleNotice
from marketplace.disposal.notices.queries import find_notice, notices_of
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.rules.notices import is_missed
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

MISSED = "The notice of the sale did not reach everybody in time."


def serve_sale_notice(ws: Workspace, auction_id: UUID, notice_id: UUID, *, proof: str) -> SaleNotice:
    """Enter that a notice was delivered, and by what that is shown (the courier's number, the receipt's date). Refuses a second proof, and one that comes too late."""
    ws.may("prepare_disposal")
    notice, written = find_notice(ws, auction_id, notice_id), proof.strip()
    auction = find_auction(ws, auction_id)
    if not 3 <= len(written) <= 200:
        raise Invalid("proof_missing", "Say how the delivery is proven, in 3 to 200 characters.", field="proof")
    if notice.reached_at is not None:
        raise Conflict("notice_reached", "This notice has reached its addressee already.")
    if auction.status != AuctionState.ANNOUNCED or ws.now > notice.reach_by:
        raise Conflict("notice_over", "The time in which this notice had to be served is over.")
    notice.reached_at, notice.proof = ws.now, written
    ws.session.flush()
    told = SaleNoticeServed(auction_id=auction_id, title=auction.title, organisation=notice.organisation, proof=written)
    ws.record(told, on=notice.deal_id)
    return notice


def check_notices(ws: Workspace, auction_id: UUID) -> None:
    """The time is over: a sale of which somebody had no notice is called off. Run again, or too early, it does nothing."""
    auction, notices = find_auction(ws, auction_id, lock=True), notices_of(ws, auction_id)
    reached = [one.reached_at for one in notices]
    if auction.status == AuctionState.ANNOUNCED and is_missed(reached, notices[0].reach_by, ws.now):
        call_off(ws, auction, sentence(MISSED))
