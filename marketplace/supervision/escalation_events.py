"""What supervision tells of an alarm that nobody has seen to: it got worse or stays unresolved, and those higher up hear of it."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class AlarmEscalated(Fact):
    """Nobody resolved it in time, or it got worse: those above are told."""

    says: ClassVar[str] = "Alarm %(number)s is now %(severity_word)s and not resolved: %(reason)s"
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "warehouse", "bank", "owner"})
    tells_once: ClassVar[bool] = True
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    type: str
    severity: str
    severity_word: dict[str, Any]
    reason: dict[str, Any]
    lot_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class AlarmUnanswered(Fact):
    """Nobody has acknowledged it in time: those who watch are told again."""

    says: ClassVar[str] = "Alarm %(number)s has waited %(waited)s for %(whom)s: %(reason)s"
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "warehouse"})
    tells_once: ClassVar[bool] = True
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    severity: str
    severity_word: dict[str, Any]
    reason: dict[str, Any]
    waited: dict[str, Any]
    whom: dict[str, Any]
    lot_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class AlarmLeftToBank(AlarmUnanswered):
    """Nobody who watches has acted for half an hour: the bank is told to."""

    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "warehouse", "bank"})
