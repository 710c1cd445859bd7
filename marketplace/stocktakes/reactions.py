"""What follows in surprise counts: they close when all is shown, or when their time is over."""

from marketplace.stocktakes.closing import close_stocktake
from marketplace.stocktakes.events import ChallengeAnswered
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(ChallengeAnswered, roles={"orderer"})
def close_when_all_shown(ws: Workspace, happened: Happened) -> None:
    """The last lot was shown."""
    if happened.facts["left"] == 0:
        close_stocktake(ws, happened.stream_id)


@reacts_to(roles=set())
def close_when_due(ws: Workspace, happened: Happened) -> None:
    """Its time is over."""
    close_stocktake(ws, happened.stream_id)
