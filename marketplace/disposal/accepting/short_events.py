"""What a buyer and its seller are told where a shortage took sold goods, or part of them."""

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


@dataclass(frozen=True, kw_only=True)
class NothingToHandOver(Fact):
    """A shortage left nothing of the goods for their buyer: the sale is undone, and all that it paid goes back. On its registration."""

    says: ClassVar[str] = (
        "A shortage left nothing of %(sold)s of %(title)s: the sale is undone, and %(refund)s go back."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"bidder", "seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    sold: Quantity
    refund: Money


@dataclass(frozen=True, kw_only=True)
class SaleCameToNothing(Fact):
    """Nothing is left of the goods that were sold: the sale is undone. On the auction."""

    says: ClassVar[str] = "Nothing of %(title)s is left: the sale was undone."
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
