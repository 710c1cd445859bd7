"""What the desk tells: plans, handovers, and officers from whom nothing is heard. Told on the roster, which its supervisor and its banks see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact

DESK = frozenset({"desk"})


@dataclass(frozen=True, kw_only=True)
class RosterPlanned(Fact):
    """Who stands at the desk was planned, without an uncovered minute."""

    says: ClassVar[str] = "The duty roster from %(starts_at)s to %(ends_at)s was planned: %(shifts)s shifts."
    link: ClassVar[str] = "/duty-rosters/{stream}"
    roster_id: UUID
    starts_at: datetime
    ends_at: datetime
    shifts: int


@dataclass(frozen=True, kw_only=True)
class DutyHandedOver(Fact):
    """An officer signed what is open over to a colleague. `digest`: SHA-256 over what was handed over; the colleague signs the same."""

    says: ClassVar[str] = "%(giver)s handed the desk over to %(taker)s with %(alarms)s open alarms."
    tells: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    handover_id: UUID
    shift_id: UUID
    giver: str
    taker: str
    alarms: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class DutyTakenOver(Fact):
    """The colleague signed for it."""

    says: ClassVar[str] = "%(taker)s took the desk over from %(giver)s."
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    handover_id: UUID
    shift_id: UUID
    giver: str
    taker: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class HandoverMissed(Fact):
    """A shift ended and nobody signed for what was open."""

    says: ClassVar[str] = "%(officer)s left the desk at %(ended_at)s without a handover that both signed."
    tells: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    shift_id: UUID
    officer: str
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class LivenessConfirmed(Fact):
    """An officer said within the hour to be at the desk. `answers`: how many hours missed just before this ends. One each hour, so the desk alone reads its
    words; a bank reads the shift as a whole, and every hour that was missed.
    """

    says: ClassVar[str] = "%(officer)s confirmed being at the desk."
    audience: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    shift_id: UUID
    officer: str
    slot_at: datetime
    answers: int


@dataclass(frozen=True, kw_only=True)
class ShiftEnded(Fact):
    """A shift is over: in how many of its hours its officer was heard of. Missed hours count as missed, also where the officer was heard of later."""

    says: ClassVar[str] = (
        "%(officer)s's shift until %(ended_at)s is over: heard of in %(confirmed)s of %(hours)s hours."
    )
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    shift_id: UUID
    officer: str
    ended_at: datetime
    hours: int
    confirmed: int


@dataclass(frozen=True, kw_only=True)
class LivenessMissed(Fact):
    """An officer on duty did not confirm within the hour: told up the ladder of those who watch. `hours`: how many hours in a row were missed since."""

    says: ClassVar[str] = "%(officer)s has not confirmed being at the desk since %(since)s. Told to %(whom)s."
    tells: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    shift_id: UUID
    officer: str
    since: datetime
    hours: int
    whom: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LivenessLeftToBank(Fact):
    """Nobody at the desk has been heard of for half an hour beyond the hour: told to the banks whose goods it watches."""

    says: ClassVar[str] = "%(officer)s has not confirmed being at the desk since %(since)s. Told to %(whom)s."
    tells: ClassVar[frozenset[str]] = frozenset({"desk", "bank"})
    link: ClassVar[str] = "/duty-shifts/{shift_id}"
    shift_id: UUID
    officer: str
    since: datetime
    hours: int
    whom: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DrillRung(Fact):
    """The desk was rung for practice. It is about no goods."""

    says: ClassVar[str] = "DRILL %(number)s (%(severity_word)s): %(script)s Answer by %(due_at)s."
    tells: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-drills"
    drill_id: UUID
    number: str
    severity_word: dict[str, Any]
    script: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class DrillAnswered(Fact):
    """An officer took note in time."""

    says: ClassVar[str] = "Drill %(number)s was answered by %(by)s within %(took)s."
    link: ClassVar[str] = "/duty-drills"
    drill_id: UUID
    number: str
    by: str
    took: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class DrillMissed(Fact):
    """Nobody took note in the time that such an alarm has."""

    says: ClassVar[str] = "Drill %(number)s was not answered in time."
    tells: ClassVar[frozenset[str]] = DESK
    link: ClassVar[str] = "/duty-drills"
    drill_id: UUID
    number: str
