"""How a desk does, in figures that a bank's auditor may recount (domain model, section 7; rates after EEMUA 191).

A share without anything to count is None and never 0 or 1: nothing was asked. Times are nearest-rank: a value that was measured, and no mean of two.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from marketplace.exact import half_up
from marketplace.supervision.rules.alarms import Disposition, Severity
from marketplace.supervision.rules.duty import FLOOD_OVER, FLOOD_WITHIN, SERVICE_LEVELS, clocks

RATE_TARGET = Decimal(1)  # alarms in ten minutes
FALSE_TARGET = Decimal("0.10")  # of what was judged; for CRITICAL alarms
MOST_SOURCES = 10
LONGEST_PERIOD = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as the figures take it. `source` names what raised it; `repeats` are what refreshed it while it stood."""

    severity: Severity
    source: str
    noticed_at: datetime
    acknowledged_at: datetime | None = None
    disposition: Disposition | None = None
    repeats: int = 0
    seen_at: datetime | None = None
    on_site_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeverityFigures:
    """One severity. `false`: of those judged true or false. Times from when the house noticed to when somebody took note; `in_time`: within the service level.

    `seen_in_time`, `on_site_in_time`: of the alarms that asked for a look by video, or for somebody on site, and had not had their end before that was due.
    """

    severity: Severity
    alarms: int
    judged: int
    false: int
    acknowledged: int
    median: timedelta | None
    ninetieth: timedelta | None
    in_time: Decimal | None
    seen_in_time: Decimal | None = None
    on_site_in_time: Decimal | None = None

    @property
    def false_ratio(self) -> Decimal | None:
        """Share of false ones among those judged."""
        return half_up(Fraction(self.false, self.judged), 4) if self.judged else None


@dataclass(frozen=True, slots=True)
class Chatter:
    """A source with its alarms and their repetitions: the noisiest is mended first."""

    source: str
    alarms: int
    repeats: int


@dataclass(frozen=True, slots=True)
class AlarmFigures:
    """All alarms of a period. `rate`: in ten minutes, on average; `floods`: ten-minute stretches with more than ten; `busiest`: the most in any."""

    by_severity: tuple[SeverityFigures, ...]
    chatter: tuple[Chatter, ...]
    alarms: int
    rate: Decimal
    floods: int
    busiest: int


@dataclass(frozen=True, slots=True)
class Contest:
    """An owner's contest of an alarm as the figures take it; `answered_at` None while nobody has answered."""

    alarm_id: UUID
    contested_at: datetime
    answer_by: datetime
    answered_at: datetime | None = None
    upheld: bool = False


@dataclass(frozen=True, slots=True)
class ContestFigures:
    """Alarms of a period that their goods' owners contest. `late`: contests answered after their time, or beyond it and not answered yet."""

    contested: int
    alarms: int
    contests: int
    answered: int
    upheld: int
    late: int
    median: timedelta | None

    @property
    def share(self) -> Decimal | None:
        """Alarms contested, of all."""
        return half_up(Fraction(self.contested, self.alarms), 4) if self.alarms else None

    @property
    def upheld_share(self) -> Decimal | None:
        """Contests upheld, of those answered."""
        return half_up(Fraction(self.upheld, self.answered), 4) if self.answered else None


def contest_figures(contests: Sequence[Contest], alarms: int, now: datetime) -> ContestFigures:
    """The figures of the contests of so many alarms."""
    answered = [one for one in contests if one.answered_at]
    return ContestFigures(
        contested=len({one.alarm_id for one in contests}),
        alarms=alarms,
        contests=len(contests),
        answered=len(answered),
        upheld=sum(1 for one in answered if one.upheld),
        late=sum(1 for one in contests if (one.answered_at or now) > one.answer_by),
        median=nearest_rank(
            [one.answered_at - one.contested_at for one in answered if one.answered_at], Fraction(1, 2)
        ),
    )


def alarm_figures(told: Sequence[Told], start: datetime, end: datetime) -> AlarmFigures:
    """The figures of the alarms that the house noticed within [start, end). Whatever lies outside counts for nothing."""
    within = [one for one in told if start <= one.noticed_at < end]
    windows = Counter((one.noticed_at - start) // FLOOD_WITHIN for one in within)
    stretches = Fraction(int((end - start).total_seconds()), int(FLOOD_WITHIN.total_seconds()))
    return AlarmFigures(
        by_severity=tuple(_of_severity(severity, within, end) for severity in Severity),
        chatter=_chatter(within),
        alarms=len(within),
        rate=half_up(Fraction(len(within)) / stretches, 3) if stretches else Decimal(0),
        floods=sum(1 for number in windows.values() if number > FLOOD_OVER),
        busiest=max(windows.values(), default=0),
    )


def nearest_rank(times: Iterable[timedelta], share: Fraction) -> timedelta | None:
    """The smallest of the times that at least this share of them do not exceed; None of none."""
    ordered = sorted(times)
    return ordered[-(-len(ordered) * share.numerator // share.denominator) - 1] if ordered else None


def _of_severity(severity: Severity, told: Sequence[Told], end: datetime) -> SeverityFigures:
    mine = [one for one in told if one.severity is severity]
    judged = [one for one in mine if one.disposition in (Disposition.TRUE, Disposition.FALSE)]
    times = [one.acknowledged_at - one.noticed_at for one in mine if one.acknowledged_at]
    level = SERVICE_LEVELS.get(severity)
    in_time = sum(1 for time in times if level and time <= level.acknowledged)
    return SeverityFigures(
        severity,
        len(mine),
        len(judged),
        sum(1 for one in judged if one.disposition is Disposition.FALSE),
        len(times),
        nearest_rank(times, Fraction(1, 2)),
        nearest_rank(times, Fraction(9, 10)),
        half_up(Fraction(in_time, len(mine)), 4) if level and mine else None,
        _kept(mine, "seen_by_video", end),
        _kept(mine, "on_site", end),
    )


def _kept(told: Sequence[Told], of: str, end: datetime) -> Decimal | None:
    """The share of what was done in time, as it stood at the end of the period; of what is not due yet, or was not asked for any more, nothing is said."""
    found = [
        clock.is_kept(one.closed_at, end)
        for one in told
        for clock in clocks(one.severity, one.noticed_at, {"seen_by_video": one.seen_at, "on_site": one.on_site_at})
        if clock.of == of
    ]
    asked = [kept for kept in found if kept is not None]
    return half_up(Fraction(sum(asked), len(asked)), 4) if asked else None


def _chatter(told: Sequence[Told]) -> tuple[Chatter, ...]:
    alarms, repeats = Counter(one.source for one in told), Counter[str]()
    for one in told:
        repeats[one.source] += one.repeats
    noisy = sorted(alarms, key=lambda source: (-(alarms[source] + repeats[source]), source))
    return tuple(Chatter(source, alarms[source], repeats[source]) for source in noisy[:MOST_SOURCES])
