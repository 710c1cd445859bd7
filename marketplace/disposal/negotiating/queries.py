"""Looking at the rooms of a negotiated sale: the seller sees all of them side by side, a buyer its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from marketplace.disposal.kind_terms import KindName
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.negotiating.consenting import consent_of
from marketplace.disposal.negotiating.models import NegotiatedOffer
from marketplace.disposal.queries import Enrolled, find_disposal, is_seller, registrations
from marketplace.disposal.record.receipts import Receipt, receipt_in_book
from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.disposal.rules.negotiating import Bounds, OfferState, Side, standing, told_state
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import NotFound
from tenants.workspace import Workspace

BARGAIN = "approve_bargain"


@dataclass(frozen=True, slots=True)
class TalkRoom:
    """One buyer's room: its offers, oldest first, each with where it stands now."""

    enrolled: Enrolled
    offers: tuple[NegotiatedOffer, ...]
    states: tuple[OfferState, ...]

    @property
    def room_id(self) -> UUID:
        return self.enrolled.registration.registration_id

    @property
    def admitted(self) -> bool:
        """Whether its buyer may make offers: the deposit is in."""
        return self.enrolled.deposit_state is DepositState.HELD

    @property
    def standing(self) -> NegotiatedOffer | None:
        """The offer that waits for an answer."""
        return self.offers[-1] if self.offers and self.states[-1] is OfferState.OPEN else None

    @property
    def accepted(self) -> bool:
        """Whether the bargain was struck here."""
        return OfferState.ACCEPTED in self.states

    @property
    def best(self) -> int:
        """The buyer's standing price in minor units, to put rooms in order; 0 without one."""
        waits = self.standing
        return waits.amount_minor if waits and waits.side == Side.BUYER else 0


def require_negotiated(auction: Auction) -> None:
    """Refuse every other kind of sale: it has no rooms."""
    if auction.kind is not KindName.NEGOTIATED:
        raise NotFound("not_negotiated", "Prices are not negotiated in this sale.")


def rooms_of(ws: Workspace, auction: Auction, *, at: datetime | None = None) -> list[TalkRoom]:
    """The rooms that the viewer may look into, the best standing offer first."""
    require_negotiated(auction)
    rows = select(NegotiatedOffer).where(NegotiatedOffer.auction_id == auction.auction_id)
    made: dict[UUID, list[NegotiatedOffer]] = {}
    for row in ws.session.scalars(rows.order_by(NegotiatedOffer.turn).execution_options(populate_existing=True)):
        made.setdefault(row.registration_id, []).append(row)
    ended, moment = auction.closed_at is not None or auction.standing_paddle is not None, at or ws.now
    found = [
        _room(one, made.get(one.registration.registration_id, []), ended=ended, at=moment)
        for one in registrations(ws, auction.auction_id)
    ]
    return sorted(found, key=lambda room: (not room.accepted, -room.best))


def find_room(ws: Workspace, auction: Auction, room_id: UUID, *, at: datetime | None = None) -> TalkRoom:
    """One of them; refuses a room that is not the viewer's to look into."""
    for room in rooms_of(ws, auction, at=at):
        if room.room_id == room_id:
            return room
    raise NotFound("room_unknown", "There is no such room.")


def offers_waiting(ws: Workspace) -> dict[UUID, int]:
    """Sales in which offers of the other side wait for the viewer's word, and how many in each."""
    going = select(Auction.auction_id).where(Auction.closed_at.is_(None), Auction.standing_paddle.is_(None))
    theirs = or_(
        and_(NegotiatedOffer.side == Side.BUYER, Auction.tenant_id == ws.tenant_id),
        and_(NegotiatedOffer.side == Side.SELLER, Auction.tenant_id != ws.tenant_id),
    )
    rows = (
        select(NegotiatedOffer.auction_id, func.count().label("offers"))
        .join(Auction, Auction.auction_id == NegotiatedOffer.auction_id)
        .where(NegotiatedOffer.status == OfferState.OPEN, NegotiatedOffer.expires_at > ws.now, theirs)
        .where(NegotiatedOffer.auction_id.in_(going))
    )
    found = ws.session.execute(rows.group_by(NegotiatedOffer.auction_id))
    return {row.auction_id: row.offers for row in found}


def receipts_of(ws: Workspace, auction: Auction, room: TalkRoom) -> dict[int, Receipt]:
    """The house's signed receipt for each offer of a room, by its turn."""
    turns = {offer.sequence: offer.turn for offer in room.offers}
    lines = select(Bid).where(Bid.auction_id == auction.auction_id, Bid.sequence.in_(turns))
    return {turns[bid.sequence]: receipt_in_book(bid, auction.currency) for bid in ws.session.scalars(lines)}


def bounds_of(ws: Workspace, auction: Auction) -> Bounds:
    """How far one may go. The valuation is the seller's secret: to a buyer the published floor is all."""
    assert auction.own.answer is not None, "a negotiated sale says how long offers bind"
    seller, asked = is_seller(ws, auction), consent_of(ws, auction.auction_id)
    return Bounds(
        floor=auction.start,
        market=market_of(ws, auction) if seller else None,
        agreed=asked is not None and asked.agreed is True,
        binds_for=auction.own.answer,
        opens_at=auction.opens_at,
        ends_at=auction.ends_at,
    )


def market_of(ws: Workspace, auction: Auction) -> Money:
    """The valuation that the sale was announced on: for its seller."""
    return Money(find_disposal(ws, auction.auction_id).valuation_minor, auction.currency)


def passed_over(rooms: list[TalkRoom], room_id: UUID, *, at: datetime) -> Money | None:
    """The best offer of other buyers that stands open at `at`."""
    others = [standing((room.offers[-1].proposal,), at) for room in rooms if room.offers and room.room_id != room_id]
    amounts = [one.amount for one in others if one is not None and one.side is Side.BUYER]
    return max(amounts, default=None)


def waiting_bargain(ws: Workspace, auction_id: UUID) -> Approval | None:
    """What of this sale waits for the second officer of the viewer's firm."""
    found = (one for one in approvals.waiting(ws) if one.act == BARGAIN and one.subject_id == auction_id)
    return next(found, None)


def _room(enrolled: Enrolled, offers: list[NegotiatedOffer], *, ended: bool, at: datetime) -> TalkRoom:
    states = tuple(told_state(offer.proposal, at=at, ended=ended) for offer in offers)
    return TalkRoom(enrolled, tuple(offers), states)
