"""What of rights of first refusal is told to whom."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.disposal.first_refusals.models import PriorityPurchaser
from marketplace.disposal.first_refusals.queries import may_match, my_right, paddles_by_right, rights_in
from marketplace.disposal.models.auctions import Auction
from tenants.workspace import Workspace


@dataclass(frozen=True)
class Rights:
    """The rights of a sale as its page shows them: all that were published, the viewer's own, whether it may buy at the price that stands now, and once
    bidding has ended under which paddle each holder took part.
    """

    all: list[PriorityPurchaser]
    mine: PriorityPurchaser | None
    matches: bool
    paddles: dict[UUID, int]


def rights_shown(ws: Workspace, auction: Auction) -> Rights | None:
    """None where no right was published."""
    if not auction.first_refusals:
        return None
    mine = None if ws.member.is_visitor else my_right(ws, auction)
    paddles = paddles_by_right(ws, auction.auction_id) if auction.closed_at else {}
    return Rights(rights_in(ws, auction), mine, mine is not None and may_match(ws, auction), paddles)


def right_told(ws: Workspace, auction: Auction) -> dict[str, Any]:
    """The caller's own right, for calls."""
    mine = my_right(ws, auction)
    return {"right_order": mine.rank if mine else None, "may_match": mine is not None and may_match(ws, auction)}
