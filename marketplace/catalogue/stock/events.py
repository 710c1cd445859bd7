"""What happens to stock that is shown to banks. On the offer, which is its owner's; what a bank answers stands in the bank's own record too."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

PAGE = "/stock/{offer_id}"


@dataclass(frozen=True, kw_only=True)
class StockOffered(Fact):
    """A firm shows a lot to banks and says what it would borrow on it."""

    says: ClassVar[str] = "%(title)s was offered to banks: %(amount)s is wanted, until %(until)s."
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str
    amount: Money
    until: datetime


@dataclass(frozen=True, kw_only=True)
class StockWithdrawn(Fact):
    """The owner took the offer back."""

    says: ClassVar[str] = "%(title)s is no longer offered to banks: its owner took it back."
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class StockExpired(Fact):
    """The offer stood as long as it was to stand."""

    says: ClassVar[str] = "%(title)s is no longer offered to banks: the time is over."
    tells: ClassVar[frozenset[str]] = frozenset({"owner"})
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class StockTaken(Fact):
    """Nothing of the lot is free any more, or nothing of it may move: it cannot be offered."""

    says: ClassVar[str] = "%(title)s is no longer offered to banks: nothing of it is free."
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class InterestShown(Fact):
    """A bank told the owner of stock that it would look at lending on it."""

    says: ClassVar[str] = "Interest was shown in lending up to %(amount)s on %(title)s."
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class InterestHeard(Fact):
    """The owner heard of a bank that would lend on the stock that it shows."""

    says: ClassVar[str] = "%(bank)s would look at lending up to %(amount)s on %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"owner"})
    link: ClassVar[str] = PAGE
    offer_id: UUID
    title: str
    bank: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class StockMatched(Fact):
    """Stock was offered that a saved search of the bank finds."""

    says: ClassVar[str] = "Your search %(name)s found %(title)s, offered for finance: %(amount)s is wanted."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = PAGE
    offer_id: UUID
    name: str
    title: str
    amount: Money
