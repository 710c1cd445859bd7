"""What the holder of a right of first refusal is told. On the auction, which is public."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class FirstRefusalPublished(Fact):
    """A right was published with the terms of a sale: its holder may register, and buy at the price that another bids."""

    says: ClassVar[str] = (
        "The right of first refusal of %(organisation)s to %(title)s was published. Bidding opens at %(opens_at)s: whoever takes no part waives it."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    organisation: str
    title: str
    opens_at: datetime
    order: int
