"""What was written off a lot and turns up again."""

from dataclasses import dataclass
from typing import Any, ClassVar

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
