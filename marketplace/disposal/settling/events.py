"""What happens between a buyer and its seller after the hammer. Streams: the registration (its bidder and the seller) and the auction."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class SaleConfirmed(Fact):
    """The confirmation of sale was made out; its hash is the event's evidence. On the registration."""

    says: ClassVar[str] = "The confirmation of sale for %(title)s was made out: %(sha256)s."
    link: ClassVar[str] = "/auctions/{auction_id}/settlement"
    auction_id: UUID
    title: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class PaymentCureAsked(Fact):
    """The price was paid in time and is booked late: the deposit waits for it a little longer. On the registration."""

    says: ClassVar[str] = "The payment for %(title)s is on its way and may be booked until %(until)s: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/settlement"
    auction_id: UUID
    title: str
    because: str
    reference: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class SecondChanceProposed(Fact):
    """An officer of the seller put an offer to the runner-up before a colleague. On the auction, read by the seller."""

    says: ClassVar[str] = "It was proposed to offer %(title)s to the runner-up for %(price)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    link: ClassVar[str] = "/approvals"
    auction_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class SecondChanceOffered(Fact):
    """The buyer before defaulted: the goods are the runner-up's at its own last bid, if it wants them. On its registration."""

    says: ClassVar[str] = "%(title)s is offered to you at your last bid of %(price)s. Answer by %(answer_by)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}/second-chance"
    auction_id: UUID
    title: str
    price: Money
    deposit: Money
    answer_by: datetime


@dataclass(frozen=True, kw_only=True)
class SecondChanceAccepted(Fact):
    """The runner-up wants the goods. On its registration; the seller's side concludes."""

    says: ClassVar[str] = "The runner-up takes %(title)s for %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/second-chance"
    auction_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class SecondChanceDeclined(Fact):
    """The runner-up does not want the goods: the next may be asked, or the goods go up again. On its registration."""

    says: ClassVar[str] = "The runner-up does not take %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/second-chance"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class SecondChanceLapsed(Fact):
    """No answer, or no deposit, in time. On the registration."""

    says: ClassVar[str] = "The second chance for %(title)s has lapsed."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/second-chance"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class SecondChanceTaken(Fact):
    """The goods were sold to the runner-up after all. On the auction."""

    says: ClassVar[str] = "%(title)s went to the runner-up, paddle %(paddle)s, for %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    paddle: int
    price: Money


@dataclass(frozen=True, kw_only=True)
class BidderBarred(Fact):
    """The buyer that did not pay may not bid for a time. On its registration."""

    says: ClassVar[str] = "For not paying %(title)s, you may not bid until %(until)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bidder", "seller"})
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/bars"
    auction_id: UUID
    title: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class BarAppealed(Fact):
    """The barred buyer says why the bar is wrong. On its registration."""

    says: ClassVar[str] = "%(bidder)s appeals against its bar: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/bars"
    auction_id: UUID
    bidder: str
    because: str


@dataclass(frozen=True, kw_only=True)
class BarLifted(Fact):
    """The seller lifted a bar. On the registration."""

    says: ClassVar[str] = "The bar against %(bidder)s was lifted: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/bars"
    auction_id: UUID
    bidder: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ForfeitureSettled(Fact):
    """The goods were sold again: what the defaulter's deposit was used for, and what of it goes back. On its registration."""

    says: ClassVar[str] = (
        "Of the forfeited deposit for %(title)s, %(costs)s covers the new sale, %(shortfall)s what it fetched less, %(debt)s the debt; %(refund)s goes back."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}/settlement"
    auction_id: UUID
    title: str
    costs: Money
    shortfall: Money
    debt: Money
    refund: Money


@dataclass(frozen=True, kw_only=True)
class EnvelopeForfeitJoined(Fact):
    """The goods are sold: the deposit of an envelope that stayed shut went to the debt with their price. On its registration."""

    says: ClassVar[str] = "The forfeited deposit of %(amount)s for %(title)s joined the proceeds of the sale."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class RegistrationVoided(Fact):
    """A bar was set since this firm registered: it takes no part in the sale any more, and its deposit goes back. On its registration."""

    says: ClassVar[str] = (
        "Your registration for %(title)s is void: you may not bid for a time. A deposit goes back to you."
    )
    audience: ClassVar[frozenset[str] | None] = frozenset({"bidder", "seller"})
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/bars"
    auction_id: UUID
    title: str
