"""What happens around visits to goods for sale."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class InspectionOffered(Fact):
    """The seller offers a time to look at the goods. On the auction."""

    says: ClassVar[str] = "%(title)s may be looked at from %(starts_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}/visits"
    auction_id: UUID
    title: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class VisitBooked(Fact):
    """A firm will come, to look or to collect. On its registration."""

    says: ClassVar[str] = "%(organisation)s comes to %(title)s at %(starts_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/visits"
    auction_id: UUID
    title: str
    organisation: str
    kind: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class VisitCancelled(Fact):
    """A firm does not come after all. On its registration."""

    says: ClassVar[str] = "%(organisation)s does not come to %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/visits"
    auction_id: UUID
    title: str
    organisation: str
