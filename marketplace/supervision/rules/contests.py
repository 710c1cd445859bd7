"""How soon the supervisor answers the owner who contests an alarm: the graver the alarm, the sooner, since a critical one stops the goods (product default)."""

from datetime import datetime, timedelta

from marketplace.supervision.rules.alarms import Severity

ANSWER_WITHIN = {Severity.CRITICAL: timedelta(hours=2), Severity.MAJOR: timedelta(hours=8)}
USUALLY_WITHIN = timedelta(hours=24)


def answer_by(severity: Severity, contested_at: datetime) -> datetime:
    """When the answer is due."""
    return contested_at + ANSWER_WITHIN.get(severity, USUALLY_WITHIN)


def upholds(disposition: str) -> bool:
    """Whether an alarm's end says that the owner was right: whatever was no true alarm."""
    return disposition != "TRUE"
