"""What happens in a negotiated sale. Offers on the buyer's registration, which only that buyer and the seller read; the floor on the deal."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

ROOMS = "/auctions/{auction_id}/talks"
FLOOR = "/auctions/{auction_id}/floor"
PARTIES = frozenset({"borrower", "bank"})


@dataclass(frozen=True, kw_only=True)
class PriceOffered(Fact):
    """A buyer made an offer: it binds until it ends."""

    says: ClassVar[str] = "%(amount)s is offered for %(title)s until %(expires_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str
    amount: Money
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class PriceCountered(Fact):
    """The seller made an offer to one buyer: the first buyer to accept has the goods."""

    says: ClassVar[str] = "The seller would let %(title)s go for %(amount)s until %(expires_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str
    amount: Money
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class PriceWithdrawn(Fact):
    """An offer was taken back before it was accepted."""

    says: ClassVar[str] = "The offer of %(amount)s for %(title)s was withdrawn."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "bidder"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class PriceDeclined(Fact):
    """An offer was turned down."""

    says: ClassVar[str] = "The offer of %(amount)s for %(title)s was declined."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "bidder"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class BargainProposed(Fact):
    """An officer of the seller would bind it to a price: a colleague decides. Told to the seller alone."""

    says: ClassVar[str] = "A bargain over %(title)s at %(amount)s waits for a colleague."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    link: ClassVar[str] = "/approvals"
    auction_id: UUID
    title: str
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class BargainLapsed(Fact):
    """What an officer had put before a colleague was not decided when the sale ended: nothing comes of it. Told to the seller alone."""

    says: ClassVar[str] = "The sale of %(title)s ended before a colleague had decided: the proposed bargain lapsed."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class BargainStruck(Fact):
    """An offer was accepted in time: the hammer falls at its price."""

    says: ClassVar[str] = "The offer of %(amount)s for %(title)s was accepted."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "bidder"})
    link: ClassVar[str] = ROOMS
    auction_id: UUID
    title: str
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class FloorConsentAsked(Fact):
    """Goods are put up for negotiation with a floor below their valuation: below it nothing is sold without the pledgor's word. On the deal."""

    says: ClassVar[str] = "May %(title)s go below its valuation of %(valuation)s, down to %(floor)s?"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = FLOOR
    auction_id: UUID
    title: str
    floor: Money
    valuation: Money


@dataclass(frozen=True, kw_only=True)
class FloorAgreed(Fact):
    """The pledgor agrees to the floor."""

    says: ClassVar[str] = "The pledgor agrees that %(title)s may go for %(floor)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = FLOOR
    auction_id: UUID
    title: str
    floor: Money


@dataclass(frozen=True, kw_only=True)
class FloorRefused(Fact):
    """The pledgor does not agree: nothing below the valuation is accepted."""

    says: ClassVar[str] = "The pledgor does not agree that %(title)s goes below its valuation."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = FLOOR
    auction_id: UUID
    title: str
