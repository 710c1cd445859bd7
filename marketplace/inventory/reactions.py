"""What inventory does by itself: a declaration that no goods followed expires, and with it a plan that nobody carried out; the end of a shelf life is told."""

from marketplace.inventory import actions as actions  # registers what approvals carry out
from marketplace.inventory.conversions.converting import give_up
from marketplace.inventory.conversions.descent import plan_for
from marketplace.inventory.events import LossReported, LotExpired
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState, next_state
from marketplace.inventory.shelf_life.expiring import tell_expiry
from marketplace.inventory.standing import end_stay
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def expire_declaration(ws: Workspace, happened: Happened) -> None:
    """72 hours after the declaration: expire it if nothing arrived. Run again it changes nothing."""
    plan = plan_for(ws, happened.stream_id)
    if plan is not None:
        give_up(ws, plan, "expire")
    lot = find_lot(ws, happened.stream_id, lock=True)
    if lot.status == LotState.DECLARED:
        lot.status = next_state(LotState.DECLARED, "expire")
        ws.record(LotExpired(lot_id=lot.id, number=lot.number), on=lot.id)


@reacts_to(roles=set())
def tell_shelf_life(ws: Workspace, happened: Happened) -> None:
    """A month before a lot expires, and on the day."""
    tell_expiry(ws, find_lot(ws, happened.stream_id))


@reacts_to(LossReported, roles={"warehouse"})
def clear_bin(ws: Workspace, happened: Happened) -> None:
    """Lost goods lie nowhere: the warehouse's bin is free for others, and its zone's capacity too. Damaged goods still fill it."""
    lot = find_lot(ws, happened.stream_id, lock=True)
    if lot.status == LotState.LOST:
        end_stay(ws, lot)
