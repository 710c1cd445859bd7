"""What follows when a debt is paid: nobody has to stand behind it any more. And what an undertaking shows to its deal: that its condition is met, or no more."""

from datetime import date
from uuid import UUID

from marketplace.financing.agreeing.conditions import note_undertaking
from marketplace.financing.events.deals import OfferAccepted
from marketplace.financing.events.ends import DealSettled, DebtRecovered, DefaultWithdrawn
from marketplace.financing.events.loans import LoanExtended
from marketplace.guarantees import extending
from marketplace.guarantees.claiming import end, let_claim_fall
from marketplace.guarantees.events import GuaranteeDischarged, GuaranteeGiven, GuaranteePaid
from marketplace.guarantees.queries import find_guarantee, guarantees_of
from marketplace.guarantees.rules import LIVE, GuaranteeKind, GuaranteeState
from marketplace.guarantees.words import DEBT_PAID
from marketplace.states import Actor
from tenants import rooms
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


@reacts_to(DefaultWithdrawn, roles={"bank"})
def let_claims_fall(ws: Workspace, happened: Happened) -> None:
    """A buy-back is claimed by a default: taken back, nothing is claimed any more. What was paid by then has paid the loan."""
    for one in guarantees_of(ws, happened.stream_id):
        guarantee = find_guarantee(ws, one.id, lock=True)
        if guarantee.kind == GuaranteeKind.BUY_BACK and guarantee.status == GuaranteeState.CLAIMED:
            let_claim_fall(ws, guarantee)


@reacts_to(LoanExtended, roles={"bank"})
def follow_extension(ws: Workspace, happened: Happened) -> None:
    """The loan runs longer: what was agreed to for it does too."""
    extending.follow_extension(ws, happened.stream_id, date.fromisoformat(happened.facts["until"]))


@reacts_to(GuaranteeGiven, GuaranteeDischarged, GuaranteePaid, OfferAccepted, roles={"bank"})
def show_undertaking(ws: Workspace, happened: Happened) -> None:
    """In the bank's workspace: whether the core enterprise stands behind the deal, as its condition precedent asks.

    Looked at anew each time, so that it does not matter which came first: the undertaking or the terms that ask for it.
    """
    known = guarantees_of(ws, happened.stream_id)
    standing = next((one for one in known if one.status in BINDING), None)
    last = standing or next((one for one in reversed(known) if one.answered_at is not None), None)
    if last is not None:
        _let_read_calls(ws, last.deal_id, last.core_id, stands=standing is not None)
        note_undertaking(ws, happened.stream_id, number=last.number, until=last.until, stands=standing is not None)


def _let_read_calls(ws: Workspace, deal_id: UUID, core_id: UUID, *, stands: bool) -> None:
    """Who stands behind a loan reads its margin calls, as long as it does, and nothing more of its money for that."""
    if stands:
        rooms.share(ws, deal_id, to=core_id, role="guarantor")
    else:
        rooms.end_share(ws, deal_id, to=core_id, role="guarantor")
