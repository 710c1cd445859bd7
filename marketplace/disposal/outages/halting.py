"""Standing a sale still by hand, and letting it go on. The database does both under the sale's lock, since it alone may move a sale's clock.

The seller does it alone; a court that served the platform, or a fault of the platform itself, is the operator's, and takes two of its officers. Whichever side gave an order lifts it.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.outages.events import SaleHalted, SaleResumed
from marketplace.disposal.outages.queries import order_in_force
from marketplace.disposal.queries import find_auction, is_seller, phase
from marketplace.disposal.rules.halts import Halt, halt_of
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from marketplace.disposal.rules.reasons import said_why
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

HALT = text("select gate.halt_sale(:sale, :ground, :ordered_by, :paper, :because, :agreed)")
LIFT = text("select gate.lift_halt(:sale, :agreed)")
SELLER, OPERATOR = "SELLER", "OPERATOR"


def halt_sale(ws: Workspace, auction_id: UUID, halt: Halt) -> Auction:
    """The seller lets its sale stand still, for a court or for a fault: no bid is taken and no hammer falls until the order is lifted; bids that were taken stand.

    One officer is enough, since what is wrong does not wait for a colleague and nothing is lost by it. Refuses others' sales, those that are over, and one that stands
    still by order already.
    """
    ws.may("prepare_disposal")
    return _stop(ws, _own(ws, auction_id), halt)


def lift_halt(ws: Workspace, auction_id: UUID) -> Auction:
    """The order is lifted: the sale goes on by its published rule, with the time that was left. Refuses others' sales, one that stands still by no order, and by the operator's."""
    ws.may("prepare_disposal")
    auction = _own(ws, auction_id)
    _require_order(ws, auction, SELLER)
    return _let_go_on(ws, auction)


def propose_halt(ws: Workspace, auction_id: UUID, halt: Halt) -> Approval:
    """An officer of the platform's operator puts before a colleague that a sale shall stand still: a court served its order here, or the platform is at fault (网拍 28).

    Refuses sales that are over, and those that stand still by order already.
    """
    ws.may("halt_sale")
    auction = find_auction(ws, auction_id)
    _require_running(auction)
    words = asdict(halt) | {"ground": halt.ground.value}
    summary = sentence("Let %(title)s stand still, ordered by %(ordered_by)s: %(because)s", title=auction.title, ordered_by=halt.ordered_by, because=halt.because)  # fmt: skip
    return approvals.propose(ws, "approve_halt", subject_id=auction_id, summary=summary, **words)


@upon_approval("approve_halt")
def halt_for_operator(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the sale stands still from this moment."""
    auction = find_auction(ws, approval.subject_id)
    _stop(ws, auction, halt_in(approval), approval)


def propose_resumption(ws: Workspace, auction_id: UUID, *, because: str) -> Approval:
    """An officer of the operator puts before a colleague that its order be lifted, and says what became of its ground. Refuses where no order of the operator stands."""
    ws.may("halt_sale")
    auction = find_auction(ws, auction_id)
    _require_order(ws, auction, OPERATOR)
    reason = said_why(because)
    summary = sentence("Let %(title)s go on: %(because)s", title=auction.title, because=reason)
    return approvals.propose(ws, "approve_resumption", subject_id=auction_id, summary=summary, because=reason)


@upon_approval("approve_resumption")
def resume_for_operator(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the sale goes on by its published rule."""
    auction = find_auction(ws, approval.subject_id)
    _require_order(ws, auction, OPERATOR)
    _let_go_on(ws, auction, approval)


def halt_in(approval: Approval) -> Halt:
    """The order that a proposal keeps."""
    return halt_of(**{name: approval.payload[name] for name in Halt.__dataclass_fields__})


def _stop(ws: Workspace, auction: Auction, halt: Halt, approval: Approval | None = None) -> Auction:
    _require_running(auction)
    facts: dict[str, Any] = asdict(halt) | {"ground": str(halt.ground)}
    agreed = None if approval is None else approval.id
    since = ws.session.scalar(HALT, {"sale": auction.auction_id, "agreed": agreed, **facts})
    ws.session.refresh(auction)
    if since is None:
        _require_running(auction)
        raise Conflict("sale_ended", "The sale has ended.")
    told = SaleHalted(auction_id=auction.auction_id, title=auction.title, began_at=since, **facts)
    ws.record(told, on=auction.auction_id, evidence=[agreed] if agreed else [])
    return auction


def _let_go_on(ws: Workspace, auction: Auction, approval: Approval | None = None) -> Auction:
    AUCTION.next_state(AuctionState.PAUSED, "resume", kept=AuctionState(auction.status))
    agreed = None if approval is None else approval.id
    lifted = ws.session.scalar(LIFT, {"sale": auction.auction_id, "agreed": agreed})
    ws.session.refresh(auction)
    if lifted is None:
        raise Conflict("sale_not_halted", "This sale does not stand still by order.")
    resumes = max(one for one in (ws.now, auction.opens_at, auction.resumes_at) if one is not None)
    told = SaleResumed(auction_id=auction.auction_id, title=auction.title, resumes_at=resumes, ends_at=auction.ends_at)
    ws.record(told, on=auction.auction_id, evidence=[agreed] if agreed else [])
    return auction


def _require_running(auction: Auction) -> None:
    """Refuses a sale that is over, and one that stands still by order already."""
    AUCTION.next_state(AuctionState(auction.status), "pause")
    if auction.halted_at is not None:
        raise Conflict("sale_halted", "This sale stands still by order already.")


def _require_order(ws: Workspace, auction: Auction, side: str) -> None:
    """Refuses a sale that stands still by no order, or by one of the other side."""
    order = order_in_force(ws, auction)
    if order is None or phase(auction, ws.now) is not AuctionState.PAUSED:
        raise Conflict("sale_not_halted", "This sale does not stand still by order.")
    if order.through != side:
        because = "The platform’s operator ordered this, and lifts it." if side == SELLER else "The seller ordered this, and lifts it."  # fmt: skip
        raise Conflict("halted_by_another", because)


def _own(ws: Workspace, auction_id: UUID) -> Auction:
    auction = find_auction(ws, auction_id, lock=True)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    return auction
