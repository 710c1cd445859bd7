"""One step of the alarm rules over one batch: pure in effect, a memory and readings in, a memory and findings out.

Most batches change nothing, so each series is first judged by its least and greatest: what lies within a limit is an interval, and where both ends
lie within it all points do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules.breaches import Change, Observation, WindowState, breach
from marketplace.supervision.rules.limits import Limit, Value, Verdict, weight_tolerance
from marketplace.supervision.rules.settling import booked, is_at_rest, settle
from marketplace.supervision.watching.judging import FLAGS, ONLY_WITH_GOODS, TYPES_OF, Court
from marketplace.supervision.watching.remembering import Memory, keep_level, keep_window, key_of, level, window

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch showed: an alarm begins or ends, or a scale settled (`kind` "measured"); at its event time."""

    kind: str
    change: Change
    at: datetime
    subject_id: UUID
    value: Decimal
    expected: Decimal | None = None
    tolerance: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def walk(
    device: Device, court: Court, memory: Memory, boot: int, sequence: int, rows: Sequence[Row]
) -> tuple[Memory, list[Found]]:
    """Fold one batch, given as its series: for each subject, metric and channel its points in event time."""
    after = dict(memory)
    found: list[Found] = []
    for row in rows:
        for kind in TYPES_OF.get(row["metric"], ()):
            if kind not in ONLY_WITH_GOODS or row["subject_id"] != device.id:
                found.extend(_judge(device, court, after, kind, (boot, sequence), row))
        if row["metric"] == "weight" and row["subject_id"] != device.id and row["trusted"]:
            found.extend(_settle(device, court, after, row))
    return after, found


def points_of(row: Row) -> Iterator[tuple[datetime, Decimal]]:
    """The series' points with their times."""
    for offset, value in zip(row["offsets"], row["values"], strict=True):
        yield row["first_at"] + timedelta(milliseconds=offset), value


def _judge(
    device: Device, court: Court, memory: Memory, kind: str, place: tuple[int, int], row: Row
) -> Iterator[Found]:
    key, subject = key_of(kind, row["subject_id"], row["channel"]), row["subject_id"]
    state, rule = window(memory, key), court.rule(kind, subject)
    if _is_quiet(court.limit(kind, subject, device, row["last_at"]), kind, state, row):
        keep_window(memory, key, _passed(state, place, row))
        return
    for number, (at, value) in enumerate(points_of(row)):
        # A closed door is a closed door at any hour; work explains an open one only.
        announced = court.announced(kind, subject, at) and (kind != "door_open" or bool(value))
        sample = Observation(at, (*place, number), _value(kind, value), announced)
        limit = court.limit(kind, subject, device, at)
        if limit is None or (state.last is not None and sample <= state.last):
            continue  # nothing to judge by; or a clock set back: evidence, but no new finding
        state, change = breach(rule, limit, state, sample)
        if change:
            yield _found(court, device, kind, change, at, subject, value)
    keep_window(memory, key, state)


def _is_quiet(limit: Limit | None, kind: str, state: WindowState, row: Row) -> bool:
    """Whether nothing is under way and no point of the series can be beyond its limit."""
    if limit is None or state.active_since or state.run_count:
        return False
    ends = (_value(kind, row["least"]), _value(kind, row["greatest"]))
    return all(limit.judge(end) is not Verdict.BEYOND for end in ends)


def _passed(state: WindowState, place: tuple[int, int], row: Row) -> WindowState:
    """The state after a quiet series: only how far it got."""
    last = Observation(row["last_at"], (*place, row["points"] - 1), Decimal(0))
    return state if state.last is not None and last <= state.last else replace(state, last=last)


def _value(kind: str, figure: Decimal) -> Value:
    return bool(figure) if kind in FLAGS else figure


def _found(
    court: Court, device: Device, kind: str, change: Change, at: datetime, subject: UUID, value: Decimal
) -> Found:
    if kind == "weight_change":
        book = court.book_at(subject, at)
        assert book is not None
        tolerance = weight_tolerance(book, device.deviation)
        return Found(kind, change, at, subject, value, expected=_decimal(book), tolerance=_decimal(tolerance))
    limit = court.limit(kind, subject, device, at)
    return Found(kind, change, at, subject, value, low=getattr(limit, "low", None), high=getattr(limit, "high", None))


def _settle(device: Device, court: Court, memory: Memory, row: Row) -> Iterator[Found]:
    """Whether the scale settled at a level that matters."""
    book = court.book_at(row["subject_id"], row["last_at"])
    if not book:
        return
    key = key_of("level", row["subject_id"], row["channel"])
    standing = booked(level(memory, key), book)
    tolerance = weight_tolerance(book, device.deviation)
    if is_at_rest(standing, row["least"], row["greatest"], tolerance=tolerance):
        keep_level(memory, key, replace(standing, candidate=None, since=None, count=0))
        return
    for at, value in points_of(row):
        expected = court.book_at(row["subject_id"], at) or book
        tolerance = weight_tolerance(expected, device.deviation)
        standing, settled = settle(booked(standing, expected), at, value, tolerance=tolerance)
        if settled:
            yield Found(
                "measured", Change.RAISED, at, row["subject_id"], settled.level,
                expected=settled.before, tolerance=_decimal(tolerance),
            )  # fmt: skip
    keep_level(memory, key, standing)


def _decimal(figure: Fraction) -> Decimal:
    return (Decimal(figure.numerator) / Decimal(figure.denominator)).normalize()
