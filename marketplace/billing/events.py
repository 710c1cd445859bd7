"""What happens to the platform's fees. An invoice's events go to the account that operator and firm share."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

CUSTOMER = frozenset({"customer"})


@dataclass(frozen=True, kw_only=True)
class FeePlanSet(Fact):
    """Two people of the operator have published a fee plan. On the operator's own stream."""

    says: ClassVar[str] = "A fee plan was published, version %(version)s, in force from %(effective_from)s: %(because)s"
    link: ClassVar[str] = "/fees"
    version: int
    effective_from: date
    because: str


@dataclass(frozen=True, kw_only=True)
class FeeInvoiceIssued(Fact):
    """An invoice was issued for a month that is over."""

    says: ClassVar[str] = "Invoice %(number)s was issued: %(total)s, due on %(due_on)s."
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    total: Money
    due_on: date


@dataclass(frozen=True, kw_only=True)
class FeeInvoiceFellOverdue(Fact):
    """An invoice was not paid by its day. This is the notice: new requests wait from the day that it names."""

    says: ClassVar[str] = "Invoice %(number)s is overdue: %(total)s. From %(refuses_from)s no new request for finance is taken until it is paid; everything that runs goes on."  # fmt: skip
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    total: Money
    refuses_from: date


@dataclass(frozen=True, kw_only=True)
class FeeInvoicePaid(Fact):
    """The operator's person has seen the payment of an invoice on its account."""

    says: ClassVar[str] = "Invoice %(number)s was paid: %(total)s, reference %(reference)s."
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    total: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class FeeInvoiceCredited(Fact):
    """Two people of the operator have taken an invoice back by a credit note. `owed_back`: it had been paid."""

    says: ClassVar[str] = "Invoice %(number)s was credited by %(credit_number)s: %(because)s"
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    credit_number: str
    total: Money
    owed_back: bool
    because: str


@dataclass(frozen=True, kw_only=True)
class FeeInvoiceReopened(Fact):
    """A paid invoice is open again, in part or whole: its payment was drawn back by the cardholder's bank, or returned at the card service."""

    says: ClassVar[str] = "Of invoice %(number)s %(amount)s is open again: the payment was drawn back. From %(refuses_from)s no new request for finance is taken until it is paid; everything that runs goes on."  # fmt: skip
    tells: ClassVar[frozenset[str]] = frozenset({"customer", "operator"})
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money
    refuses_from: date


@dataclass(frozen=True, kw_only=True)
class FeeInvoiceWrittenOff(Fact):
    """Two people of the operator no longer expect what is open of an invoice."""

    says: ClassVar[str] = "%(amount)s of invoice %(number)s was written off: %(because)s"
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class FeePaidBack(Fact):
    """What a firm had paid beyond what it owes went back: to the card, or by transfer."""

    says: ClassVar[str] = "%(amount)s paid for invoice %(number)s went back, reference %(reference)s."
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money
    reference: str
