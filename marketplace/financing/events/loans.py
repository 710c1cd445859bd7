"""What a running loan goes through: its days, its rate and term, its class, its delay."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from marketplace.financing.events.hearers import BANK, BORROWER, DEAL_PAGE, PARTIES, WITH_CORE
from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class ReferenceRatesImported(Fact):
    """A bank entered reference rates."""

    says: ClassVar[str] = "%(count)s rates of %(code)s were imported, the newest from %(newest)s."
    link: ClassVar[str] = "/reference-rates"
    code: str
    count: int
    newest: date


@dataclass(frozen=True, kw_only=True)
class DayClosed(Fact):
    """A bank closed its books for the days from `since` on: interest taken up, what fell due, how many loans could not be closed."""

    says: ClassVar[str] = (
        "The books of %(business_date)s were closed: %(loans)s loans, %(troubled)s of them with trouble."
    )
    link: ClassVar[str] = "/end-of-day"
    since: date
    business_date: date
    loans: int
    fallen_due: int
    troubled: int


@dataclass(frozen=True, kw_only=True)
class CloseStopped(Fact):
    """Somebody stopped the close of a day; it goes on from there when it is resumed."""

    says: ClassVar[str] = "The close of %(business_date)s was stopped after %(loans)s loans."
    link: ClassVar[str] = "/end-of-day"
    business_date: date
    loans: int


@dataclass(frozen=True, kw_only=True)
class CloseResumed(Fact):
    """The close of a day goes on."""

    says: ClassVar[str] = "The close of %(business_date)s goes on after %(loans)s loans."
    link: ClassVar[str] = "/end-of-day"
    business_date: date
    loans: int


@dataclass(frozen=True, kw_only=True)
class LoanReclassified(Fact):
    """A loan's class or stage changed."""

    says: ClassVar[str] = "The loan is %(days_past_due)s days past due: class %(loan_class)s, stage %(stage)s."
    audience: ClassVar[frozenset[str] | None] = BANK
    link: ClassVar[str] = DEAL_PAGE
    days_past_due: int
    loan_class: str
    stage: int


@dataclass(frozen=True, kw_only=True)
class LoanExtended(Fact):
    """Two officers gave a loan more time (展期)."""

    says: ClassVar[str] = "Deal %(number)s was extended from %(before)s to %(until)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    number: str
    before: date
    until: date
    because: str


@dataclass(frozen=True, kw_only=True)
class LoanFellOverdue(Fact):
    """The loan was due and is not paid."""

    says: ClassVar[str] = "Deal %(number)s is overdue since %(since)s: %(outstanding)s is owed."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str
    since: date
    outstanding: Money


@dataclass(frozen=True, kw_only=True)
class ArrearsPaid(Fact):
    """All that had fallen due is paid: the loan is no longer overdue."""

    says: ClassVar[str] = "The arrears of deal %(number)s are paid."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class WatchBegun(Fact):
    """The loan came near its lines: the bank watches it."""

    says: ClassVar[str] = "Deal %(number)s is on watch: loan-to-value %(ltv)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str
    ltv: str


@dataclass(frozen=True, kw_only=True)
class WatchEnded(Fact):
    """The bank takes the deal off its watch list."""

    says: ClassVar[str] = "Deal %(number)s is off watch: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str
    because: str
