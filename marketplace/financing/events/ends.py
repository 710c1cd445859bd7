"""How a debt ends: paid, recovered, or given up after default."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.financing.events.hearers import BANK, DEAL_PAGE, DEFAULT_PAGE, PARTIES, WITH_CORE
from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class DefaultProposed(Fact):
    """An officer of the bank asks to declare default; a second one decides."""

    says: ClassVar[str] = "Default of deal %(number)s was proposed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = BANK
    link: ClassVar[str] = DEAL_PAGE
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DefaultDeclared(Fact):
    """The bank declared default, by two officers; the pledge is enforced."""

    says: ClassVar[str] = (
        "Default of deal %(number)s was declared: %(because)s Borrower and guarantor may object until %(object_until)s."
    )
    audience: ClassVar[frozenset[str] | None] = WITH_CORE | {"supervisor"}
    tells: ClassVar[frozenset[str]] = WITH_CORE | {"supervisor"}
    link: ClassVar[str] = DEAL_PAGE
    number: str
    event: str
    because: str
    object_until: datetime


@dataclass(frozen=True, kw_only=True)
class DefaultContested(Fact):
    """The borrower, or who stands behind the loan, says that the default should not have been declared.

    Each hears the other: who stands behind a debt has the debtor's defences (Civil Code 701).
    """

    says: ClassVar[str] = "%(by)s objects to the default of deal %(number)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEFAULT_PAGE
    number: str
    by: str
    ground: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DefaultObjectionRejected(Fact):
    """Two officers of the bank keep the default."""

    says: ClassVar[str] = "The objection to the default of deal %(number)s is rejected: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = WITH_CORE - BANK
    link: ClassVar[str] = DEFAULT_PAGE
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DefaultWithdrawn(Fact):
    """Two officers of the bank took the default back: the pledge is not enforced any more."""

    says: ClassVar[str] = "The default of deal %(number)s is taken back: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE | {"supervisor"}
    tells: ClassVar[frozenset[str]] = WITH_CORE | {"supervisor"}
    link: ClassVar[str] = DEAL_PAGE
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DealSettled(Fact):
    """Everything is paid: the deal ends and its goods are free."""

    says: ClassVar[str] = "Deal %(number)s is paid in full and closed."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class DebtRecovered(Fact):
    """The proceeds of the goods (or a late payment) covered the debt of a defaulted deal."""

    says: ClassVar[str] = "The debt of deal %(number)s is recovered in full."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class ProceedsApplied(Fact):
    """Proceeds of the goods paid interest and principal; what is left is a claim without goods."""

    says: ClassVar[str] = (
        "Proceeds paid %(interest)s of interest and %(principal)s of principal; %(deficiency)s is still owed."
    )
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = "/deals/{stream}/statement"
    interest: Money
    principal: Money
    deficiency: Money


@dataclass(frozen=True, kw_only=True)
class DebtWrittenOff(Fact):
    """The bank gave up what it could not recover, by two officers."""

    says: ClassVar[str] = "%(amount)s of deal %(number)s was written off: %(because)s"
    audience: ClassVar[frozenset[str] | None] = BANK
    link: ClassVar[str] = DEAL_PAGE
    number: str
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class WrittenOffRecovered(Fact):
    """Money came in on a debt that was written off: the bank's loss is smaller by it."""

    says: ClassVar[str] = "%(amount)s of the written-off deal %(number)s came back; %(left)s stays lost."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = "/deals/{stream}/statement"
    number: str
    amount: Money
    left: Money
