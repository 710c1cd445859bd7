"""Calling a sale off before the hammer. It ends what everybody was told of and sends all deposits home, so two officers of the seller do it; one alone can stand it still meanwhile."""

from uuid import UUID

from marketplace.disposal.closing import call_off
from marketplace.disposal.queries import find_auction, is_seller
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from marketplace.disposal.rules.reasons import said_why
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

ACT = "approve_calling_off"


def propose_calling_off(ws: Workspace, auction_id: UUID, *, because: str) -> Approval:
    """Put before a colleague that a sale be called off: the debt was paid, or the law forbids it. It goes on until the colleague agrees.

    Refuses others' sales, those whose hammer has fallen, and a proposal without a reason.
    """
    ws.may("prepare_disposal")
    auction = find_auction(ws, auction_id)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    AUCTION.next_state(AuctionState(auction.status), "cancel")
    reason = said_why(because)
    summary = sentence("Call %(title)s off: %(because)s", title=auction.title, because=reason)
    return approvals.propose(ws, ACT, subject_id=auction_id, summary=summary, because=reason)


@upon_approval(ACT)
def carry_off(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the sale ends, and all deposits go back. Refuses a sale whose hammer has fallen meanwhile."""
    call_off(ws, find_auction(ws, approval.subject_id, lock=True), approval.payload["because"])


def lapse_calling_off(ws: Workspace, auction_id: UUID) -> None:
    """The sale is over: there is nothing left to call off. Again changes nothing (invariant 44)."""
    approvals.lapse(ws, ACT, auction_id)
