"""What happens to the charges of a sale."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class ChargesPublished(Fact):
    """The seller has said before the opening what comes on top of the price. On the auction."""

    says: ClassVar[str] = "What comes on top of the price of %(title)s was published."
    tells: ClassVar[frozenset[str]] = frozenset({"buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}/total-cost"
    auction_id: UUID
    title: str
    premium_share: Decimal
    tax_share: Decimal
    handling: Money
    storage_day: Money
    free_days: int
