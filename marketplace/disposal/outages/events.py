"""What is told of an outage, and of a sale that stands still by order: to everybody in the room, and to the debtor and the keepers of the goods, who are not in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.disposal.events import PARTIES
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class SaleStoodStill(Fact):
    """The house was silent while bids could have come: by the outage rule the sale's clock stood still and goes on. On the auction."""

    says: ClassVar[str] = (
        "%(title)s stood still from %(began_at)s: bidding goes on at %(resumes_at)s and ends at %(ends_at)s."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    began_at: datetime
    resumes_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class SaleHalted(Fact):
    """A sale stands still by order until the order is lifted: no bid is taken. `ground`: COURT or FAULT; `paper`: what shows it. On the auction."""

    says: ClassVar[str] = "%(title)s stands still since %(began_at)s, ordered by %(ordered_by)s: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    began_at: datetime
    ground: str
    ordered_by: str
    paper: str
    because: str


@dataclass(frozen=True, kw_only=True)
class SaleResumed(Fact):
    """The order by which a sale stood still was lifted: it goes on by its published rule. On the auction."""

    says: ClassVar[str] = "%(title)s goes on: bids are taken from %(resumes_at)s, and it ends at %(ends_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    resumes_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class GoodsSaleHalted(Fact):
    """The sale of the deal's goods stands still by order: told to its parties. On the deal."""

    says: ClassVar[str] = "The sale of %(title)s stands still, ordered by %(ordered_by)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    ordered_by: str
    because: str


@dataclass(frozen=True, kw_only=True)
class GoodsSaleResumed(Fact):
    """The sale of the deal's goods goes on after an order was lifted, or after an outage: told to its parties. On the deal."""

    says: ClassVar[str] = "The sale of %(title)s goes on at %(resumes_at)s and ends at %(ends_at)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    resumes_at: datetime
    ends_at: datetime
