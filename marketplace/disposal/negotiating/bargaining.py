"""Offers made, withdrawn, declined and accepted in the room of one buyer and the seller, one act after another under the sale's lock.

The seller's word binds it: above what one officer may say alone, below the valuation, or past a higher open offer a second one has to agree first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.negotiating.events import (
    BargainLapsed,
    BargainProposed,
    BargainStruck,
    PriceCountered,
    PriceDeclined,
    PriceOffered,
    PriceWithdrawn,
)
from marketplace.disposal.negotiating.queries import (
    BARGAIN,
    TalkRoom,
    bounds_of,
    find_room,
    market_of,
    passed_over,
    rooms_of,
)
from marketplace.disposal.queries import find_auction, find_disposal, is_seller
from marketplace.disposal.rules import negotiating as rules
from marketplace.disposal.rules.negotiating import Bounds, Room, Side, needs_two, require_reason, require_seen
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.workspace import Workspace

HOLD = text("select * from gate.hold_talks(:auction)")
ENTER = text("select gate.enter_talks(:auction, :room, :act, :at, :answers, :amount, :firm, :delivery, :words)")
LONGEST_DELIVERY, LONGEST_WORDS, LONGEST_REASON = 300, 1000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An offer as it is entered. `firm`: it is not withdrawn before it ends; `delivery`: how the goods change hands; `words`: what else is to be said."""

    amount: Money
    firm: bool = False
    delivery: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """A room that is held for one act: as it stands at `at`, and for whom."""

    auction: Auction
    room: TalkRoom
    others: list[TalkRoom]
    side: Side
    bounds: Bounds
    at: datetime

    @property
    def offers(self) -> Room:
        """As the rules take them."""
        return tuple(offer.proposal for offer in self.room.offers)

    @property
    def passed_over(self) -> Money | None:
        """The best offer elsewhere."""
        return passed_over(self.others, self.room.room_id, at=self.at)


def make_offer(ws: Workspace, auction_id: UUID, room_id: UUID, *, wish: Wish, seen: int) -> Approval | None:
    """Make an offer, as the buyer or as the seller; it ends the other side's. Gives the proposal where the seller's second officer has to agree first.

    `seen`: how many offers of the room one saw. Refuses a price below the floor or without the pledgor's word, one that is worse than one's own open offer,
    and a room in which something has come since.
    """
    _may(ws, auction_id)
    talk = _held(ws, auction_id, room_id)
    require_seen(talk.offers, seen)
    checked = _checked(wish)
    after = rules.propose(talk.offers, talk.side, checked.amount, firm=checked.firm, at=talk.at, bounds=talk.bounds)
    if talk.side is Side.SELLER and _takes_two(ws, talk, checked.amount):
        return _put_before_colleague(ws, talk, "OFFER", checked, because="")
    _make(ws, talk, checked, after)
    return None


def withdraw_offer(ws: Workspace, auction_id: UUID, room_id: UUID, *, seen: int) -> None:
    """Take one's own open offer back. Refuses a firm one, and one that is over."""
    _may(ws, auction_id)
    talk = _held(ws, auction_id, room_id)
    require_seen(talk.offers, seen)
    rules.withdraw(talk.offers, talk.side, at=talk.at, bounds=talk.bounds)
    _enter(ws, talk, "WITHDRAW")
    ws.record(PriceWithdrawn(**_facts(talk)), on=room_id)


def decline_offer(ws: Workspace, auction_id: UUID, room_id: UUID, *, seen: int) -> None:
    """Turn the other side's open offer down."""
    _may(ws, auction_id)
    talk = _held(ws, auction_id, room_id)
    require_seen(talk.offers, seen)
    rules.decline(talk.offers, talk.side, at=talk.at, bounds=talk.bounds)
    _enter(ws, talk, "DECLINE")
    ws.record(PriceDeclined(**_facts(talk)), on=room_id)


def accept_offer(ws: Workspace, auction_id: UUID, room_id: UUID, *, seen: int, because: str = "") -> Approval | None:
    """Accept the other side's open offer: the goods are sold at its price. Gives the proposal where the seller's second officer has to agree first.

    `because`: why a higher open offer is passed over. Refuses what is withdrawn, over or one's own, and a price below the least of now.
    """
    _may(ws, auction_id)
    talk = _held(ws, auction_id, room_id)
    require_seen(talk.offers, seen)
    rules.accept(talk.offers, talk.side, at=talk.at, bounds=talk.bounds)
    offer, said = talk.room.offers[-1], because.strip()[:LONGEST_REASON]
    if talk.side is Side.BUYER:
        _strike(ws, talk, "")
        return None
    require_reason(offer.amount, passed_over=talk.passed_over, because=said)
    if _takes_two(ws, talk, offer.amount):
        return _put_before_colleague(ws, talk, "ACCEPT", Wish(amount=offer.amount), because=said)
    _strike(ws, talk, said)
    return None


@upon_approval(BARGAIN)
def bind_as_agreed(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the word is given now, if the room is still as it was. Everything is asked again."""
    told = approval.payload
    talk = _held(ws, approval.subject_id, UUID(told["room"]))
    require_seen(talk.offers, told["seen"])
    if told["step"] == "ACCEPT":
        rules.accept(talk.offers, talk.side, at=talk.at, bounds=talk.bounds)
        require_reason(talk.room.offers[-1].amount, passed_over=talk.passed_over, because=told["because"])
        _strike(ws, talk, told["because"], approval)
        return
    wish = Wish(amount=Money(told["amount"], talk.auction.currency), firm=told["firm"], delivery=told["delivery"], words=told["words"])  # fmt: skip
    after = rules.propose(talk.offers, talk.side, wish.amount, firm=wish.firm, at=talk.at, bounds=talk.bounds)
    _make(ws, talk, wish, after, approval)


def lapse_bargain(ws: Workspace, auction_id: UUID) -> None:
    """The sale is over: a bargain that still waited for a second officer lapses with it. Again changes nothing (invariant 44)."""
    for lapsed in approvals.lapse(ws, BARGAIN, auction_id):
        fact = BargainLapsed(auction_id=auction_id, title=find_auction(ws, auction_id).title)
        ws.record(fact, on=UUID(lapsed.payload["room"]), evidence=[lapsed.id])


def _may(ws: Workspace, auction_id: UUID) -> None:
    ws.may("prepare_disposal" if is_seller(ws, find_auction(ws, auction_id)) else "place_bid")


def _held(ws: Workspace, auction_id: UUID, room_id: UUID) -> Talk:
    """The room for one act of the viewer, nobody else acting in this sale meanwhile. Refuses other kinds of sale, others' rooms, buyers without a deposit."""
    auction = find_auction(ws, auction_id)
    side = Side.SELLER if is_seller(ws, auction) else Side.BUYER
    _admitted(ws, auction, room_id)
    held = ws.session.execute(HOLD, {"auction": auction_id}).one()
    ws.session.expire_all()
    if held.paused:
        raise Conflict("sale_paused", "The sale stands still. Its page says when bidding goes on.")
    if side is Side.BUYER and held.barred:
        raise NotAllowed("bidder_barred", "Who did not pay for goods that it won may not bid. See your bars for the reason and the time.")  # fmt: skip
    auction = find_auction(ws, auction_id)
    if auction.closed_at is not None or auction.standing_paddle is not None:
        raise Conflict("sale_ended", "The sale has ended.")
    rooms = rooms_of(ws, auction, at=held.at)
    [mine] = [room for room in rooms if room.room_id == room_id]
    return Talk(auction, mine, rooms, side, bounds_of(ws, auction), held.at)


def _admitted(ws: Workspace, auction: Auction, room_id: UUID) -> None:
    room = find_room(ws, auction, room_id)
    if auction.closed_at is None and not room.admitted:
        raise NotAllowed("bidder_not_admitted", "A bid needs a deposit and admission to this sale.")


def _takes_two(ws: Workspace, talk: Talk, amount: Money) -> bool:
    alone = find_disposal(ws, talk.auction.auction_id).alone_minor
    limit = None if alone is None else Money(alone, talk.auction.currency)
    return needs_two(amount, alone=limit, market=market_of(ws, talk.auction), passed_over=talk.passed_over)


def _put_before_colleague(ws: Workspace, talk: Talk, what: str, wish: Wish, *, because: str) -> Approval:
    buyer, auction = talk.room.enrolled.registration.organisation, talk.auction
    if what == "ACCEPT":
        summary = sentence("Sell %(goods)s to %(buyer)s for %(amount)s. %(because)s", goods=auction.title, buyer=buyer, amount=wish.amount, because=because)  # fmt: skip
    else:
        summary = sentence("Offer %(goods)s to %(buyer)s for %(amount)s", goods=auction.title, buyer=buyer, amount=wish.amount)  # fmt: skip
    fact = BargainProposed(auction_id=auction.auction_id, title=auction.title, amount=wish.amount, because=because)
    ws.record(fact, on=talk.room.room_id)
    return approvals.propose(
        ws, BARGAIN, subject_id=auction.auction_id, summary=summary, room=str(talk.room.room_id), step=what, seen=len(talk.offers),
        amount=wish.amount.minor, firm=wish.firm, delivery=wish.delivery, words=wish.words, because=because,
    )  # fmt: skip


def _make(ws: Workspace, talk: Talk, wish: Wish, after: Room, approval: Approval | None = None) -> None:
    _enter(ws, talk, "OFFER", wish)
    told = PriceCountered if talk.side is Side.SELLER else PriceOffered
    fact = told(auction_id=talk.auction.auction_id, title=talk.auction.title, amount=wish.amount, expires_at=after[-1].expires_at)  # fmt: skip
    ws.record(fact, on=talk.room.room_id, evidence=[approval.id] if approval else [])


def _strike(ws: Workspace, talk: Talk, because: str, approval: Approval | None = None) -> None:
    facts = _facts(talk)
    _enter(ws, talk, "ACCEPT")
    ws.record(BargainStruck(**facts, because=because), on=talk.room.room_id, evidence=[approval.id] if approval else [])


def _enter(ws: Workspace, talk: Talk, act: str, wish: Wish | None = None) -> None:
    """One line in the book, and the room as it stands after it."""
    said = {"amount": wish.amount.minor, "firm": wish.firm, "delivery": wish.delivery, "words": wish.words} if wish else dict.fromkeys(("amount", "firm", "delivery", "words"))  # fmt: skip
    asked = {"auction": talk.auction.auction_id, "room": talk.room.room_id, "act": act, "at": talk.at, "answers": len(talk.offers)}  # fmt: skip
    ws.session.execute(ENTER, asked | said)
    ws.session.expire_all()


def _facts(talk: Talk) -> dict[str, Any]:
    return {"auction_id": talk.auction.auction_id, "title": talk.auction.title, "amount": talk.room.offers[-1].amount}


def _checked(wish: Wish) -> Wish:
    """Refuse words that are too long for their place."""
    for field, words, longest in (("delivery", wish.delivery, LONGEST_DELIVERY), ("words", wish.words, LONGEST_WORDS)):
        if len(words) > longest:
            raise Invalid("text_too_long", "Write at most %(longest)s characters.", field=field, longest=longest)
    return Wish(amount=wish.amount, firm=wish.firm, delivery=wish.delivery.strip(), words=wish.words.strip())
