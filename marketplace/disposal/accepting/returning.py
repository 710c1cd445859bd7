"""Goods of a purchase that was undone come back: the warehouse has them again, under the pledge that never ended, and they may be put up anew."""

from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.accepting.events import GoodsReturned, SaleRescinded
from marketplace.disposal.accepting.queries import acceptance_of
from marketplace.disposal.closing import move
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.models.settlements import Handover
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.accepting import ACCEPTANCE, AcceptanceState
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from marketplace.inventory.handing_out.actions import tell_returned
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

TAKE_BACK = text("select gate.take_back_goods(:auction, :attempt)")


def take_back_goods(ws: Workspace, auction_id: UUID, *, quantity: Quantity) -> Handover:
    """The warehouse has the goods again, all that it gave. Refuses another warehouse, another quantity, and goods that nobody waits for."""
    ws.may("hand_over")
    order = find_handover(ws, auction_id, lock=True)
    lot = find_lot(ws, order.lot_id, lock=True)
    if ws.tenant_id != lot.warehouse_id:
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    if order.status != "RETURNING":
        raise Conflict("not_returning", "No goods are on their way back.")
    if quantity.to(order.unit, field="quantity") != order.handed:
        raise Invalid("return_incomplete", "What was given is %(given)s: it comes back whole.", field="quantity", given=order.handed)  # fmt: skip
    if not ws.session.scalar(TAKE_BACK, {"auction": auction_id, "attempt": order.attempt}):
        raise Conflict("not_returning", "No goods are on their way back.")
    ws.session.refresh(order)
    tell_returned(ws, lot.id, order.handed)
    ws.record(GoodsReturned(auction_id=auction_id, title=order.title, quantity=order.handed), on=order.deal_id)
    return order


def undo_sale(ws: Workspace, auction_id: UUID) -> None:
    """The goods are where they were: the sale is undone, and the next attempt may be announced. Again changes nothing."""
    auction, waiting = find_auction(ws, auction_id, lock=True), acceptance_of(ws, auction_id, lock=True)
    if waiting is None or waiting.state is not AcceptanceState.RESCINDED:
        return
    waiting.status = ACCEPTANCE.next_state(waiting.state, "take_back")
    undone = AUCTION.next_state(AuctionState(auction.status), "rescind")
    ws.session.flush()
    move(ws, auction, undone, SaleRescinded(auction_id=auction_id, title=auction.title))
