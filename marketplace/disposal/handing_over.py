"""The goods change hands: the warehouse lets the buyer's collector have them against the code that only buyer, seller and warehouse know.

Sold goods go out on their buyer's word: it may still refuse them, so the pledge on them ends with the distribution and not with the gate.
"""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.accepting.collecting import await_acceptance
from marketplace.disposal.accepting.queries import goods_left
from marketplace.disposal.accepting.refunding import reduce_for_missing
from marketplace.disposal.closing import move
from marketplace.disposal.events import GoodsCollected, LotHandedOver, SaleClosed
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Handover
from marketplace.disposal.queries import distribution_of, find_auction
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from marketplace.inventory.handing_out.actions import hand_out_pledged, hand_out_receipts, settle_departure
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.inventory.standing import mark_departed
from marketplace.pledges.by_receipt import sold_units
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.workspace import Workspace


def hand_over(ws: Workspace, auction_id: UUID, *, code: str, collector: str) -> Handover:
    """The warehouse hands the goods to `collector`, who shows the buyer's code: all that was sold, or what a shortage left of it. They leave the lot and the
    warehouse with it, and the receipts that stood for them are delivered.

    Refuses another warehouse, a wrong code, and goods that were handed over before, or lie in an open shortage.
    """
    ws.may("hand_over")
    order = find_handover(ws, auction_id, lock=True)
    lot = find_lot(ws, order.lot_id, lock=True)
    if ws.tenant_id not in (lot.warehouse_id, order.tenant_id):
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    if order.status == "HELD":
        raise Conflict("handover_held", "The buyer disputes these goods: they stay until it is decided.")
    if order.status == "CANCELLED":
        raise Conflict("sale_undone", "The sale of these goods is undone: they are handed to nobody.")
    if order.status != "ORDERED":
        raise Conflict("handed_over", "These goods are handed over already.")
    if code.strip().upper() != order.collection_code:
        raise Invalid("code_wrong", "This is not the buyer's code.", field="code")
    if not 2 <= len(collector.strip()) <= 120:
        raise Invalid("collector_missing", "Name who collects the goods.", field="collector")
    given = goods_left(ws, order)
    if lot.standing == LotState.IN_DISPOSAL:
        hand_out_pledged(ws, lot.id, given)
    else:
        hand_out_receipts(ws, lot, sold_units(ws, order.deal_id, lot.id))
        mark_departed(ws, lot.id, quantity=given)
    order.handed_qty = given.amount if given.amount < order.quantity else None
    order.status, order.done_at, order.collector = "DONE", ws.now, collector.strip()
    fact = GoodsCollected(
        auction_id=auction_id, lot_id=lot.id, title=order.title, quantity=given, collector=collector.strip()
    )
    ws.record(fact, on=order.deal_id)
    return order


def close_sale(ws: Workspace, auction_id: UUID) -> None:
    """The seller's books follow: handed over, from when the buyer may look at the goods, and, the proceeds being distributed, closed. Again changes nothing.

    Goods that were taken over at their value left no sale open.
    """
    if ws.session.get(Auction, auction_id) is None:
        return
    auction = find_auction(ws, auction_id, lock=True)
    if auction.status == AuctionState.PAID:
        handed = AUCTION.next_state(AuctionState.PAID, "hand_over")
        move(ws, auction, handed, LotHandedOver(auction_id=auction_id, title=auction.title))
        await_acceptance(ws, auction)
        reduce_for_missing(ws, auction, find_handover(ws, auction_id).handed)
    close_distributed(ws, auction)


def close_distributed(ws: Workspace, auction: Auction) -> None:
    """Nothing is left to do where the goods are handed over and the proceeds distributed, whichever came last."""
    found = distribution_of(ws, auction.auction_id)
    if auction.status == AuctionState.HANDED_OVER and found and found[0].is_last:
        closed = AUCTION.next_state(AuctionState.HANDED_OVER, "close")
        move(ws, auction, closed, SaleClosed(auction_id=auction.auction_id, title=auction.title))


def let_goods_go(ws: Workspace, auction_id: UUID) -> None:
    """The sale is final: the receipts for goods that the buyer has are delivered, and the lot gives their units up. Again changes nothing."""
    order = find_handover(ws, auction_id)
    lot = find_lot(ws, order.lot_id, lock=True)
    if order.status != "DONE" or lot.standing != LotState.SOLD:
        return
    sold = sold_units(ws, order.deal_id, lot.id)
    hand_out_receipts(ws, lot, sold)
    settle_departure(ws, lot.id, order.handed, spans=sold)


def find_handover(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> Handover:
    """The order to hand goods over: for the seller, the warehouse and the former owner."""
    wanted = select(Handover).where(Handover.auction_id == auction_id).order_by(Handover.attempt.desc()).limit(1)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    order = ws.session.scalars(wanted).one_or_none()
    if order is None:
        raise NotFound("handover_unknown", "There is nothing to hand over.")
    return order


def list_handovers(ws: Workspace) -> list[Handover]:
    """Orders to hand goods over, open ones first, the newest on top."""
    return list(
        ws.session.scalars(select(Handover).order_by(Handover.status.desc(), Handover.ordered_at.desc()).limit(200))
    )
