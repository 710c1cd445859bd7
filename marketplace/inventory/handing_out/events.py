"""What becomes of goods that went out to a buyer which may still refuse them: on the lot's own stream."""

from dataclasses import dataclass
from typing import ClassVar

from marketplace.inventory.events import AboutLot
from marketplace.quantity import Quantity
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class LotReturned(AboutLot, Fact):
    """Goods that a buyer had refused lie in the warehouse again; `left` is what there is of the lot with them."""

    says: ClassVar[str] = "%(returned)s came back to lot %(number)s; %(left)s are there."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "supervisor"})
    returned: Quantity
    left: Quantity


@dataclass(frozen=True, kw_only=True)
class DepartureSettled(AboutLot, Fact):
    """Goods that were handed to their buyer stay with it: the sale is final."""

    says: ClassVar[str] = "%(departed)s of lot %(number)s are the buyer’s for good."
    departed: Quantity
