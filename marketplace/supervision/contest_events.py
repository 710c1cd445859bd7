"""What is told of contested alarms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class AlarmContested(Fact):
    """The owner of the goods says that an alarm about them is wrong; the supervisor's answer is due."""

    says: ClassVar[str] = "%(organisation)s contests alarm %(number)s: %(because)s An answer is due by %(answer_by)s."
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "bank"})
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    severity: str
    organisation: str
    because: str
    answer_by: datetime
    lot_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContestAnswered(Fact):
    """The supervisor answered: the contest is upheld, or the alarm stands."""

    says: ClassVar[str] = "The contest of alarm %(number)s was %(answer)s by %(by)s: %(note)s"
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "bank"})
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    upheld: bool
    amends: bool
    answer: dict[str, Any]
    by: str
    note: str
    lot_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContestOverdue(Fact):
    """The time to answer is over, and nobody has."""

    says: ClassVar[str] = "Nobody has answered the contest of alarm %(number)s in time."
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "bank", "owner"})
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    lot_id: UUID
