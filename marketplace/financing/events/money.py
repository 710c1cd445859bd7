"""Money that was asked for, ordered, paid out and paid back, as the bank's book and its statements tell it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.financing.events.hearers import BANK, BORROWER, DEAL_PAGE, PARTIES
from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class DrawdownRequested(Fact):
    """The borrower asks for money under its facility."""

    says: ClassVar[str] = "%(amount)s was asked for, payable to %(payee)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money
    payee: str


@dataclass(frozen=True, kw_only=True)
class DrawdownApproved(Fact):
    """Two officers of the bank agreed to pay."""

    says: ClassVar[str] = "The drawdown of %(amount)s was approved."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DrawdownInstructed(Fact):
    """The order to pay was given to the bank's payment room."""

    says: ClassVar[str] = "The payment of %(amount)s to %(payee)s was instructed."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money
    payee: str


@dataclass(frozen=True, kw_only=True)
class DrawdownRefused(Fact):
    """The bank does not pay."""

    says: ClassVar[str] = "The drawdown of %(amount)s was refused: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class PaymentConfirmed(Fact):
    """The bank has paid: from this day the money is lent."""

    says: ClassVar[str] = "%(amount)s was paid out (bank reference %(reference)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Fact):
    """The payment did not go through; nothing was lent."""

    says: ClassVar[str] = "The payment of %(amount)s failed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    drawdown_id: UUID
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class PaymentsOrdered(Fact):
    """A bank wrote a payment file."""

    says: ClassVar[str] = "The payment file %(message_id)s orders %(payments)s payments of %(amount)s together."
    link: ClassVar[str] = "/bank-payments"
    message_id: str
    payments: int
    amount: Money


@dataclass(frozen=True, kw_only=True)
class StatementImported(Fact):
    """A bank read a statement of its account."""

    says: ClassVar[str] = (
        "The statement %(name)s told %(movements)s new movements; %(matched)s of them were recognised."
    )
    link: ClassVar[str] = "/bank-lines"
    name: str
    account: str
    movements: int
    matched: int


@dataclass(frozen=True, kw_only=True)
class LineAssigned(Fact):
    """Two officers took a credit for a repayment of a deal."""

    says: ClassVar[str] = "A credit of %(amount)s was assigned to deal %(number)s: %(because)s"
    link: ClassVar[str] = "/bank-lines"
    amount: Money
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class LineParked(Fact):
    """A movement was left aside with a reason."""

    says: ClassVar[str] = "A movement of %(amount)s was left aside: %(because)s"
    link: ClassVar[str] = "/bank-lines"
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class RepaymentReceived(Fact):
    """The borrower paid: fees first, then interest, then principal (Civil Code 561)."""

    says: ClassVar[str] = "%(amount)s was received: %(interest)s for interest, %(principal)s for principal."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = "/deals/{stream}/statement"
    repayment_id: UUID
    reference: str
    amount: Money
    fees: Money
    interest: Money
    principal: Money


@dataclass(frozen=True, kw_only=True)
class RepaymentReversed(Fact):
    """A repayment was taken back by a contra posting."""

    says: ClassVar[str] = "The repayment %(reference)s of %(amount)s was taken back: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = "/deals/{stream}/statement"
    reference: str
    amount: Money
    because: str
