"""What follows when a debt is paid: nobody has to stand behind it any more."""

from marketplace.financing.events.ends import DealSettled, DebtRecovered
from marketplace.guarantees.claiming import end
from marketplace.guarantees.queries import find_guarantee, guarantees_of
from marketplace.guarantees.rules import LIVE, GuaranteeState
from marketplace.guarantees.words import DEBT_PAID
from marketplace.states import Actor
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(DealSettled, DebtRecovered, roles={"bank"})
def end_undertakings(ws: Workspace, happened: Happened) -> None:
    """All that still stand behind the deal end with its debt."""
    for one in guarantees_of(ws, happened.stream_id):
        guarantee = find_guarantee(ws, one.id, lock=True)
        if GuaranteeState(guarantee.status) in LIVE:
            end(ws, guarantee, {"word": DEBT_PAID, "facts": {}}, actor=Actor.SYSTEM)
