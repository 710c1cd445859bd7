"""What happens around a deal's evidence: bundles that were asked for, made and taken away. In the deal's own record, so that its parties see who has its evidence."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact

PARTIES = frozenset({"borrower", "bank"})
PAGE = "/deals/{stream}/evidence"


@dataclass(frozen=True, kw_only=True)
class EvidenceAsked(Fact):
    """Somebody of a firm in the deal's room asked for its evidence in one file."""

    says: ClassVar[str] = "%(firm)s asked for the evidence of deal %(number)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = PAGE
    bundle_id: UUID
    number: str
    firm: str


@dataclass(frozen=True, kw_only=True)
class EvidenceBundled(Fact):
    """The file is there; its hash stands in the record, so that no other can be shown in its place."""

    says: ClassVar[str] = "The evidence of deal %(number)s was put into a file of %(files)s parts (SHA-256 %(sha256)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = PAGE
    bundle_id: UUID
    number: str
    files: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRefused(Fact):
    """The file could not be made, for a reason of the trade."""

    says: ClassVar[str] = "The evidence of deal %(number)s could not be put into a file: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = PAGE
    bundle_id: UUID
    number: str
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class EvidenceTaken(Fact):
    """Somebody took the file away."""

    says: ClassVar[str] = "%(taken_by)s of %(firm)s took away the evidence of deal %(number)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = PAGE
    bundle_id: UUID
    number: str
    firm: str
    taken_by: str
    sha256: str
