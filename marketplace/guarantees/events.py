"""What happens to an undertaking: facts on the deal's stream, for the bank, the core enterprise and the borrower."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

BANK, CORE = frozenset({"bank"}), frozenset({"core"})
PARTIES = BANK | CORE | {"borrower"}


@dataclass(frozen=True, kw_only=True)
class _OfGuarantee:
    """What every fact of an undertaking tells, and to whom."""

    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = "/guarantees/{guarantee_id}"
    guarantee_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class GuaranteeAsked(_OfGuarantee, Fact):
    """The bank asked the core enterprise to stand behind a deal."""

    says: ClassVar[str] = "Undertaking %(number)s was asked for: %(kind)s, %(amount)s until %(until)s."
    tells: ClassVar[frozenset[str]] = CORE
    kind: dict[str, Any]
    amount: Money
    until: date


@dataclass(frozen=True, kw_only=True)
class GuaranteeGiven(_OfGuarantee, Fact):
    """Two people of the core enterprise gave it: from now on it binds."""

    says: ClassVar[str] = "Undertaking %(number)s was given: %(amount)s."
    tells: ClassVar[frozenset[str]] = BANK
    amount: Money


@dataclass(frozen=True, kw_only=True)
class GuaranteeDeclined(_OfGuarantee, Fact):
    """The core enterprise will not stand behind the deal in this way."""

    says: ClassVar[str] = "Undertaking %(number)s was declined: %(because)s"
    tells: ClassVar[frozenset[str]] = BANK
    because: str


@dataclass(frozen=True, kw_only=True)
class GuaranteeWithdrawn(_OfGuarantee, Fact):
    """The bank does not ask for it any more."""

    says: ClassVar[str] = "The bank asks for undertaking %(number)s no more."
    tells: ClassVar[frozenset[str]] = CORE


@dataclass(frozen=True, kw_only=True)
class DepositTaken(_OfGuarantee, Fact):
    """The borrower paid in, so that goods of this value may leave the core enterprise."""

    says: ClassVar[str] = "Undertaking %(number)s: %(amount)s was deposited, reference %(reference)s."
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class DeliveryNotified(_OfGuarantee, Fact):
    """The bank lets goods of this value go."""

    says: ClassVar[str] = "Undertaking %(number)s: goods for %(amount)s may be delivered, notice %(reference)s."
    tells: ClassVar[frozenset[str]] = CORE
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class GoodsDelivered(_OfGuarantee, Fact):
    """The core enterprise handed goods of this value over."""

    says: ClassVar[str] = "Undertaking %(number)s: goods for %(amount)s were delivered, reference %(reference)s."
    tells: ClassVar[frozenset[str]] = BANK
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class GuaranteeClaimed(_OfGuarantee, Fact):
    """Two officers of the bank called it in."""

    says: ClassVar[str] = "Undertaking %(number)s was claimed: %(amount)s until %(pay_by)s."
    tells: ClassVar[frozenset[str]] = CORE
    amount: Money
    pay_by: date


@dataclass(frozen=True, kw_only=True)
class GuaranteePaid(_OfGuarantee, Fact):
    """The core enterprise paid; `left` is still open."""

    says: ClassVar[str] = "Undertaking %(number)s: %(amount)s was paid, reference %(reference)s; %(left)s is open."
    tells: ClassVar[frozenset[str]] = CORE
    amount: Money
    left: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class GuaranteeDischarged(_OfGuarantee, Fact):
    """It binds no more."""

    says: ClassVar[str] = "Undertaking %(number)s ended: %(because)s"
    tells: ClassVar[frozenset[str]] = CORE
    because: dict[str, Any]
