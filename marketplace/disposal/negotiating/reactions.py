"""What the end of a negotiated sale brings by itself: what waited for a second officer lapses."""

from marketplace.disposal.events import AuctionCancelled, LotHammered, LotUnsold
from marketplace.disposal.negotiating import bargaining
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(LotHammered, LotUnsold, AuctionCancelled, roles={"seller"})
def lapse_bargain(ws: Workspace, happened: Happened) -> None:
    """The sale is over."""
    bargaining.lapse_bargain(ws, happened.stream_id)
