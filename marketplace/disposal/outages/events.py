"""What is told of an outage."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

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
