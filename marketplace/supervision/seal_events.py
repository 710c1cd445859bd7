"""What supervision tells when readings are sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class ReadingsSealed(Fact):
    """What devices said since the last seal lies under a new one: a message that is changed, left out or put in afterwards does not fit it any more."""

    says: ClassVar[str] = "Readings of %(batches)s messages were sealed (seal %(number)s)."
    link: ClassVar[str] = "/{where}/{subject_id}"
    quiet: ClassVar[bool] = True
    where: str
    subject_id: UUID
    number: int
    batches: int
    first_at: datetime
    last_at: datetime
    root: str
    head: str
