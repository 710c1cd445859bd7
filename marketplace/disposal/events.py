"""What happens to pledged goods on their way to a buyer. Streams: the auction (everyone in the room), a registration (its bidder and the seller), the deal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.events import Fact

PARTIES = frozenset({"borrower", "bank", "warehouse", "supervisor"})


@dataclass(frozen=True, kw_only=True)
class DisposalProposed(Fact):
    """A bank officer put the sale of pledged goods before a colleague. On the deal; the borrower hears of it when it is approved."""

    says: ClassVar[str] = "The sale of %(title)s was proposed from %(start)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    link: ClassVar[str] = "/approvals"
    lot_id: UUID
    title: str
    start: Money


@dataclass(frozen=True, kw_only=True)
class DisposalNoticed(Fact):
    """The borrower and the keepers of the goods are given notice of the sale, as the law asks (Civil Code 436-438). On the deal."""

    says: ClassVar[str] = "Notice is given: %(title)s will be auctioned from %(opens_at)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "warehouse", "supervisor"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class AuctionAnnounced(Fact):
    """The terms are published and stand from now on."""

    says: ClassVar[str] = "The auction of %(title)s was announced: %(start)s, open from %(opens_at)s to %(closes_at)s."
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    number: str
    title: str
    start: Money
    step: Money
    deposit: Money
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class AuctionOpened(Fact):
    """Bidding has begun."""

    says: ClassVar[str] = "Bidding on %(title)s has begun."
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class LotHammered(Fact):
    """Bidding has ended above the reserve: the highest valid bid has won."""

    says: ClassVar[str] = "%(title)s was sold to paddle %(paddle)s for %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    paddle: int
    price: Money
    bids: int
    chain: str


@dataclass(frozen=True, kw_only=True)
class LotUnsold(Fact):
    """Bidding has ended without a bid at the reserve."""

    says: ClassVar[str] = "%(title)s was not sold: no bid reached the reserve."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    bids: int
    chain: str


@dataclass(frozen=True, kw_only=True)
class GoodsSold(Fact):
    """The deal's goods were sold: told to its parties, who are not in the bidders' room. On the deal."""

    says: ClassVar[str] = "%(title)s was sold for %(price)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class GoodsNotSold(Fact):
    """The sale of the deal's goods came to nothing, for now: no bid, no payment, called off, or nothing left to hand over. On the deal."""

    says: ClassVar[str] = "The sale of %(title)s came to nothing for now."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class AuctionCancelled(Fact):
    """The sale was called off before the hammer: the debt was paid, or the law forbade it."""

    says: ClassVar[str] = "The auction of %(title)s was called off: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    because: str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class BidderRegistered(Fact):
    """A firm registered to bid. On its registration: only the seller and the firm itself can read it."""

    says: ClassVar[str] = "%(organisation)s registered for the auction of %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/registrations"
    auction_id: UUID
    organisation: str
    title: str
    deposit: Money


@dataclass(frozen=True, kw_only=True)
class DepositConfirmed(Fact):
    """The seller's bank confirmed that the deposit came in: the bidder has its paddle."""

    says: ClassVar[str] = "The deposit of %(amount)s for %(title)s is in."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class EnvelopeForfeited(Fact):
    """An envelope was handed in and never opened: its deposit is forfeited, as the rules of the sale say. On the registration."""

    says: ClassVar[str] = "The envelope for %(title)s was never opened: the deposit of %(amount)s is forfeited."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DepositReturned(Fact):
    """The deposit goes back to a bidder who did not win: instructed once."""

    says: ClassVar[str] = "The deposit of %(amount)s for %(title)s is returned."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class AuctionWon(Fact):
    """The winner's own confirmation: what is due by when. On its registration."""

    says: ClassVar[str] = "You won %(title)s for %(price)s. %(balance)s is due by %(pay_by)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}/settlement"
    auction_id: UUID
    title: str
    price: Money
    balance: Money
    pay_by: datetime


@dataclass(frozen=True, kw_only=True)
class BalanceConfirmed(Fact):
    """The seller's bank confirmed that the price is paid in full."""

    says: ClassVar[str] = "%(title)s is paid: %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class BuyerDefaulted(Fact):
    """The winner did not pay in time: its deposit is forfeited."""

    says: ClassVar[str] = (
        "Paddle %(paddle)s did not pay for %(title)s in time. Its deposit of %(deposit)s is forfeited."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    paddle: int
    deposit: Money


@dataclass(frozen=True, kw_only=True)
class ProceedsDistributed(Fact):
    """The proceeds were shared out by rank, approved by four eyes and posted to the ledger. On the deal."""

    says: ClassVar[str] = "The proceeds of %(title)s, %(receipts)s, were distributed."
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "bank"})
    link: ClassVar[str] = "/auctions/{auction_id}/distribution"
    auction_id: UUID
    title: str
    receipts: Money
    deficiency: Money
    surplus: Money


@dataclass(frozen=True, kw_only=True)
class WaterfallProposed(Fact):
    """A bank officer put the distribution of the proceeds before a colleague. On the deal."""

    says: ClassVar[str] = "The distribution of %(receipts)s from %(title)s was proposed."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    link: ClassVar[str] = "/approvals"
    auction_id: UUID
    title: str
    receipts: Money


@dataclass(frozen=True, kw_only=True)
class GoodsCollected(Fact):
    """The warehouse handed the goods to the buyer's collector against the code. On the deal; the bank closes the sale on it."""

    says: ClassVar[str] = "%(quantity)s of %(title)s were handed to %(collector)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor"})
    auction_id: UUID
    lot_id: UUID
    title: str
    quantity: Quantity
    collector: str


@dataclass(frozen=True, kw_only=True)
class HandoverOrdered(Fact):
    """The creditor orders the warehouse to let the buyer have the goods. On the deal."""

    says: ClassVar[str] = "%(quantity)s of %(title)s are to be handed to %(buyer)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse"})
    link: ClassVar[str] = "/handovers"
    auction_id: UUID
    lot_id: UUID
    title: str
    quantity: Quantity
    buyer: str


@dataclass(frozen=True, kw_only=True)
class LotHandedOver(Fact):
    """The buyer has the goods."""

    says: ClassVar[str] = "%(title)s was handed over to the buyer."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class SaleClosed(Fact):
    """Paid, distributed, handed over: nothing is left to do."""

    says: ClassVar[str] = "The sale of %(title)s is closed."
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
