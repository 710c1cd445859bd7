"""Facts about goods of several owners in one tank or heap, told on the bulk's own stream."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class AboutBulk:
    """What every fact of a bulk says first."""

    link: ClassVar[str] = "/bulks/{bulk_id}"
    bulk_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class BulkOpened(AboutBulk, Fact):
    """A tank, silo or heap was opened for goods of several owners."""

    says: ClassVar[str] = "%(name)s was opened for goods of several owners: %(product)s."
    product: str


@dataclass(frozen=True, kw_only=True)
class BulkPoured(AboutBulk, Fact):
    """Goods were poured in. Whose they are is told to the keepers alone."""

    says: ClassVar[str] = "%(quantity)s of lot %(number)s were poured into %(name)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"warehouse", "supervisor"})
    lot_id: UUID
    number: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class BulkMeasured(AboutBulk, Fact):
    """The supervisor measured the whole; what is missing falls on all holders in proportion."""

    says: ClassVar[str] = (
        "%(name)s was measured at %(found)s; %(loss)s less than the book fall on its holders in proportion. %(because)s"
    )
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse", "holder"})
    book: Quantity
    found: Quantity
    loss: Quantity
    because: str
