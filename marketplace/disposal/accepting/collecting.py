"""The goods are paid for: their release is ordered, the buyer comes for them in its time, looks at them, and says yes, or nothing."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.accepting.events import (
    AcceptanceAwaited,
    AcceptanceLapsed,
    CollectionAwaited,
    GoodsAccepted,
)
from marketplace.disposal.accepting.models import Acceptance
from marketplace.disposal.accepting.queries import acceptance_of, find_acceptance, goods_left
from marketplace.disposal.accepting.refunding import reduce_for_missing
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Handover, Settlement
from marketplace.disposal.paying_out import Buyer, order_handover
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.accepting import ACCEPTANCE, AcceptanceState, accept_until
from marketplace.disposal.rules.afterwards import require_in_time
from marketplace.inventory.models import Lot
from tenants.errors import NotFound
from tenants.workspace import Workspace


def await_collection(ws: Workspace, auction: Auction, disposal: Disposal, settlement: Settlement) -> Acceptance:
    """Order the warehouse to let this buyer have the goods, and wait for it to come."""
    buyer = Buyer(settlement.buyer_id, settlement.buyer, settlement.collection_code)
    order_handover(ws, disposal, attempt=settlement.attempt, title=auction.title, goods=auction.goods, buyer=buyer)
    waiting = Acceptance(
        auction_id=auction.auction_id,
        attempt=settlement.attempt,
        tenant_id=ws.tenant_id,
        registration_id=settlement.registration_id,
        status=ACCEPTANCE.next_state(None, "await"),
        currency=settlement.currency,
        collect_by=ws.now + timedelta(days=auction.collect_days),
        reduction_minor=0,
        refund_minor=0,
    )
    ws.session.add(waiting)
    ws.session.flush()
    _look_when_over(ws, waiting)
    fact = CollectionAwaited(auction_id=auction.auction_id, title=auction.title, collect_by=waiting.collect_by)
    ws.record(fact, on=settlement.registration_id)
    return waiting


def await_acceptance(ws: Workspace, auction: Auction) -> None:
    """The warehouse handed the goods over: the buyer's time to look at them begins. Changes nothing where it had let its time to come pass."""
    waiting = acceptance_of(ws, auction.auction_id, lock=True)
    if waiting is None or waiting.state is not AcceptanceState.TO_COLLECT:
        return
    waiting.status = ACCEPTANCE.next_state(waiting.state, "hand_over")
    waiting.handed_at, waiting.accept_by = ws.now, accept_until(ws.now, auction.accept_days)
    ws.session.flush()
    _look_when_over(ws, waiting)
    fact = AcceptanceAwaited(auction_id=auction.auction_id, title=auction.title, accept_by=waiting.accept_by)
    ws.record(fact, on=waiting.registration_id)


def accept_goods(ws: Workspace, auction_id: UUID) -> Acceptance:
    """The buyer takes the goods as they are, once it has them and in its time. The proceeds are free with it."""
    ws.may("accept_goods")
    auction, waiting = find_auction(ws, auction_id), find_acceptance(ws, auction_id, lock=True)
    require_buyer(ws, waiting)
    accepted = ACCEPTANCE.next_state(waiting.state, "accept")
    assert waiting.accept_by is not None, "the goods were handed over"
    require_in_time(ws.now, waiting.accept_by)
    waiting.status, waiting.accepted_by, waiting.ended_at = accepted, ws.member.name, ws.now
    ws.session.flush()
    ws.record(GoodsAccepted(auction_id=auction_id, title=auction.title), on=waiting.registration_id)
    return waiting


def lapse_acceptance(ws: Workspace, auction_id: UUID, attempt: int) -> None:
    """The buyer's time is over: what it did not collect or did not dispute counts as accepted. Again changes nothing (invariant 44)."""
    auction, waiting = find_auction(ws, auction_id), acceptance_of(ws, auction_id, lock=True)
    if waiting is None or waiting.attempt != attempt or waiting.due_at is None or ws.now < waiting.due_at:
        return
    order = ws.session.get(Handover, (auction_id, attempt), populate_existing=True)
    if waiting.state is AcceptanceState.TO_COLLECT and order is not None and order.status == "DONE":
        return  # collected in the last moment: the buyer's time to look at them is about to begin
    if waiting.state is AcceptanceState.TO_COLLECT and order is not None and _waits_for_a_shortage(ws, waiting, order):
        return
    there = goods_left(ws, order) if waiting.state is AcceptanceState.TO_COLLECT and order is not None else None
    waiting.status, waiting.ended_at = ACCEPTANCE.next_state(waiting.state, "lapse"), ws.now
    ws.session.flush()
    ws.record(AcceptanceLapsed(auction_id=auction_id, title=auction.title), on=waiting.registration_id)
    if there is not None:
        reduce_for_missing(ws, auction, there)


def _waits_for_a_shortage(ws: Workspace, waiting: Acceptance, order: Handover) -> bool:
    """Whether the buyer cannot have its goods, since a shortage stops them. Its silence says nothing then; it is looked at again tomorrow."""
    if ws.session.scalar(select(Lot.shortage_id).where(Lot.id == order.lot_id)) is None:
        return False
    again = ws.now + timedelta(days=1)
    key = f"{waiting.auction_id}:{waiting.attempt}:{again.isoformat()}"
    ws.set_timer(
        "accepting.lapse_acceptance", key=key, due=again, stream_id=waiting.auction_id, attempt=waiting.attempt
    )
    return True


def require_buyer(ws: Workspace, waiting: Acceptance) -> None:
    """Refuse, as not found, who did not buy these goods."""
    if waiting.tenant_id == ws.tenant_id:
        raise NotFound("acceptance_unknown", "No goods wait to be accepted here.")


def _look_when_over(ws: Workspace, waiting: Acceptance) -> None:
    due = waiting.due_at
    assert due is not None, "its time runs"
    key = f"{waiting.auction_id}:{waiting.attempt}:{due.isoformat()}"
    ws.set_timer("accepting.lapse_acceptance", key=key, due=due, stream_id=waiting.auction_id, attempt=waiting.attempt)
