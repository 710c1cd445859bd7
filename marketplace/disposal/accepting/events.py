"""What happens between the payment and the free proceeds. Streams: the registration (its bidder and the seller), a dispute's own room, the deal, the auction."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.disposal.events import PARTIES
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.events import Fact

PAGE = "/auctions/{auction_id}/acceptance"
DISPUTE = "/disputes/{dispute_id}"
ALL_SIDES = frozenset({"buyer", "seller", "supervisor", "mediator"})


@dataclass(frozen=True, kw_only=True)
class CollectionAwaited(Fact):
    """The price is paid and the release ordered: the buyer comes for its goods. On its registration."""

    says: ClassVar[str] = "%(title)s is yours to collect until %(collect_by)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    collect_by: datetime


@dataclass(frozen=True, kw_only=True)
class AcceptanceAwaited(Fact):
    """The goods were handed to the buyer, which may look at them until its time is over. On its registration."""

    says: ClassVar[str] = "%(title)s was handed to you. Accept or dispute it by %(accept_by)s; silence is acceptance."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    accept_by: datetime


@dataclass(frozen=True, kw_only=True)
class GoodsAccepted(Fact):
    """The buyer takes the goods as they are: the proceeds are free. On its registration."""

    says: ClassVar[str] = "The buyer accepted %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class AcceptanceLapsed(Fact):
    """The buyer said nothing in its time, or did not come: it has accepted. On its registration."""

    says: ClassVar[str] = "The time to accept %(title)s is over: it counts as accepted."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class GoodsDisputed(Fact):
    """The buyer says that the goods are not what it bought. In the dispute's room."""

    says: ClassVar[str] = "The buyer disputes %(title)s: %(words)s"
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    auction_id: UUID
    title: str
    ground: str
    words: str


@dataclass(frozen=True, kw_only=True)
class FindingAsked(Fact):
    """The supervisor of the goods was let into the dispute and is asked what it knows. In the dispute's room."""

    says: ClassVar[str] = "The supervisor is asked what it knows of %(title)s."
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class ProceedsHeld(Fact):
    """A dispute holds the proceeds, or what is contested of them. On the deal; the parties learn that there is one, and not what the buyer wrote."""

    says: ClassVar[str] = "The buyer disputes %(title)s: %(held)s of the proceeds are held until it is decided."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    auction_id: UUID
    title: str
    held: Money


@dataclass(frozen=True, kw_only=True)
class ProceedsDistributedInPart(Fact):
    """What the buyer does not contest was shared out by rank; what it contests is held until that is decided. On the deal."""

    says: ClassVar[str] = (
        "Of the proceeds of %(title)s, %(receipts)s were distributed; %(held)s are held for the dispute."
    )
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "bank"})
    link: ClassVar[str] = "/auctions/{auction_id}/distribution"
    auction_id: UUID
    title: str
    receipts: Money
    held: Money


@dataclass(frozen=True, kw_only=True)
class PriceSettled(Fact):
    """The dispute that held the proceeds is decided and the sale stands, at this price. On the deal."""

    says: ClassVar[str] = "The dispute about %(title)s is decided: the price is %(price)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    auction_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class DisputeAnswered(Fact):
    """The seller answered. In the dispute's room."""

    says: ClassVar[str] = "The seller answered the dispute about %(title)s."
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "supervisor"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class FindingReported(Fact):
    """The supervisor reported what it found, from its own records. In the dispute's room."""

    says: ClassVar[str] = "The supervisor reported on %(title)s."
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "seller"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class DisputeEscalated(Fact):
    """Buyer and seller have not settled it in their time: the operator is let in to mediate, and no missing answer holds a decision up. In the dispute's room."""

    says: ClassVar[str] = (
        "The time to settle the dispute about %(title)s is over: the operator mediates, and it may be decided without an answer."
    )
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = ALL_SIDES
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class SettlementProposed(Fact):
    """The operator, as mediator, says how both sides could settle it; it binds neither. In the dispute's room."""

    says: ClassVar[str] = "The mediator made a proposal about %(title)s."
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "seller"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class DecisionProposed(Fact):
    """An officer of the seller put a decision before a colleague. In the dispute's room, for the seller."""

    says: ClassVar[str] = "A decision about %(title)s was proposed."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    link: ClassVar[str] = "/approvals"
    dispute_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class DisputeRejected(Fact):
    """The dispute was not upheld: the goods count as accepted. In the dispute's room."""

    says: ClassVar[str] = "The dispute about %(title)s was rejected: %(because)s"
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "supervisor"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str
    because: str


@dataclass(frozen=True, kw_only=True)
class PriceReduced(Fact):
    """The dispute was upheld: the buyer keeps the goods and has part of the price back. In the dispute's room."""

    says: ClassVar[str] = "The price of %(title)s was reduced by %(reduction)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "supervisor"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str
    reduction: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class PurchaseRescinded(Fact):
    """The dispute was upheld: goods and money go back. In the dispute's room."""

    says: ClassVar[str] = (
        "The purchase of %(title)s was undone: the goods go back, and then %(refund)s to the buyer. %(because)s"
    )
    audience: ClassVar[frozenset[str] | None] = ALL_SIDES
    tells: ClassVar[frozenset[str]] = frozenset({"buyer", "supervisor"})
    link: ClassVar[str] = DISPUTE
    dispute_id: UUID
    title: str
    refund: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class ReturnAwaited(Fact):
    """Goods of a purchase that was undone come back to the warehouse. On the deal."""

    says: ClassVar[str] = "%(quantity)s of %(title)s come back to the warehouse."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse", "borrower", "supervisor"})
    link: ClassVar[str] = "/handovers"
    auction_id: UUID
    title: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class GoodsReturned(Fact):
    """The warehouse has the goods back; they lie under the pledge as before. On the deal; the seller's books follow."""

    says: ClassVar[str] = "%(quantity)s of %(title)s are back in the warehouse, under the pledge as before."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "supervisor", "borrower"})
    auction_id: UUID
    title: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class SaleRescinded(Fact):
    """The sale was undone after its buyer's dispute: the goods may go up again. On the auction."""

    says: ClassVar[str] = "The sale of %(title)s was undone. The goods may be put up again."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class RefundPaid(Fact):
    """The seller's bank confirmed that the buyer has its money back. On its registration."""

    says: ClassVar[str] = "%(refund)s for %(title)s was paid back: %(reference)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    refund: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class SaleFinal(Fact):
    """The proceeds are distributed and the buyer has the goods: nothing brings them back. On the deal; the warehouse's books follow."""

    says: ClassVar[str] = "The sale of %(title)s is final."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    auction_id: UUID
    lot_id: UUID
    title: str
