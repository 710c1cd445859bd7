"""What happens when lots become other lots. Each fact stands on the stream of a lot that it concerns, so that a lot's history tells where it came from
and where it went.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.inventory.events import AboutLot
from marketplace.quantity import Quantity
from tenants.events import Fact

_KEEPERS = frozenset({"owner", "warehouse", "supervisor"})
_CONCERNED = frozenset({"owner", "warehouse", "supervisor", "bank"})


@dataclass(frozen=True, kw_only=True)
class AboutConversion(AboutLot):
    """What every fact of a conversion says first."""

    link: ClassVar[str] = "/conversions/{conversion_id}"
    conversion_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConversionProposed(AboutConversion, Fact):
    """The owner plans to make other lots of this one."""

    says: ClassVar[str] = "The owner plans to make lot %(number)s into %(into)s."
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse", "supervisor", "bank"})
    conversion: str
    into: list[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class ConversionConsented(AboutConversion, Fact):
    """A bank that holds part of the lot consented, with four eyes."""

    says: ClassVar[str] = "The bank consented that lot %(number)s goes into other lots."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse"})


@dataclass(frozen=True, kw_only=True)
class ConversionClosed(AboutConversion, Fact):
    """The plan was refused or withdrawn; the lot is as it was."""

    says: ClassVar[str] = "The plan for lot %(number)s was given up: %(because)s"
    tells: ClassVar[frozenset[str]] = _CONCERNED
    status: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ConversionExpired(AboutConversion, Fact):
    """The plan waited too long; the lot is as it was."""

    says: ClassVar[str] = "The plan for lot %(number)s expired: nobody carried it out within 72 hours."
    tells: ClassVar[frozenset[str]] = _CONCERNED


@dataclass(frozen=True, kw_only=True)
class LotSplit(AboutConversion, Fact):
    """The lot ended; its goods are two or more new lots (EPCIS TransformationEvent, class level)."""

    says: ClassVar[str] = "Lot %(number)s was split into %(into)s."
    tells: ClassVar[frozenset[str]] = _CONCERNED
    into: list[str]
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class LotMerged(AboutConversion, Fact):
    """The lot ended; its goods are part of a larger new lot."""

    says: ClassVar[str] = "Lot %(number)s was merged into %(into)s."
    tells: ClassVar[frozenset[str]] = _CONCERNED
    into: list[str]
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class LotTransformed(AboutConversion, Fact):
    """The lot was used up in making other goods (EPCIS TransformationEvent, input)."""

    says: ClassVar[str] = "Lot %(number)s was transformed into %(into)s; %(loss)s were lost in all."
    tells: ClassVar[frozenset[str]] = _CONCERNED
    into: list[str]
    quantity: Quantity
    loss: Quantity


@dataclass(frozen=True, kw_only=True)
class LotMade(AboutConversion, Fact):
    """The lot began: it is made of other lots, and has an identity of its own (EPCIS TransformationEvent, output)."""

    says: ClassVar[str] = "Lot %(number)s was made of %(of)s: %(quantity)s."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "supervisor"})
    of: list[str]
    quantity: Quantity
    identity: str
