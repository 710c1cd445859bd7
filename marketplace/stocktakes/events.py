"""What happens in surprise counts: told to who ordered and who walks; what it says of a lot is told on the lot."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

LINK = "/stocktakes/{stocktake_id}"


@dataclass(frozen=True, kw_only=True)
class StocktakeOrdered(Fact):
    """Somebody is to walk the goods of a site, now."""

    says: ClassVar[str] = "Surprise count %(number)s was ordered at %(site)s. Lots to show: %(lots)s, until %(due_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"walker"})
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str
    site: str
    lots: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChallengesOpened(Fact):
    """The walker took the next lots: cards and sides are chosen, the time runs."""

    says: ClassVar[str] = (
        "Surprise count %(number)s: the next lots were taken (%(lots)s), to be shown by %(expires_at)s."
    )
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str
    lots: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChallengeAnswered(Fact):
    """A lot was shown, wholly or in part."""

    says: ClassVar[str] = "Surprise count %(number)s: lot %(lot)s, %(found)s of %(book)s shown."
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str
    challenge_id: UUID
    lot: str
    found: Quantity
    book: Quantity
    left: int


@dataclass(frozen=True, kw_only=True)
class CaptureRefused(Fact):
    """A picture proved nothing; why."""

    says: ClassVar[str] = "Surprise count %(number)s: a picture of lot %(lot)s was refused. %(because)s"
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str
    challenge_id: UUID
    lot: str
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StocktakeClosed(Fact):
    """The count is over, and this is what it proves."""

    says: ClassVar[str] = "Surprise count %(number)s is closed. Not shown whole: %(failed)s of %(looked_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"orderer", "walker"})
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str
    looked_at: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class StocktakeWithdrawn(Fact):
    """It is not wanted any more."""

    says: ClassVar[str] = "Surprise count %(number)s was withdrawn."
    tells: ClassVar[frozenset[str]] = frozenset({"walker"})
    link: ClassVar[str] = LINK
    stocktake_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class LotShown(Fact):
    """On the lot: a surprise count saw it whole."""

    says: ClassVar[str] = "Lot %(lot)s was shown in a surprise count: %(found)s, evidence grade %(grade)s."
    link: ClassVar[str] = "/lots/{stream}"
    lot: str
    found: Quantity
    grade: str


@dataclass(frozen=True, kw_only=True)
class LotNotShown(Fact):
    """On the lot: a surprise count saw less than the book says, or nothing."""

    says: ClassVar[str] = "Lot %(lot)s was not shown whole in a surprise count: %(found)s of %(book)s."
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "supervisor", "owner"})
    link: ClassVar[str] = "/lots/{stream}"
    lot: str
    found: Quantity
    book: Quantity


@dataclass(frozen=True, kw_only=True)
class PhoneEnrolled(Fact):
    """A browser on a phone may sign captures."""

    says: ClassVar[str] = "%(name)s was enrolled as a phone of %(person)s, key %(fingerprint)s."
    link: ClassVar[str] = "/phones"
    phone_id: UUID
    name: str
    person: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class PhoneRevoked(Fact):
    """Nothing that it signs counts any more."""

    says: ClassVar[str] = "%(name)s may not sign any more."
    link: ClassVar[str] = "/phones"
    phone_id: UUID
    name: str
