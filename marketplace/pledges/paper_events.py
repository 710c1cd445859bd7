"""What is told of the papers about a pledge: agreement, filings, lost control, exchanges. On the deal's stream, without an amount of the loan."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

_PARTIES = frozenset({"borrower", "bank", "warehouse", "supervisor"})
_LENDING = frozenset({"borrower", "bank"})
_LIST = "/pledges/{deal_id}"


@dataclass(frozen=True, kw_only=True)
class AgreementDrawnUp(Fact):
    """The bank signed a tri-party agreement with four eyes: borrower and supervisors sign next."""

    says: ClassVar[str] = "The bank signed the supervision agreement; the others sign next."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    agreement_id: UUID
    mode: str


@dataclass(frozen=True, kw_only=True)
class AgreementSigned(Fact):
    """One of the other parties signed the agreement."""

    says: ClassVar[str] = "%(firm)s signed the supervision agreement."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    agreement_id: UUID
    firm: str


@dataclass(frozen=True, kw_only=True)
class RegistryFiled(Fact):
    """The bank made an entry in the notice-filing system."""

    says: ClassVar[str] = "The pledge was entered in the registry under %(certificate)s."
    audience: ClassVar[frozenset[str] | None] = _LENDING
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    filing_id: UUID
    kind: str
    certificate: str


@dataclass(frozen=True, kw_only=True)
class FilingRunsOut(Fact):
    """The filing runs out soon and was not extended: without it third parties need not know of the pledge."""

    says: ClassVar[str] = "The filing %(certificate)s runs out on %(expires_on)s: extend it."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    certificate: str
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class DeregistrationOverdue(Fact):
    """The pledge has ended ten days ago and is still in the registry."""

    says: ClassVar[str] = "The pledge has ended and the filing %(certificate)s still stands: end it."
    audience: ClassVar[frozenset[str] | None] = _LENDING
    tells: ClassVar[frozenset[str]] = _LENDING
    link: ClassVar[str] = _LIST
    deal_id: UUID
    certificate: str


@dataclass(frozen=True, kw_only=True)
class ControlLost(Fact):
    """Whoever watches the goods reports that they are not under control; in two hours the pledge is in doubt."""

    says: ClassVar[str] = "Control over the goods was reported lost: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "borrower", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    loss_id: UUID
    because: str


@dataclass(frozen=True, kw_only=True)
class ControlRestored(Fact):
    """The bank accepted with four eyes that the goods are under control again."""

    says: ClassVar[str] = "Control over the goods is restored. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    control_id: UUID
    lots: int


@dataclass(frozen=True, kw_only=True)
class SubstitutionAsked(Fact):
    """The borrower offers other goods in place of pledged ones."""

    says: ClassVar[str] = (
        "The borrower asks to exchange %(leaving)s of lot %(old)s for %(coming)s of lot %(new)s: %(because)s"
    )
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    substitution_id: UUID
    old: str
    leaving: Quantity
    new: str
    coming: Quantity
    because: str


@dataclass(frozen=True, kw_only=True)
class SubstitutionRefused(Fact):
    """The bank does not exchange the goods; what was offered for it stays offered or pledged."""

    says: ClassVar[str] = "The bank declined to exchange lot %(old)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    substitution_id: UUID
    old: str
    because: str


@dataclass(frozen=True, kw_only=True)
class SubstitutionOrdered(Fact):
    """The new goods are pledged, and the bank ordered the old ones released."""

    says: ClassVar[str] = "Lot %(new)s is pledged in place of %(leaving)s of lot %(old)s, which may leave."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "warehouse", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    substitution_id: UUID
    old: str
    leaving: Quantity
    new: str


@dataclass(frozen=True, kw_only=True)
class KeeperRelated(Fact):
    """A warehouse or supervisor of pledged goods is related to their pledgor, as the register of owners has it today: the bank has to look."""

    says: ClassVar[str] = "%(firm)s, which keeps or watches the pledged goods, is related to their pledgor."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    firm_id: UUID
    firm: str
