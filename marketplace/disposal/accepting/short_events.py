"""What a buyer and its seller are told where a shortage took part of sold goods."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.disposal.accepting.events import PAGE
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class GoodsFellShort(Fact):
    """A shortage left less of the goods than was sold: the buyer pays for what there is. On its registration."""

    says: ClassVar[str] = "A shortage left %(there)s of %(sold)s of %(title)s: %(refund)s of the price go back."
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    sold: Quantity
    there: Quantity
    refund: Money
