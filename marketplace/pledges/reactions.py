"""What pledges do by themselves: an offer that nothing followed is given back."""

from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.pledges import actions
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def give_back_offer(ws: Workspace, happened: Happened) -> None:
    """Seven days after an offer: give back what never came into force. Run again it changes nothing."""
    patience = LOT.due_at(LotState.RESERVED, "expire_reservation", ws.now) - ws.now
    because = "seven days passed without a pledge"
    actions.cancel_pledges(ws, happened.stream_id, because=because, offered_before=ws.now - patience)
