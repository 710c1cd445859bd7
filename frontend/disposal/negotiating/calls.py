"""Calls about negotiated sales: rooms, offers and what is said to them, the pledgor's word on the floor."""

from typing import Any
from uuid import UUID

from frontend.disposal.amounts import shaped
from frontend.disposal.blueprint import api
from frontend.disposal.negotiating.shapes import (
    Acceptance,
    FloorAnswer,
    FloorView,
    OfferWish,
    RoomAct,
    Rooms,
    RoomSaid,
)
from frontend.disposal.negotiating.told import waits_for
from marketplace.disposal import actions
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.negotiating.bargaining import Wish
from marketplace.disposal.negotiating.consenting import find_consent
from marketplace.disposal.negotiating.models import FloorConsent
from marketplace.disposal.negotiating.queries import TalkRoom, find_room, receipts_of, rooms_of, waiting_bargain
from marketplace.disposal.queries import find_auction
from marketplace.money import Money
from tenants.approvals import Approval
from tenants.workspace import Workspace

ROOM = "/auctions/<uuid:auction_id>/talks/<uuid:room_id>"


@api.look("/auctions/<uuid:auction_id>/talks", gives=Rooms)
def list_rooms(ws: Workspace, auction_id: UUID) -> Any:
    """The rooms of a negotiated sale: all for its seller, a buyer's own."""
    auction = find_auction(ws, auction_id)
    waiting = waiting_bargain(ws, auction_id)
    items = [_room(ws, auction, room) for room in rooms_of(ws, auction)]
    return {"items": items, "proposed": waiting.id if waiting else None}


@api.act(f"{ROOM}/offers", gives=RoomSaid, takes=OfferWish, status=201)
def make_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID, body: OfferWish) -> Any:
    """Make an offer, or a counter-offer. The seller's may have to be agreed to by a second officer first."""
    amount = Money.of(body.amount, find_auction(ws, auction_id).currency)
    wish = Wish(amount=amount, firm=body.firm, delivery=body.delivery, words=body.words)
    return _said(ws, auction_id, room_id, actions.make_offer(ws, auction_id, room_id, wish=wish, seen=body.seen))


@api.act(f"{ROOM}/acceptance", gives=RoomSaid, takes=Acceptance)
def accept_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID, body: Acceptance) -> Any:
    """Accept what the other side offers: the goods are sold at its price."""
    return _said(ws, auction_id, room_id, actions.accept_offer(ws, auction_id, room_id, seen=body.seen, because=body.because))  # fmt: skip


@api.act(f"{ROOM}/refusal", gives=RoomSaid, takes=RoomAct)
def decline_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID, body: RoomAct) -> Any:
    """Decline what the other side offers."""
    actions.decline_offer(ws, auction_id, room_id, seen=body.seen)
    return _said(ws, auction_id, room_id, None)


@api.act(f"{ROOM}/withdrawal", gives=RoomSaid, takes=RoomAct)
def withdraw_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID, body: RoomAct) -> Any:
    """Withdraw one's own offer, where it is not firm."""
    actions.withdraw_offer(ws, auction_id, room_id, seen=body.seen)
    return _said(ws, auction_id, room_id, None)


@api.look("/auctions/<uuid:auction_id>/floor", gives=FloorView)
def get_floor(ws: Workspace, auction_id: UUID) -> Any:
    """What the pledgor is asked about the floor, and its answer: for seller and pledgor."""
    return _floor(find_consent(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/floor/answer", gives=FloorView, takes=FloorAnswer)
def answer_floor(ws: Workspace, auction_id: UUID, body: FloorAnswer) -> Any:
    """Agree as the pledgor that the goods may go below their valuation, or not; once. In a firm of two a yes waits for a colleague."""
    return _floor(actions.answer_floor(ws, auction_id, agree=body.agree))


def _said(ws: Workspace, auction_id: UUID, room_id: UUID, approval: Approval | None) -> dict[str, Any]:
    auction = find_auction(ws, auction_id)
    room = _room(ws, auction, find_room(ws, auction, room_id))
    return {"room": room, "proposed": approval.id if approval else None}


def _room(ws: Workspace, auction: Auction, room: TalkRoom) -> dict[str, Any]:
    plain = ("turn", "side", "firm", "delivery", "words", "made_at", "expires_at", "ended_at")
    receipts = receipts_of(ws, auction, room)
    offers = [
        {name: getattr(offer, name) for name in plain}
        | {"status": state.value, "amount": shaped(offer.amount), "salt": offer.salt.hex(), "receipt": receipts[offer.turn].told()}
        for offer, state in zip(room.offers, room.states, strict=True)
    ]  # fmt: skip
    registration = room.enrolled.registration
    return {"room_id": room.room_id, "organisation": registration.organisation, "deposit_state": room.enrolled.deposit_state,
            "offers": offers, "waiting": waits_for(ws, auction, room)}  # fmt: skip


def _floor(row: FloorConsent) -> dict[str, Any]:
    plain = ("auction_id", "title", "asked_at", "ends_at", "agreed", "answered_at", "answered_by")
    return {name: getattr(row, name) for name in plain} | {"floor": shaped(row.floor), "valuation": shaped(row.valuation)}  # fmt: skip
