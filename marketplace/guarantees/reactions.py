"""What follows when a debt is paid: nobody has to stand behind it any more. And what an undertaking shows to its deal: that its condition is met, or no more."""

from marketplace.financing.agreeing.conditions import note_undertaking
from marketplace.financing.events.deals import OfferAccepted
from marketplace.financing.events.ends import DealSettled, DebtRecovered
from marketplace.guarantees.claiming import end
from marketplace.guarantees.events import GuaranteeDischarged, GuaranteeGiven, GuaranteePaid
from marketplace.guarantees.queries import find_guarantee, guarantees_of
from marketplace.guarantees.rules import LIVE, GuaranteeState
from marketplace.guarantees.words import DEBT_PAID
from marketplace.states import Actor
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

BINDING = frozenset({GuaranteeState.GIVEN, GuaranteeState.CLAIMED})


@reacts_to(DealSettled, DebtRecovered, roles={"bank"})
def end_undertakings(ws: Workspace, happened: Happened) -> None:
    """All that still stand behind the deal end with its debt."""
    for one in guarantees_of(ws, happened.stream_id):
        guarantee = find_guarantee(ws, one.id, lock=True)
        if GuaranteeState(guarantee.status) in LIVE:
            end(ws, guarantee, {"word": DEBT_PAID, "facts": {}}, actor=Actor.SYSTEM)


@reacts_to(GuaranteeGiven, GuaranteeDischarged, GuaranteePaid, OfferAccepted, roles={"bank"})
def show_undertaking(ws: Workspace, happened: Happened) -> None:
    """In the bank's workspace: whether the core enterprise stands behind the deal, as its condition precedent asks.

    Looked at anew each time, so that it does not matter which came first: the undertaking or the terms that ask for it.
    """
    known = guarantees_of(ws, happened.stream_id)
    standing = next((one for one in known if one.status in BINDING), None)
    last = standing or next((one for one in reversed(known) if one.answered_at is not None), None)
    if last is not None:
        note_undertaking(ws, happened.stream_id, number=last.number, until=last.until, stands=standing is not None)
