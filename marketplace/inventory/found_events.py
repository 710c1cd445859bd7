"""What was written off or damaged and is there, or sound, again."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from marketplace.inventory.events import AboutLot, QuantityShrunk
from marketplace.quantity import Quantity
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class QuantityFound(AboutLot, Fact):
    """Goods that a shortage had taken off the lot are there again; told to those who were told of the loss."""

    says: ClassVar[str] = "The verified quantity of lot %(number)s rose from %(before)s to %(after)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = QuantityShrunk.audience
    tells: ClassVar[frozenset[str]] = QuantityShrunk.tells
    before: Quantity
    after: Quantity
    because: str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LotPlaced(AboutLot, Fact):
    """Goods that were found again lie in this bin, as the warehouse says."""

    says: ClassVar[str] = "Lot %(number)s lies in bin %(bin)s."
    audience: ClassVar[frozenset[str] | None] = QuantityShrunk.audience
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "supervisor"})
    bin_id: UUID
    bin: str


@dataclass(frozen=True, kw_only=True)
class LotMended(AboutLot, Fact):
    """Two people of the supervisor inspected damaged goods anew: `left` of them is sound; what is not is written off in the same hour."""

    says: ClassVar[str] = "Lot %(number)s was inspected anew after the damage: %(left)s is sound. %(because)s"
    audience: ClassVar[frozenset[str] | None] = QuantityShrunk.audience
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "bank"})
    left: Quantity
    because: str
