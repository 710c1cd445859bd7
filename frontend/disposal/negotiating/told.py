"""A room of a negotiated sale as pages and calls tell it: whose turn it is, and what may be done in it."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.negotiating.models import FloorConsent, NegotiatedOffer
from marketplace.disposal.negotiating.queries import TalkRoom, bounds_of, market_of, passed_over
from marketplace.disposal.queries import is_seller, takes_bids
from marketplace.disposal.rules.negotiating import Side
from marketplace.money import Money
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """One room for this viewer: whether it may speak in it, and what bounds its words."""

    room: TalkRoom
    mine: Side
    speaks: bool
    least: Money
    market: Money | None
    higher: Money | None

    @property
    def waits(self) -> bool:
        """Whether the other side's offer waits for the viewer."""
        standing = self.room.standing
        return standing is not None and standing.side != self.mine

    def share(self, offer: NegotiatedOffer) -> Decimal | None:
        """An offer as a share of the valuation, for the seller."""
        return None if self.market is None else Decimal(offer.amount_minor) / Decimal(self.market.minor)


def waits_for(ws: Workspace, auction: Auction, room: TalkRoom) -> bool:
    """Whether the other side's offer waits for the viewer's word."""
    mine = Side.SELLER if is_seller(ws, auction) else Side.BUYER
    return room.standing is not None and room.standing.side != mine


def place_in(ws: Workspace, auction: Auction, room: TalkRoom, rooms: list[TalkRoom]) -> RoomPlace:
    """The room with what the viewer may do there now."""
    seller = is_seller(ws, auction)
    may = ws.can("prepare_disposal" if seller else "place_bid")
    return RoomPlace(
        room=room,
        mine=Side.SELLER if seller else Side.BUYER,
        speaks=may and room.admitted and takes_bids(auction, ws.now) and auction.standing_paddle is None,
        least=bounds_of(ws, auction).least,
        market=market_of(ws, auction) if seller else None,
        higher=_higher(room, rooms, ws) if seller else None,
    )


def consent_word(asked: FloorConsent | None) -> str:
    """Where the pledgor's word on the floor stands, as a code."""
    if asked is None:
        return "NEEDLESS"
    return {None: "ASKED", True: "AGREED", False: "REFUSED"}[asked.agreed]


def _higher(room: TalkRoom, rooms: list[TalkRoom], ws: Workspace) -> Money | None:
    """The best offer elsewhere, where it is above the one that stands here."""
    best, standing = passed_over(rooms, room.room_id, at=ws.now), room.standing
    return best if best is not None and standing is not None and best > standing.amount else None
