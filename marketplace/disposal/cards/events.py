"""What happens to a deposit by card, beside what the ledger of deposits tells. Stream: the registration (its bidder and the seller)."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class CardDepositOpened(Fact):
    """A bidder began to pay its deposit by card, at the provider's page."""

    says: ClassVar[str] = "A deposit of %(amount)s by card was begun for %(title)s."
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
    attempt: int


@dataclass(frozen=True, kw_only=True)
class CardDepositRefused(Fact):
    """The card's hold came too late, was of another amount, too short, or not needed any more: it was let go at once."""

    says: ClassVar[str] = "The hold of %(amount)s on a card for %(title)s could not be the deposit and was let go."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class CardDepositTaken(Fact):
    """What was held on a card was taken: the deposit is applied or forfeited, or the hold was about to lapse."""

    says: ClassVar[str] = "The deposit of %(amount)s for %(title)s was taken from the card."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class CardAmountDiffers(Fact):
    """Another amount than the deposit was taken from the card, which only somebody at the card service can have done: the books need a person."""

    says: ClassVar[str] = "%(taken)s was taken from a card for %(title)s, but the deposit is %(amount)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
    taken: Money


@dataclass(frozen=True, kw_only=True)
class CardHoldLapsed(Fact):
    """The card's bank let a hold go before the sale had decided over it: nothing secures this bidder's bids any more."""

    says: ClassVar[str] = "The hold of %(amount)s on a card for %(title)s has lapsed: nothing is held any more."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    amount: Money
