"""What follows when a trade is no longer before a deal, and when goods or papers come before one."""

from uuid import UUID

from marketplace.documents.blind_index import deals_behind, enter_identities, warn
from marketplace.documents.events import (
    ConfidentialDocumentAdded,
    DocumentAdded,
    ParticularsEntered,
    TradeLaidBefore,
    TradeTakenBack,
)
from marketplace.documents.matching import rematch
from marketplace.pledges.events import PledgesOffered
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(TradeTakenBack, roles={"borrower"})
def review_trades(ws: Workspace, happened: Happened) -> None:
    """Match the trade anew, and those that were flagged with it: what stood behind two deals may stand behind one now."""
    rematch(ws, [UUID(happened.facts["trade_id"])])


@reacts_to(PledgesOffered, TradeLaidBefore, roles={"borrower"})
@reacts_to(DocumentAdded, ConfidentialDocumentAdded, ParticularsEntered, roles={"owner", "borrower"})
def compare_blindly(ws: Workspace, happened: Happened) -> None:
    """What the goods and papers behind one's own deals are called goes into the blind index; who enters it is told nothing."""
    for deal_id in deals_behind(ws, happened.stream_id):
        enter_identities(ws, deal_id)


@reacts_to(roles=set())
def warn_of_duplicate(ws: Workspace, happened: Happened) -> None:
    """The gate found the same identity behind a live deal of another firm: this bank is warned, and learns the kind alone."""
    warn(ws, happened.stream_id, UUID(happened.facts["lot_id"]), happened.facts["kind"])
