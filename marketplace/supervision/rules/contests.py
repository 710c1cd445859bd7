"""How soon the supervisor answers the owner who contests an alarm: the graver the alarm, the sooner, since a critical one stops the goods; and how long
after its end an alarm may still be contested (product defaults).
"""

from datetime import datetime, timedelta

from marketplace.supervision.rules.alarms import Disposition, Severity

ANSWER_WITHIN = {Severity.CRITICAL: timedelta(hours=2), Severity.MAJOR: timedelta(hours=8)}
USUALLY_WITHIN = timedelta(hours=24)
END_TO_CONTEST = frozenset({Disposition.TRUE, Disposition.TEST, Disposition.MAINTENANCE})
CONTESTABLE_FOR = timedelta(days=30)  # an owner reads its statement once a month


def answer_by(severity: Severity, contested_at: datetime) -> datetime:
    """When the answer is due."""
    return contested_at + ANSWER_WITHIN.get(severity, USUALLY_WITHIN)


def upholds(disposition: str) -> bool:
    """Whether an alarm's end says that the owner was right: whatever was no true alarm."""
    return disposition != "TRUE"


def is_contestable(disposition: str | None, closed_at: datetime | None, now: datetime) -> bool:
    """Whether the owner may still say that an alarm is wrong: while it is open, and for thirty days after it was closed as anything but false."""
    if closed_at is None:
        return True
    return disposition in END_TO_CONTEST and now <= closed_at + CONTESTABLE_FOR
