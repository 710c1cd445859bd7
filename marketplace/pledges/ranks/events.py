"""What is told of a second rank, in the room of the three that it concerns. No fact carries a debt, a rate or a line of either loan."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.events import Fact

_ALL = frozenset({"pledgor", "first", "second"})
_PAGE = "/ranks/{consent_id}"


@dataclass(frozen=True, kw_only=True)
class SecondRankAsked(Fact):
    """The pledgor asks the bank that holds goods to let a second bank stand behind it."""

    says: ClassVar[str] = "The borrower asks for a second rank for %(second)s behind yours. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"pledgor", "first"})
    tells: ClassVar[frozenset[str]] = frozenset({"first"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID
    second: str
    lots: int
    cap: Money


@dataclass(frozen=True, kw_only=True)
class SecondRankConsented(Fact):
    """The first bank consented with four eyes: the goods may be offered in second rank."""

    says: ClassVar[str] = "%(first)s consented to a second rank behind its own, which is paid up to %(cap)s first."
    audience: ClassVar[frozenset[str] | None] = _ALL
    tells: ClassVar[frozenset[str]] = frozenset({"pledgor", "second"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID
    first: str
    cap: Money


@dataclass(frozen=True, kw_only=True)
class SecondRankRefused(Fact):
    """The first bank does not want another behind it."""

    says: ClassVar[str] = "The bank refused a second rank: %(because)s"
    audience: ClassVar[frozenset[str] | None] = frozenset({"pledgor", "first"})
    tells: ClassVar[frozenset[str]] = frozenset({"pledgor"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID
    because: str


@dataclass(frozen=True, kw_only=True)
class SecondRankWithdrawn(Fact):
    """The pledgor took its question back."""

    says: ClassVar[str] = "The borrower took its question about a second rank back."
    audience: ClassVar[frozenset[str] | None] = frozenset({"pledgor", "first"})
    tells: ClassVar[frozenset[str]] = frozenset({"first"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID


@dataclass(frozen=True, kw_only=True)
class FirstRankEnforced(Fact):
    """The first bank began to realise the goods: the second declares what is owed to it."""

    says: ClassVar[str] = "The first bank enforces its pledge: declare your claim."
    audience: ClassVar[frozenset[str] | None] = _ALL
    tells: ClassVar[frozenset[str]] = frozenset({"second"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecondRankClaimed(Fact):
    """The second bank declared its claim on the proceeds."""

    says: ClassVar[str] = "The second bank claims %(claim)s from the proceeds."
    audience: ClassVar[frozenset[str] | None] = _ALL
    tells: ClassVar[frozenset[str]] = frozenset({"first", "pledgor"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID
    claim: Money


@dataclass(frozen=True, kw_only=True)
class SecondRankPaid(Fact):
    """Proceeds of the goods were shared out: what of them is the second bank's, and what its claim still lacks."""

    says: ClassVar[str] = "The proceeds were shared out: %(paid)s to the second bank, which still lacks %(unpaid)s."
    audience: ClassVar[frozenset[str] | None] = _ALL
    tells: ClassVar[frozenset[str]] = frozenset({"second", "pledgor"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID
    paid: Money
    unpaid: Money


@dataclass(frozen=True, kw_only=True)
class FirstRankEnded(Fact):
    """The first bank holds these goods no more: what stood behind it is the first rank now, or was sold with them."""

    says: ClassVar[str] = "The first rank on these goods has ended."
    audience: ClassVar[frozenset[str] | None] = _ALL
    tells: ClassVar[frozenset[str]] = frozenset({"second", "pledgor"})
    link: ClassVar[str] = _PAGE
    consent_id: UUID


@dataclass(frozen=True, kw_only=True)
class RankMovedUp(Fact):
    """In the second bank's own room: its pledge is the first now, or went with goods that the first bank sold."""

    says: ClassVar[str] = "The first rank has ended on goods that this deal held behind it. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank", "warehouse", "supervisor"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "borrower"})
    link: ClassVar[str] = "/pledges/{deal_id}"
    deal_id: UUID
    lots: int


@dataclass(frozen=True, kw_only=True)
class RankGivenUp(Fact):
    """The second bank gave its rank on goods up, with four eyes: the first may let them go."""

    says: ClassVar[str] = "The bank gave up its second rank on %(quantity)s of lot %(number)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank", "warehouse", "supervisor"})
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/pledges/{deal_id}"
    deal_id: UUID
    lot_id: UUID
    number: str
    quantity: Quantity
    because: str
