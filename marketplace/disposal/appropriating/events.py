"""What happens when goods become the creditor's at their value. On the deal: the bank and the pledgor read it; the last one on a consent to a second rank."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

BOTH = frozenset({"borrower", "bank"})
PAGE = "/appropriations/{appropriation_id}"


@dataclass(frozen=True, kw_only=True)
class AppropriationDrafted(Fact):
    """A bank officer put before a colleague that the bank takes goods over at their value. The pledgor hears of it when it is approved."""

    says: ClassVar[str] = "It was proposed to take %(title)s over at %(value)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    link: ClassVar[str] = "/approvals"
    lot_id: UUID
    title: str
    value: Money


@dataclass(frozen=True, kw_only=True)
class AppropriationProposed(Fact):
    """The bank would take the goods over at this value; it waits for the pledgor's word."""

    says: ClassVar[str] = "The bank would take %(title)s over at %(value)s. Answer by %(answer_by)s."
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str
    value: Money
    surplus: Money
    deficiency: Money
    answer_by: datetime


@dataclass(frozen=True, kw_only=True)
class AppropriationConsented(Fact):
    """The pledgor agrees, after the default: from now on the bank may take the goods over."""

    says: ClassVar[str] = "The pledgor agrees that %(title)s is taken over at %(value)s."
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str
    value: Money


@dataclass(frozen=True, kw_only=True)
class AppropriationDeclined(Fact):
    """The pledgor does not agree: the goods are sold, or another value is proposed."""

    says: ClassVar[str] = "The pledgor does not agree that %(title)s is taken over."
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class AppropriationLapsed(Fact):
    """No answer, or nothing taken over, in time."""

    says: ClassVar[str] = "The proposal to take %(title)s over has lapsed."
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = BOTH
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class GoodsTakenOver(Fact):
    """The goods are the buyer's at the agreed value, which has paid the claims on them; the rest is the pledgor's money."""

    says: ClassVar[str] = (
        "%(title)s was taken over at %(value)s: %(surplus)s of it is the pledgor’s, %(deficiency)s stays owed."
    )
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str
    value: Money
    surplus: Money
    deficiency: Money


@dataclass(frozen=True, kw_only=True)
class SurplusPaid(Fact):
    """The bank has paid the pledgor what its goods were worth beyond the debt."""

    says: ClassVar[str] = "The surplus of %(surplus)s from %(title)s was paid: %(reference)s."
    audience: ClassVar[frozenset[str] | None] = BOTH
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = PAGE
    appropriation_id: UUID
    title: str
    surplus: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class TakingOverAhead(Fact):
    """The first bank would take goods over that a second bank stands behind. On the consent; of the value nothing is told but what the second would have of it."""

    says: ClassVar[str] = (
        "The first bank would take the goods over at their value: %(paid)s of it would be yours. Your claim counts as you declare it."
    )
    audience: ClassVar[frozenset[str] | None] = frozenset({"first", "second"})
    tells: ClassVar[frozenset[str]] = frozenset({"second"})
    link: ClassVar[str] = "/ranks/{consent_id}"
    consent_id: UUID
    paid: Money
