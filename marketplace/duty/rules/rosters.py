"""Who stands at the desk and when: at least two officers in every minute (domain model, section 7), and crews that take turns.

How the uncovered stretches of a plan are found is `supervision.rules.duty.gaps`; here is what a plan as a whole must be.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from marketplace.supervision.rules.duty import LIVENESS_EVERY, DutyShift, require_covered
from tenants.errors import Conflict, Invalid

LONGEST_SHIFT = timedelta(hours=12)
LONGEST_ROSTER = timedelta(days=31)
MOST_SHIFTS = 500


def require_roster(
    start: datetime, end: datetime, shifts: Sequence[DutyShift], standing: Sequence[DutyShift], now: datetime
) -> None:
    """Refuse a plan for [start, end) that leaves any minute to fewer than two officers, also between what is `standing` and its own beginning.

    `standing`: shifts of earlier plans that go on past now and stay as they are. Refuses a shift longer than twelve hours or outside of the plan.
    """
    require_span(start, end, now)
    if len(shifts) > MOST_SHIFTS:
        raise Invalid("roster_too_full", "A roster has %(most)s shifts at most.", field="shifts", most=MOST_SHIFTS)
    for one in shifts:
        _require_shift(one, start, end)
    covered_until = max((one.end for one in standing), default=start)
    require_covered([*standing, *shifts], min(start, max(now, covered_until)), end)


def require_span(start: datetime, end: datetime, now: datetime) -> None:
    """Refuse a roster that lies behind, is backwards or longer than 31 days."""
    if end <= start:
        raise Invalid("roster_backwards", "A roster ends after it begins.", field="ends_at")
    if start < now:
        raise Invalid("roster_behind", "A roster begins now or later.", field="starts_at")
    if end - start > LONGEST_ROSTER:
        raise Invalid("roster_too_long", "A roster covers 31 days at most.", field="ends_at")


def planned_shift(officer: str, start: datetime, end: datetime) -> DutyShift:
    """One shift of a plan. Refuses one that ends before it begins."""
    if end <= start:
        raise Invalid("shift_backwards", "A shift ends after it begins.", field="shifts")
    return DutyShift(officer, start, end)


def _require_shift(shift: DutyShift, start: datetime, end: datetime) -> None:
    if shift.end - shift.start > LONGEST_SHIFT:
        raise Invalid("shift_too_long", "A shift lasts twelve hours at most.", field="shifts")
    if shift.start < start or shift.end > end:
        raise Conflict("shift_outside", "A shift lies inside the roster.", field="shifts")


def rotation(
    start: datetime, end: datetime, length: timedelta, crews: Sequence[Sequence[str]]
) -> tuple[DutyShift, ...]:
    """Crews that take turns from `start` to `end`, each for `length`; the last turn is cut at the end. Refuses no crew, and a length of nothing."""
    if not crews or not all(crews) or not timedelta() < length <= LONGEST_SHIFT:
        raise Invalid(
            "crews_missing", "Name the officers of each crew, and a shift of twelve hours at most.", field="crews"
        )
    made: list[DutyShift] = []
    at, turn = start, 0
    while at < end and len(made) <= MOST_SHIFTS:
        until = min(at + length, end)
        made.extend(DutyShift(officer, at, until) for officer in dict.fromkeys(crews[turn % len(crews)]))
        at, turn = until, turn + 1
    return tuple(made)


def slot_of(start: datetime, end: datetime, at: datetime) -> datetime | None:
    """Beginning of the hour of a shift in which a moment lies, counted from its start; None outside of the shift."""
    if not start <= at < end:
        return None
    return start + (at - start) // LIVENESS_EVERY * LIVENESS_EVERY


def slots_over(start: datetime, end: datetime, now: datetime) -> tuple[datetime, ...]:
    """The hours of a shift that are over by now, each by its beginning; the last one may be shorter and ends with the shift."""
    found, at = [], start
    while at < end and min(at + LIVENESS_EVERY, end) <= now:
        found.append(at)
        at += LIVENESS_EVERY
    return tuple(found)


def next_look(start: datetime, end: datetime, now: datetime) -> datetime | None:
    """When the hour that runs now is over; None once the shift is."""
    slot = slot_of(start, end, max(start, now))
    return None if slot is None else min(slot + LIVENESS_EVERY, end)
