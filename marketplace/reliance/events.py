"""What grading tells: a lot's evidence has become better or worse."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class EvidenceGraded(Fact):
    """The grade of a lot's evidence has changed. `because`: what speaks against relying on it, as sentences; empty where nothing does."""

    says: ClassVar[str] = "The evidence is of grade %(grade)s now; it was of grade %(before)s."
    link: ClassVar[str] = "/lots/{stream}"
    grade_id: UUID
    grade: str
    before: str
    version: str
    because: list[dict[str, Any]]
