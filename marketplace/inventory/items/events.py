"""Facts about serialised items, told on their lot's stream."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.inventory.events import AboutLot
from marketplace.quantity import Quantity
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class ItemsDeclared(AboutLot, Fact):
    """The owner listed the lot item by item."""

    says: ClassVar[str] = "Lot %(number)s was listed item by item: %(items)s items."
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse", "supervisor"})
    items: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ItemReceived(AboutLot, Fact):
    """The warehouse weighed one item in."""

    says: ClassVar[str] = "Item %(serial)s of lot %(number)s was weighed in at %(net)s."
    item_id: UUID
    serial: str
    identity: str
    net: Quantity


@dataclass(frozen=True, kw_only=True)
class ItemsLeft(AboutLot, Fact):
    """Items left the warehouse."""

    says: ClassVar[str] = "Items of lot %(number)s left the warehouse: %(serials)s."
    serials: list[str]


@dataclass(frozen=True, kw_only=True)
class ItemsMissed(AboutLot, Fact):
    """The supervisor found items missing."""

    says: ClassVar[str] = "Items of lot %(number)s are missing: %(serials)s. %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "bank"})
    serials: list[str]
    because: str
