"""What is told of goods that are not kept for ever, on their own stream."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from marketplace.inventory.events import AboutLot
from tenants.events import Fact

_HANDS = frozenset({"owner", "warehouse", "supervisor", "bank"})


@dataclass(frozen=True, kw_only=True)
class ShelfLifeEnding(AboutLot, Fact):
    """The goods can be kept for a month at most: whoever lends on them has that long to see to it."""

    says: ClassVar[str] = "Lot %(number)s expires on %(expires_on)s; from then on it is worth nothing to a lender."
    audience: ClassVar[frozenset[str] | None] = _HANDS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "bank"})
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class ShelfLifeEnded(AboutLot, Fact):
    """The goods have reached the end of their shelf life."""

    says: ClassVar[str] = "Lot %(number)s expired on %(expires_on)s."
    audience: ClassVar[frozenset[str] | None] = _HANDS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "bank"})
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class LotAssayed(AboutLot, Fact):
    """A newer certificate supersedes what counted of verified goods: moisture, expiry or both. Whoever lends on them values them anew."""

    says: ClassVar[str] = "Lot %(number)s was assayed again by certificate %(certificate)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _HANDS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "bank"})
    certificate: str
    because: str
