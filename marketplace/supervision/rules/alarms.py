"""What may happen to an alarm: it is raised once, noted by an officer, cleared when its cause is gone, and closed
with a finding.

Whether the cause holds and whether somebody took note are two truths that move apart (ThingsBoard's model): four
statuses and CLOSED. A repetition refreshes the active alarm; after it cleared, the same cause is a new alarm
(invariant 36). The pledgor never clears one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class AlarmStatus(StrEnum):
    """Where an alarm stands."""

    ACTIVE_UNACK = "ACTIVE_UNACK"
    ACTIVE_ACK = "ACTIVE_ACK"
    CLEARED_UNACK = "CLEARED_UNACK"
    CLEARED_ACK = "CLEARED_ACK"
    CLOSED = "CLOSED"


class Severity(StrEnum):
    """How bad, worst first."""

    CRITICAL = "CRITICAL"
    MAJOR = "MAJOR"
    MINOR = "MINOR"
    WARNING = "WARNING"
    INDETERMINATE = "INDETERMINATE"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Disposition(StrEnum):
    """What an alarm turned out to be."""

    TRUE = "TRUE"
    FALSE = "FALSE"
    TEST = "TEST"
    MAINTENANCE = "MAINTENANCE"


DISPOSITION_GIVEN = Guard("disposition_given", "An alarm is closed with what it turned out to be.")
CRITICAL_EXPLAINED = Guard("critical_explained", "A critical alarm is closed with a note and its evidence.")

MAINTENANCE_AT_MOST = timedelta(hours=4)

_W = AlarmStatus
_OFFICERS = (Actor.SUPERVISOR, Actor.WAREHOUSE_OPERATOR, Actor.LOGISTICS)

ALARM = Machine[AlarmStatus](
    "Alarm",
    step(None, "raise", _W.ACTIVE_UNACK, Actor.SYSTEM, Actor.SUPERVISOR, Actor.WAREHOUSE_OPERATOR),
    step(_W.ACTIVE_UNACK, "repeat", _W.ACTIVE_UNACK, Actor.SYSTEM),
    step(_W.ACTIVE_ACK, "repeat", _W.ACTIVE_ACK, Actor.SYSTEM),
    step(_W.ACTIVE_UNACK, "acknowledge", _W.ACTIVE_ACK, *_OFFICERS),
    step(_W.CLEARED_UNACK, "acknowledge", _W.CLEARED_ACK, *_OFFICERS),
    step(_W.ACTIVE_UNACK, "clear", _W.CLEARED_UNACK, Actor.SYSTEM, Actor.SUPERVISOR),
    step(_W.ACTIVE_ACK, "clear", _W.CLEARED_ACK, Actor.SYSTEM, Actor.SUPERVISOR),
    step(_W.CLEARED_ACK, "close", _W.CLOSED, Actor.SUPERVISOR, guards=(DISPOSITION_GIVEN, CRITICAL_EXPLAINED)),
)


def require_explained(severity: str, note: str, evidence: Sequence[str]) -> None:
    """Refuse to close a CRITICAL alarm without a note and its evidence (invariant 37); its author is whoever closes it."""
    if severity != Severity.CRITICAL:
        return
    if not note.strip():
        raise Invalid("note_missing", "A critical alarm is closed with a note.", field="note")
    if not evidence:
        raise Invalid("evidence_missing", "A critical alarm is closed with evidence.", field="evidence")


def require_maintainable(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse a maintenance window longer than four hours, or backwards."""
    if ends_at <= starts_at:
        raise Invalid("maintenance_backwards", "Maintenance ends after it begins.", field="ends_at")
    if ends_at - starts_at > MAINTENANCE_AT_MOST:
        raise Conflict("maintenance_too_long", "Maintenance lasts four hours at most.", field="ends_at")


def worse(one: Severity, other: Severity) -> Severity:
    """The worse of two."""
    return one if one.rank <= other.rank else other
