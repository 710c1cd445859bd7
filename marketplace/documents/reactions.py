"""What follows when a trade is no longer before a deal."""

from uuid import UUID

from marketplace.documents.events import TradeTakenBack
from marketplace.documents.matching import rematch
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(TradeTakenBack, roles={"borrower"})
def review_trades(ws: Workspace, happened: Happened) -> None:
    """Match the trade anew, and those that were flagged with it: what stood behind two deals may stand behind one now."""
    rematch(ws, [UUID(happened.facts["trade_id"])])
