"""A shortage left a buyer nothing of the goods that it paid for and had not collected: the sale ends, and all that it paid goes back. What turns up later is the owner's."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.accepting.models import Acceptance
from marketplace.disposal.accepting.queries import acceptance_of, goods_left
from marketplace.disposal.accepting.refunding import owe_back, settle_price
from marketplace.disposal.accepting.short_events import NothingToHandOver, SaleCameToNothing
from marketplace.disposal.closing import move
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.models.settlements import Handover
from marketplace.disposal.queries import find_auction, find_settlement
from marketplace.disposal.rules.accepting import ACCEPTANCE, AcceptanceState, Refund
from marketplace.disposal.rules.lifecycle import AUCTION, AuctionState
from tenants.workspace import Workspace


def end_empty_sales(ws: Workspace, lot_id: UUID) -> None:
    """The acting seller's sales of a lot end of which the table of a shortage leaves their buyer nothing. Again changes nothing."""
    ordered = select(Handover.auction_id).where(Handover.lot_id == lot_id, Handover.tenant_id == ws.tenant_id, Handover.status == "ORDERED")  # fmt: skip
    for auction_id in ws.session.scalars(ordered.order_by(Handover.auction_id)).all():
        end_empty_sale(ws, auction_id)


def end_empty_sale(ws: Workspace, auction_id: UUID) -> bool:
    """End a sale of which nothing is left to hand over: price and premium are owed back in full, the deposit in them. Says whether it did.

    A buyer that disputed in time has its dispute decided, and one that let its time pass before the goods went had accepted them.
    """
    waiting = acceptance_of(ws, auction_id, lock=True)
    if waiting is None or waiting.state is not AcceptanceState.TO_COLLECT:
        return False
    order = find_handover(ws, auction_id, lock=True)
    if order.status != "ORDERED" or goods_left(ws, order).amount:
        return False
    _give_all_back(ws, waiting)
    order.status = "CANCELLED"
    ws.session.flush()
    return True


def _give_all_back(ws: Workspace, waiting: Acceptance) -> None:
    settlement = find_settlement(ws, waiting.auction_id)
    refund = Refund(settlement.price, settlement.premium)
    waiting.status, waiting.ended_at = ACCEPTANCE.next_state(waiting.state, "come_to_nothing"), ws.now
    waiting.refund_minor, settlement.status = refund.total.minor, "RESCINDED"
    ws.session.flush()
    settle_price(ws, settlement, None)
    owe_back(ws, settlement, refund, "shortage", "A shortage left nothing of what was sold: %(refund)s go back.")
    auction = find_auction(ws, waiting.auction_id)
    facts: dict[str, Any] = {"auction_id": auction.auction_id, "title": auction.title}
    move(ws, auction, AUCTION.next_state(AuctionState(auction.status), "come_to_nothing"), SaleCameToNothing(**facts))
    ws.record(NothingToHandOver(**facts, sold=auction.goods, refund=refund.total), on=waiting.registration_id)
