"""What supervision tells of the long life of readings: that they were sealed, and that they were let go."""

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


@dataclass(frozen=True, kw_only=True)
class ReadingsLetGo(Fact):
    """Readings went at the end of their retention. Their seals stay, so that each can still be named."""

    says: ClassVar[str] = "Readings of %(batches)s messages that were older than %(days)s days were let go."
    link: ClassVar[str] = ""
    quiet: ClassVar[bool] = True
    subject_id: UUID
    device_id: UUID
    batches: int
    first_at: datetime
    last_at: datetime
    days: int
