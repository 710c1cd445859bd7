"""What supervision tells when messages that came late correct what was told before: nothing is unsaid, and what stands in its place is named."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class AlarmSuperseded(Fact):
    """With all messages of its time there, an alarm does not stand as it was told: another tells it rightly, or nothing of it is borne out."""

    says: ClassVar[str] = "Alarm %(number)s does not stand as it was told: %(instead)s"
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    type: str
    severity: str
    superseded_by: UUID | None
    superseded_at: datetime
    instead: dict[str, Any]
    lot_id: UUID | None
