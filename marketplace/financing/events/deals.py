"""From a request to its conditions met: facts on the deal's stream. Those that tell an amount are heard by borrower and bank alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.financing.events.hearers import BANK, BORROWER, DEAL_PAGE, PARTIES, WITH_CORE
from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class FinancingRequested(Fact):
    """A firm asked a bank for money on its goods."""

    says: ClassVar[str] = "%(borrower)s asked for %(amount)s (deal %(number)s). Lots put up: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    number: str
    borrower: str
    amount: Money
    tenor_days: int
    lots: int


@dataclass(frozen=True, kw_only=True)
class RequestWithdrawn(Fact):
    """The firm took its request back."""

    says: ClassVar[str] = "Deal %(number)s was withdrawn: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class RequestRejected(Fact):
    """The bank declined."""

    says: ClassVar[str] = "Deal %(number)s was declined: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    number: str
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class OfferMade(Fact):
    """The bank made an offer."""

    says: ClassVar[str] = "The bank offers up to %(limit)s at %(annual_rate)s a year, valid until %(valid_until)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    offer_id: UUID
    limit: Money
    annual_rate: str
    tenor_days: int
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class OfferAccepted(Fact):
    """The borrower accepted the bank's terms and offered its goods in pledge."""

    says: ClassVar[str] = "The offer of %(limit)s was accepted."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    offer_id: UUID
    limit: Money


@dataclass(frozen=True, kw_only=True)
class OfferPassedOver(Fact):
    """Of several banks that were asked, another one's offer was accepted."""

    says: ClassVar[str] = "Deal %(number)s ended: the borrower accepted another offer."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class OfferExpired(Fact):
    """An offer ran out before the deal was signed."""

    says: ClassVar[str] = "The offer on deal %(number)s ran out."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str
    offer_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReviewBegun(Fact):
    """The bank put the deal before its second officer."""

    says: ClassVar[str] = "Deal %(number)s is under review."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class DealApproved(Fact):
    """A second officer of the bank approved the deal."""

    says: ClassVar[str] = "Deal %(number)s was approved by a second officer."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class DealSigned(Fact):
    """Both have signed: the borrower by accepting, the bank by two officers."""

    says: ClassVar[str] = "Deal %(number)s is signed by both parties."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class ConditionRecorded(Fact):
    """Evidence for a condition precedent was entered, or the condition waived with a reason."""

    says: ClassVar[str] = "The condition “%(condition)s” was recorded: %(reference)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    condition: dict[str, Any]
    reference: str
    waived: bool


@dataclass(frozen=True, kw_only=True)
class ConditionsMet(Fact):
    """Everything that had to come before the money is there."""

    says: ClassVar[str] = "All conditions of deal %(number)s are met: it may be drawn."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = DEAL_PAGE
    number: str


@dataclass(frozen=True, kw_only=True)
class GoodsToppedUp(Fact):
    """The borrower offered more goods."""

    says: ClassVar[str] = "Goods of %(lots)s more lots were offered."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = DEAL_PAGE
    lots: int
