"""What every kind of sale answers, whatever its rules: which act counts now, what it writes into the book, what stands, when it ends, who has lost a deposit.

The database decides acts under the auction's lock (`sql/bidding.sql`, `sql/kinds.sql`) and strangers replay them (`record/recompute.py`); these modules
say what the rules are. A property holds the three beside each other, act by act.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from marketplace.money import Money


class Deed(StrEnum):
    """What a bidder does: name a price, hand in a sealed envelope, open it."""

    BID = "BID"
    SEAL = "SEAL"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Act:
    """One act, at the server's clock. `amount` of an envelope is told when it is opened; `seal` is the hash that binds it; `limit`: English sales only."""

    paddle: int
    at: datetime
    deed: Deed
    amount: Money
    seal: str | None = None
    limit: Money | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line that an act writes into the book; `origin` LIMIT is the house's own bid for the owner of a limit."""

    paddle: int
    amount: Money
    outcome: str
    origin: str = "HAND"


@dataclass(frozen=True, slots=True)
class Award:
    """Who buys, and at what price."""

    paddle: int
    price: Money


class Kind(Protocol):
    """A sale of one kind, as it stands after the acts so far. Immutable: each act gives the next."""

    @property
    def ends_at(self) -> datetime:
        """When it ends as things stand; acts from then on are refused."""
        ...

    @property
    def standing(self) -> Award | None:
        """Who would buy if nothing more came, and at what price, whether or not a reserve is met."""
        ...

    @property
    def award(self) -> Award | None:
        """Who buys once it has ended: None where nothing stands, or the reserve is not met."""
        ...

    @property
    def forfeits(self) -> frozenset[int]:
        """Whose envelope stayed shut: they have tied up a sale and told nobody their price."""
        ...

    def take(self, act: Act) -> tuple[Self, tuple[Line, ...]]:
        """The sale after an act, and its lines in the book, refused acts too. No line where the act is of no such kind of sale: it would tell a price."""
        ...
