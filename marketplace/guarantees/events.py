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
class GuaranteeClaimFell(_OfGuarantee, Fact):
    """The default by which it was claimed was taken back."""

    says: ClassVar[str] = "Undertaking %(number)s is claimed no more: the default is taken back."
    tells: ClassVar[frozenset[str]] = CORE


@dataclass(frozen=True, kw_only=True)
class GuaranteePaid(_OfGuarantee, Fact):
    """The core enterprise paid; `left` is still open."""

    says: ClassVar[str] = "Undertaking %(number)s: %(amount)s was paid, reference %(reference)s; %(left)s is open."
    tells: ClassVar[frozenset[str]] = CORE
    amount: Money
    left: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class ExtensionAsked(_OfGuarantee, Fact):
    """The bank asks whether the core enterprise stands behind a loan that runs longer."""

    says: ClassVar[str] = (
        "Deal %(deal)s is to run until %(loan_until)s: would undertaking %(number)s stand until %(until)s? %(because)s"
    )
    tells: ClassVar[frozenset[str]] = CORE
    deal: str
    loan_until: date
    until: date
    because: str


@dataclass(frozen=True, kw_only=True)
class ExtensionConsented(_OfGuarantee, Fact):
    """Two people of the core enterprise agreed to stand behind the longer time."""

    says: ClassVar[str] = (
        "Undertaking %(number)s: agreed that the loan runs until %(loan_until)s and the undertaking stands until %(until)s."
    )
    tells: ClassVar[frozenset[str]] = BANK
    loan_until: date
    until: date


@dataclass(frozen=True, kw_only=True)
class ExtensionRefused(_OfGuarantee, Fact):
    """The core enterprise does not stand behind the longer time."""

    says: ClassVar[str] = "Undertaking %(number)s does not cover a loan that runs longer: %(because)s"
    tells: ClassVar[frozenset[str]] = BANK
    because: str


@dataclass(frozen=True, kw_only=True)
class GuaranteeExtended(_OfGuarantee, Fact):
    """The loan was extended as agreed, and the undertaking with it."""

    says: ClassVar[str] = "Undertaking %(number)s stands until %(until)s, with the loan."
    tells: ClassVar[frozenset[str]] = CORE
    until: date


@dataclass(frozen=True, kw_only=True)
class GuaranteeNotExtended(_OfGuarantee, Fact):
    """The loan was extended without the guarantor's consent: its undertaking stands as it was (Civil Code 695)."""

    says: ClassVar[str] = "The loan runs longer; undertaking %(number)s stands until %(until)s, as it was given."
    tells: ClassVar[frozenset[str]] = CORE
    until: date


@dataclass(frozen=True, kw_only=True)
class GuaranteeDischarged(_OfGuarantee, Fact):
    """It binds no more."""

    says: ClassVar[str] = "Undertaking %(number)s ended: %(because)s"
    tells: ClassVar[frozenset[str]] = CORE
    because: dict[str, Any]
