"""What happens to passports."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class PassportSealed(Fact):
    """The passport of goods for sale was sealed: whoever is shown any of its fields can hold them against this root. On the sale."""

    says: ClassVar[str] = "The lot passport was sealed, edition %(edition)s: %(count)s fields under one root."
    link: ClassVar[str] = "/catalogue/{listing_id}"
    quiet: ClassVar[bool] = True
    listing_id: UUID
    edition: int
    count: int
    root: str


@dataclass(frozen=True, kw_only=True)
class PassportShown(Fact):
    """The owner of goods showed fields of their passport to somebody. On the goods, for their owner alone."""

    says: ClassVar[str] = "Fields of the lot passport were shown to %(reader)s: %(shown)s of %(count)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"owner"})
    link: ClassVar[str] = "/catalogue/{listing_id}"
    listing_id: UUID
    edition: int
    reader: str
    shown: int
    count: int
    fields: tuple[str, ...]
