"""What is told of a shortage: totals to all who claim, never whose claims they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

ALL = frozenset({"supervisor", "warehouse", "keeper", "claimant"})


@dataclass(frozen=True, kw_only=True)
class AboutShortage:
    """What every fact of a shortage says first."""

    link: ClassVar[str] = "/shortages/{shortage_id}"
    shortage_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class ShortageOpened(AboutShortage, Fact):
    """Fewer goods are there than are claimed: all of them are stopped, and the claims are taken as they stand."""

    says: ClassVar[str] = (
        "Shortage %(number)s: %(found)s of %(claimed)s of %(product)s were found at %(site)s. None of them leave until they are shared out."
    )
    tells: ClassVar[frozenset[str]] = ALL
    product: str
    site: str
    found: Quantity
    claimed: Quantity
    because: str
    objections_until: datetime


@dataclass(frozen=True, kw_only=True)
class SharesDrawn(AboutShortage, Fact):
    """The shares follow from claims and count; each claimant sees its own."""

    says: ClassVar[str] = "The table of shortage %(number)s was drawn: %(found)s for claims of %(claimed)s."
    tells: ClassVar[frozenset[str]] = frozenset({"claimant"})
    found: Quantity
    claimed: Quantity


@dataclass(frozen=True, kw_only=True)
class ShortageRecounted(AboutShortage, Fact):
    """Another count found more, or less: all shares follow it alike."""

    says: ClassVar[str] = (
        "The goods of shortage %(number)s were counted again: %(found)s instead of %(before)s. %(because)s"
    )
    tells: ClassVar[frozenset[str]] = ALL
    before: Quantity
    found: Quantity
    because: str


@dataclass(frozen=True, kw_only=True)
class ShareContested(Fact):
    """A claimant objects to a line of its own. Told in a room of it and the supervisor."""

    says: ClassVar[str] = "An objection to a line of shortage %(number)s, lot %(lot)s: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor"})
    link: ClassVar[str] = "/shortages/{shortage_id}"
    shortage_id: UUID
    number: str
    objection_id: UUID
    lot: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ObjectionAnswered(Fact):
    """Two people of the supervisor decided an objection."""

    says: ClassVar[str] = "The objection about lot %(lot)s in shortage %(number)s was decided: %(answer)s"
    tells: ClassVar[frozenset[str]] = frozenset({"claimant"})
    link: ClassVar[str] = "/shortages/{shortage_id}"
    shortage_id: UUID
    number: str
    objection_id: UUID
    lot: str
    upheld: bool
    answer: str


@dataclass(frozen=True, kw_only=True)
class ShortageConfirmed(AboutShortage, Fact):
    """The table stands. `digest`: over all its lines."""

    says: ClassVar[str] = (
        "The table of shortage %(number)s is confirmed: %(found)s for claims of %(claimed)s. What is left may leave, each claimant’s share and no more."
    )
    tells: ClassVar[frozenset[str]] = ALL
    found: Quantity
    claimed: Quantity
    digest: str


@dataclass(frozen=True, kw_only=True)
class MissingFound(AboutShortage, Fact):
    """Goods turned up after the table was confirmed: each claimant has its part of them back. `digest`: over all its lines as they stand now."""

    says: ClassVar[str] = (
        "%(more)s of the goods of shortage %(number)s were found: with them %(found)s for claims of %(claimed)s, shared out by the same table. %(because)s"
    )
    tells: ClassVar[frozenset[str]] = ALL
    more: Quantity
    found: Quantity
    claimed: Quantity
    because: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ShortageLifted(AboutShortage, Fact):
    """There is no shortage after all: the goods may move again."""

    says: ClassVar[str] = "Shortage %(number)s was lifted: %(because)s"
    tells: ClassVar[frozenset[str]] = ALL
    because: str


@dataclass(frozen=True, kw_only=True)
class ShareFixed(AboutShortage, Fact):
    """In a claimant's own record: what it has of the goods that were found, by the table with this digest."""

    says: ClassVar[str] = (
        "By shortage %(number)s the share is %(share)s of %(claimed)s claimed; %(taken)s had left before."
    )
    claimed: Quantity
    taken: Quantity
    share: Quantity
    digest: str
    lines: list[str]
