"""What inventory does by itself: a declaration that no goods followed expires."""

from marketplace.inventory import actions as actions  # registers what approvals carry out
from marketplace.inventory.events import LotExpired
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState, next_state
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def expire_declaration(ws: Workspace, happened: Happened) -> None:
    """72 hours after the declaration: expire it if nothing arrived. Run again it changes nothing."""
    lot = find_lot(ws, happened.stream_id, lock=True)
    if lot.status == LotState.DECLARED:
        lot.status = next_state(LotState.DECLARED, "expire")
        ws.record(LotExpired(lot_id=lot.id, number=lot.number), on=lot.id)
