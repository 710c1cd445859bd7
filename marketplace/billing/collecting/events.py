"""What happens to fees paid by card. Everything is told on the account that operator and firm share."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

CUSTOMER, OPERATOR = frozenset({"customer"}), frozenset({"operator"})


@dataclass(frozen=True, kw_only=True)
class FeeCardOpened(Fact):
    """A firm's person began to pay an invoice at the card service's page."""

    says: ClassVar[str] = "A card payment of %(amount)s for invoice %(number)s was begun."
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    quiet: ClassVar[bool] = True
    invoice_id: UUID
    number: str
    amount: Money
    attempt: int


@dataclass(frozen=True, kw_only=True)
class FeeCollectionDeclined(Fact):
    """The saved card was declined. It is tried again on the day named; the firm can pay otherwise meanwhile."""

    says: ClassVar[str] = "Invoice %(number)s could not be collected from the saved card: %(amount)s. It is tried again on %(again_on)s."  # fmt: skip
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money
    because: str
    again_on: date


@dataclass(frozen=True, kw_only=True)
class FeeCollectionGivenUp(Fact):
    """The saved card was declined for good, or too often: the invoice has to be paid by transfer, or by a person at the card service's page."""

    says: ClassVar[str] = "Invoice %(number)s could not be collected from the saved card: %(amount)s. Please pay it by %(due_on)s at the card service’s page or by transfer."  # fmt: skip
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money
    because: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class FeePaymentDisputed(Fact):
    """A cardholder's bank drew a payment back, for now. It can be answered at the card service."""

    says: ClassVar[str] = "A card payment of %(amount)s for invoice %(number)s is disputed by the cardholder’s bank."
    tells: ClassVar[frozenset[str]] = OPERATOR
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class FeeDisputeWon(Fact):
    """A dispute ended for the platform: the payment stands."""

    says: ClassVar[str] = "The dispute over %(amount)s for invoice %(number)s was won: the payment stands."
    tells: ClassVar[frozenset[str]] = OPERATOR
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class FeeDisputeLost(Fact):
    """A dispute ended for the cardholder: the payment is gone."""

    says: ClassVar[str] = "The dispute over %(amount)s for invoice %(number)s was lost: the payment is gone."
    tells: ClassVar[frozenset[str]] = OPERATOR
    link: ClassVar[str] = "/fees/invoices/{invoice_id}"
    invoice_id: UUID
    number: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class FeeMandateOpened(Fact):
    """A firm's person agreed that invoices be collected, and went to save a card."""

    says: ClassVar[str] = "Saving a card for invoices of up to %(limit)s was begun."
    link: ClassVar[str] = "/fees"
    quiet: ClassVar[bool] = True
    mandate_id: UUID
    limit: Money


@dataclass(frozen=True, kw_only=True)
class FeeMandateGiven(Fact):
    """The card is saved: later invoices within the limit are collected from it."""

    says: ClassVar[str] = "Invoices of up to %(limit)s are collected from the card ending in %(last4)s from now on."
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees"
    mandate_id: UUID
    limit: Money
    last4: str


@dataclass(frozen=True, kw_only=True)
class FeeMandateWithdrawn(Fact):
    """A firm's person withdrew the consent: nothing is collected any more, and the card service forgets the card."""

    says: ClassVar[str] = "Invoices are no longer collected from the saved card."
    tells: ClassVar[frozenset[str]] = CUSTOMER
    link: ClassVar[str] = "/fees"
    mandate_id: UUID
