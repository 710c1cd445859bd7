"""Who watches, how fast they must act, and to whom an alarm goes when they do not.

Figures are product defaults (domain.md section 7); alarm rates after EEMUA 191.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from marketplace.supervision.rules.alarms import Severity
from tenants.errors import Conflict, Invalid

OFFICERS_MIN = 2
FLOOD_OVER = 10
FLOOD_WITHIN = timedelta(minutes=10)
LIVENESS_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DutyShift:
    """One officer's watch, `start` included, `end` not."""

    officer: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid("shift_backwards", "A shift ends after it begins.", field="end")


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How soon after the alarm each thing must be done; None: not asked for."""

    acknowledged: timedelta
    seen_by_video: timedelta | None = None
    on_site: timedelta | None = None
    bank_informed: timedelta | None = None


SERVICE_LEVELS: dict[Severity, ServiceLevel] = {
    Severity.CRITICAL: ServiceLevel(
        timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=30), timedelta(minutes=15)
    ),
    Severity.MAJOR: ServiceLevel(timedelta(minutes=15), on_site=timedelta(minutes=120)),
    Severity.MINOR: ServiceLevel(timedelta(hours=4)),
}

# What of it people do; the bank is informed by the house itself.
PEOPLES_PART = ("acknowledged", "seen_by_video", "on_site")

# Who is told after so long without acknowledgement.
ESCALATION: tuple[tuple[timedelta, str], ...] = (
    (timedelta(0), "duty_officer"),
    (timedelta(minutes=5), "shift_lead"),
    (timedelta(minutes=15), "supervision_head"),
    (timedelta(minutes=30), "bank_collateral_officer"),
    (timedelta(minutes=60), "bank_risk_head"),
)


# Told again so often once the ladder is climbed, until somebody acts; severities that are not here wait for their turn in the queue.
AGAIN: dict[Severity, timedelta] = {Severity.CRITICAL: timedelta(hours=1), Severity.MAJOR: timedelta(hours=2)}
BANK_RUNGS = frozenset({"bank_collateral_officer", "bank_risk_head"})
RUNG_WORDS = {
    "duty_officer": "the duty officer",
    "shift_lead": "the shift lead",
    "supervision_head": "the head of supervision",
    "bank_collateral_officer": "the bank's collateral officer",
    "bank_risk_head": "the bank's head of risk",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """When an alarm that nobody acknowledged is told again, and to whom."""

    at: datetime
    who: str

    @property
    def reaches_bank(self) -> bool:
        """Whether it goes beyond those who watch."""
        return self.who in BANK_RUNGS


def next_rung(severity: Severity, noticed_at: datetime, climbed: int) -> Rung | None:
    """The rung after so many: CRITICAL climbs the whole ladder and then repeats, MAJOR is told to those who watch when its time is up, and again.

    Lesser alarms are told once. The ladder counts from when the house noticed: nobody could have acted before.
    """
    again = AGAIN.get(severity)
    if again is None:
        return None
    acknowledged = SERVICE_LEVELS[severity].acknowledged
    steps = ESCALATION[1:] if severity is Severity.CRITICAL else ((acknowledged, "shift_lead"), (2 * acknowledged, "supervision_head"))  # fmt: skip
    if climbed < len(steps):
        after, who = steps[climbed]
        return Rung(noticed_at + after, who)
    after, who = steps[-1]
    return Rung(noticed_at + after + (climbed - len(steps) + 1) * again, who)


def latest_rung(severity: Severity, noticed_at: datetime, climbed: int, now: datetime) -> tuple[int, Rung] | None:
    """How many rungs are climbed by now and the last of them; None where none is due. Rungs that were slept through (the house stood still) are told as one."""
    last: Rung | None = None
    while (rung := next_rung(severity, noticed_at, climbed)) and rung.at <= now:
        climbed, last = climbed + 1, rung
    return (climbed, last) if last else None


@dataclass(frozen=True, slots=True)
class Clock:
    """One thing that is asked of the desk, by when, and when it was done; None while nobody did it."""

    of: str
    due_at: datetime
    done_at: datetime | None = None

    def is_kept(self, closed_at: datetime | None, now: datetime) -> bool | None:
        """Whether it was done in time; None while there is time left, and where the alarm had its end before: then nobody has to go there any more."""
        if self.done_at:
            return self.done_at <= self.due_at
        return None if min(closed_at or now, now) <= self.due_at else False


def clocks(severity: Severity, noticed_at: datetime, done: Mapping[str, datetime | None]) -> tuple[Clock, ...]:
    """What the service level of an alarm asks people for (`PEOPLES_PART`), from when the house noticed; nothing where no time is set."""
    level = SERVICE_LEVELS.get(severity)
    asked = {of: getattr(level, of) for of in PEOPLES_PART if level and getattr(level, of)}
    return tuple(Clock(of, noticed_at + within, done.get(of)) for of, within in asked.items())


def gaps(
    shifts: Sequence[DutyShift], start: datetime, end: datetime, officers_min: int = OFFICERS_MIN
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of [start, end) in which fewer than `officers_min` different officers are on duty, joined where
    they touch.
    """
    times = sorted({start, end, *(t for s in shifts for t in (s.start, s.end) if start < t < end)})
    found: list[tuple[datetime, datetime]] = []
    for one, two in pairwise(times):
        if len(_on_duty(shifts, one)) >= officers_min:
            continue
        if found and found[-1][1] == one:
            found[-1] = (found[-1][0], two)
        else:
            found.append((one, two))
    return tuple(found)


def require_covered(
    shifts: Sequence[DutyShift], start: datetime, end: datetime, officers_min: int = OFFICERS_MIN
) -> None:
    """Refuse a roster that leaves any moment of [start, end) to fewer than `officers_min` officers."""
    open_stretches = gaps(shifts, start, end, officers_min)
    if open_stretches:
        raise Conflict(
            "roster_gap",
            "From %(start)s to %(end)s fewer than %(officers)s officers are on duty.",
            start=open_stretches[0][0].isoformat(),
            end=open_stretches[0][1].isoformat(),
            officers=officers_min,
        )


def voted(severity: Severity, sensors: Collection[str]) -> Severity:
    """The severity by two-of-three voting: two kinds of sensor that agree make it CRITICAL, a single one starts at
    MAJOR at worst.

    For findings that more than one kind of sensor can make (weight, door, camera); do not ask it of smoke.
    """
    if len(set(sensors)) >= 2:
        return Severity.CRITICAL
    return Severity.MAJOR if severity is Severity.CRITICAL else severity


def _on_duty(shifts: Sequence[DutyShift], at: datetime) -> set[str]:
    return {shift.officer for shift in shifts if shift.start <= at < shift.end}
