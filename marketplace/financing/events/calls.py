"""A margin call from its opening to its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.financing.events.hearers import BANK, BORROWER, CALL_PAGE, PARTIES, WITH_GUARANTOR
from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class MarginCallOpened(Fact):
    """The loan has outgrown its goods: the bank calls for cash or goods (Civil Code 433)."""

    says: ClassVar[str] = (
        "Margin call %(number)s: loan-to-value is %(ltv)s. Pay %(cash)s or add goods worth %(goods)s by %(cure_by)s."
    )
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    ltv: str
    outstanding: Money
    market_value: Money
    cash: Money
    goods: Money
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeReached(Fact):
    """The notice of a call reached the borrower's workspace, or was served by hand with proof."""

    says: ClassVar[str] = "The notice of margin call %(number)s was delivered (%(proof)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    proof: str


@dataclass(frozen=True, kw_only=True)
class MarginCallNotified(Fact):
    """The call counts as notified; the time to answer and to cure runs."""

    says: ClassVar[str] = "Margin call %(number)s is notified; it has to be cured by %(cure_by)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    answer_by: datetime
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeOverdue(Fact):
    """An hour has passed without proof that the notice was delivered."""

    says: ClassVar[str] = "There is no proof yet that margin call %(number)s was delivered: serve it by hand."
    audience: ClassVar[frozenset[str] | None] = BANK
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallAccepted(Fact):
    """The call stands: the borrower accepted it, did not answer in time, or its objection was not upheld."""

    says: ClassVar[str] = "Margin call %(number)s was accepted (%(how)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    how: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MarginCallDisputed(Fact):
    """The borrower objects to one of the call's figures; the time to cure runs on unless the terms say otherwise."""

    says: ClassVar[str] = "Margin call %(number)s is disputed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    ground: str
    because: str


@dataclass(frozen=True, kw_only=True)
class MarginCallHeld(Fact):
    """As the terms have it, the time to cure stands still while the objection is unanswered."""

    says: ClassVar[str] = "The clock of margin call %(number)s stands still until %(held_until)s at the latest."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    held_until: datetime
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class ObjectionUpheld(Fact):
    """Two officers of the bank agree with the borrower: by the figures as they stand now the call should not be."""

    says: ClassVar[str] = "The objection to margin call %(number)s is upheld: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    because: str


@dataclass(frozen=True, kw_only=True)
class ObjectionRejected(Fact):
    """Two officers of the bank keep the call."""

    says: ClassVar[str] = "The objection to margin call %(number)s is rejected: %(because)s It has to be cured by %(cure_by)s."  # fmt: skip
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    because: str
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class MarginCallPartlyCured(Fact):
    """Something came in, and not enough."""

    says: ClassVar[str] = "Margin call %(number)s is partly cured; %(cash)s or goods worth %(goods)s are still missing."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    cash: Money
    goods: Money


@dataclass(frozen=True, kw_only=True)
class MarginCallCured(Fact):
    """The loan is back at its initial share of the value."""

    says: ClassVar[str] = "Margin call %(number)s is cured: loan-to-value is %(ltv)s."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    ltv: str


@dataclass(frozen=True, kw_only=True)
class MarginCallExpired(Fact):
    """The time to cure ran out."""

    says: ClassVar[str] = "Margin call %(number)s was not cured in time."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallEscalated(Fact):
    """The bank has to decide: more time, or default."""

    says: ClassVar[str] = "Margin call %(number)s is escalated: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MarginCallExtended(Fact):
    """The bank gave more time, with four eyes."""

    says: ClassVar[str] = "Margin call %(number)s was extended until %(cure_by)s."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class MarginCallCancelled(Fact):
    """The bank withdrew the call, the loan being below its warning line again."""

    says: ClassVar[str] = "Margin call %(number)s was cancelled."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallDefaulted(Fact):
    """The call ended in the default of the loan."""

    says: ClassVar[str] = "Margin call %(number)s ended in default."
    audience: ClassVar[frozenset[str] | None] = WITH_GUARANTOR
    link: ClassVar[str] = CALL_PAGE
    call_id: UUID
    number: int
