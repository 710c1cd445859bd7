"""A loan's days: what they cost, and the next of them at whose end more happens than interest.

Between two such days a loan stands still, so that any number of its days may be taken up at once and come to the same as one by one: the exact interest
of a period so far is rounded once, and a day posts what that total grew by (invariants 18 and 44).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import DayCount, days_between
from marketplace.financing.rules.quality import LoanClass, days_past_due, found_class, ifrs_9_stage, turning_days
from marketplace.financing.rules.terms import IN_TROUBLE

PERFORMING = frozenset({DealState.ACTIVE, DealState.WATCH, DealState.EXTENDED})
RATE_PLACES = 10  # decimals of a rate, and so of a running total
WHOLE = 10_000_000_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quality:
    """A loan's class and stage, and the class to which an officer lowered it."""

    loan_class: LoanClass
    stage: int
    lowered_to: LoanClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that a loan's next days rest on.

    `next_day`: the first that is not taken up; principal, rate and what is overdue are that day's, in minor units and shares times 10^10. `changes_on`: the
    first later day with another principal, rate or overdue amount. `running*`: the period's exact interest so far, minor units times rate, before the
    division by the year. `reset_on`: the day of the next look at a floating rate. `unpaid_since`: when the oldest unpaid amount fell due.
    """

    deal_id: UUID
    state: DealState
    currency: str
    day_count: DayCount
    grace_days: int
    compounds: bool
    next_day: date
    changes_on: date | None
    period_ends_on: date | None
    reset_on: date | None
    unpaid_since: date | None
    principal: int
    overdue: int
    overdue_interest: int
    rate: int
    penalty_rate: int
    running: int
    running_penalty: int
    running_compound: int
    quality: Quality | None

    @property
    def overdue_on(self) -> date | None:
        """The day with which a performing loan's grace ends."""
        if self.unpaid_since is None or self.state not in PERFORMING:
            return None
        return self.unpaid_since + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True)
class TakenDay:
    """One day's interest: its weight, the running totals after it, and what it posts, in minor units."""

    day: date
    weight: int
    running: int
    running_penalty: int
    running_compound: int
    posted: int
    penalty: int
    compound: int


@dataclass(frozen=True, slots=True)
class Step:
    """A loan's way to the end of the day `until`: days to take up, and what happens at that end. `quality`: what is found there, where it differs.

    `quiet_until`: where nothing happens there, the day until whose close each night brings what the last one did, interest on one principal at one rate.
    """

    standing: Standing
    until: date
    taken: tuple[TakenDay, ...]
    bills: bool
    resets: bool
    falls_overdue: bool
    quality: Quality | None
    days_past_due: int
    quiet_until: date | None = None


def step_to(standing: Standing, first: date, last: date, *, closing: bool = True) -> Step:
    """As far as the loan stands still, from the close of `first` on and to that of `last` at most: dues, rate, delay and class at the end of it.

    `first` may lie before the next day to take up, where an act between took up the days already: its close still looks at delay and class. Without
    `closing` nobody looks at those two.
    """
    assert first <= standing.next_day, "a close does not pass over a day"
    ends = (*_turns_of_the_contract(standing), *(_turns_for_the_worse(standing, first) if closing else ()))
    turn = min(ends, default=None)
    until = last if turn is None else min(turn, last)
    overdue = closing and standing.overdue_on is not None and standing.overdue_on <= until
    quality, days = quality_on(standing, DealState.OVERDUE if overdue else standing.state, until)
    return Step(
        standing,
        until,
        tuple(take_up(standing, until)),
        bills=standing.period_ends_on == until + ONE_DAY,
        resets=standing.reset_on == until + ONE_DAY,
        falls_overdue=overdue,
        quality=quality if closing and quality != standing.quality else None,
        days_past_due=days,
        quiet_until=turn if closing and _is_quiet(standing, last) and turn and turn > last else None,
    )


def _is_quiet(standing: Standing, day: date) -> bool:
    """Whether that day's interest tells the next one's: the day is taken up here, every day weighs the same, and nothing is late."""
    return standing.next_day <= day and standing.day_count is not DayCount.THIRTY_360 and standing.unpaid_since is None


def take_up(standing: Standing, until: date) -> Iterator[TakenDay]:
    """The days from the next to `until` (counted), each with what it adds to the rounded running totals."""
    year, day = standing.day_count.year, standing.next_day
    running, penalty, compound = standing.running, standing.running_penalty, standing.running_compound
    charged = standing.overdue * standing.penalty_rate, standing.overdue_interest * standing.penalty_rate * standing.compounds  # fmt: skip
    plain = (standing.principal - standing.overdue) * standing.rate
    while day <= until:
        weight = days_between(day, day + ONE_DAY, standing.day_count) if standing.day_count is DayCount.THIRTY_360 else 1  # fmt: skip
        before = running, penalty, compound
        running, penalty, compound = running + weight * plain, penalty + weight * charged[0], compound + weight * charged[1]  # fmt: skip
        grown = [_posted(now, year) - _posted(then, year) for now, then in zip((running, penalty, compound), before, strict=True)]  # fmt: skip
        yield TakenDay(day, weight, running, penalty, compound, *grown)
        day += ONE_DAY


def quality_on(standing: Standing, state: DealState, day: date) -> tuple[Quality, int]:
    """Class and stage at the end of a day, and the days past due that they rest on. While something is past due no stage gets better: what was on watch stays so."""
    days = days_past_due(standing.unpaid_since, day, grace_days=standing.grace_days)
    watched, defaulted = state is DealState.WATCH, state in IN_TROUBLE
    lowered = standing.quality.lowered_to if standing.quality else None
    doubted = watched or (state is DealState.OVERDUE and standing.quality is not None and standing.quality.stage > 1)
    found = found_class(days, watched=watched, defaulted=defaulted, lowered_to=lowered)
    return Quality(found, ifrs_9_stage(days, risk_increased=doubted, defaulted=defaulted), lowered), days


def _turns_of_the_contract(standing: Standing) -> Iterator[date]:
    """Days before a period ends, a rate is looked at, or another amount bears interest."""
    for turn in (standing.period_ends_on, standing.reset_on, standing.changes_on):
        if turn is not None:
            yield turn - ONE_DAY


def _turns_for_the_worse(standing: Standing, first: date) -> Iterator[date]:
    """Days from `first` on with which the loan falls overdue, or is found in another class or stage."""
    if standing.overdue_on is not None:
        yield max(first, standing.overdue_on)
    since = standing.unpaid_since
    turns = [since + timedelta(days=days) for days in turning_days(standing.grace_days)] if since else []
    for day in (first, *(turn for turn in turns if turn > first)):
        if quality_on(standing, standing.state, day)[0] != standing.quality:
            yield day
            return


def _posted(running: int, year: int) -> int:
    """A running total in minor units, half up."""
    whole = year * WHOLE
    return (2 * running + whole) // (2 * whole)
