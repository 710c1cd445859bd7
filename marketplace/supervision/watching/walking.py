"""One step of the alarm rules over one batch: pure in effect, a memory and readings in, a memory and findings out.

Most batches change nothing, so each series is first judged by its least and greatest: what lies within a limit is an interval, and where both ends
lie within it all points do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import AlarmRule, Change, Observation, WindowState, breach, severity_at
from marketplace.supervision.rules.limits import Limit, Value, weight_tolerance
from marketplace.supervision.rules.settling import booked, is_at_rest, settle
from marketplace.supervision.watching.journeying import on_the_road
from marketplace.supervision.watching.judging import Court
from marketplace.supervision.watching.kinds import FLAGS, ONLY_WITH_GOODS, TYPES_OF
from marketplace.supervision.watching.lenses import Row, through_lens
from marketplace.supervision.watching.placing import disagreements, distances
from marketplace.supervision.watching.remembering import Memory, keep_level, keep_window, key_of, level, window


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch showed: an alarm begins or ends, or a scale settled (`kind` "measured"); at its event time.

    Said aloud (`standing`), it also tells when the alarm began that it belongs to, and by which message of the device's chain.
    """

    kind: str
    change: Change
    at: datetime
    subject_id: UUID
    value: Decimal
    severity: Severity
    expected: Decimal | None = None
    tolerance: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    channel: str = ""
    began_at: datetime | None = None
    place: tuple[int, int] | None = None


def walk(
    device: Device, court: Court, memory: Memory, boot: int, sequence: int, rows: Sequence[Row], *, only: str | None = None
) -> tuple[Memory, list[Found]]:  # fmt: skip
    """Fold one batch, given as its series: for each subject, metric and channel its points in event time. `only`: one alarm type, tried on history."""
    after = dict(memory)
    found: list[Found] = []
    road = on_the_road(rows, court.journeys.get(device.id, ()), after)
    for row in (*rows, *distances(rows, court.middles, court.fence_of), *disagreements(rows), *road):
        for kind in TYPES_OF.get(row["metric"], ()):
            if only in (None, kind) and (kind not in ONLY_WITH_GOODS or _is_of_goods(device, court, row)):
                found.extend(_judge(device, court, after, kind, (boot, sequence), row))
        if only is None and row["metric"] == "weight" and row["subject_id"] != device.id and row["trusted"]:
            found.extend(_settle(device, court, after, row))
    return after, found


def _is_of_goods(device: Device, court: Court, row: Row) -> bool:
    """Whether it speaks of goods: of its own, or of what lay in its hall."""
    return row["subject_id"] != device.id or court.shelters(device.id, row["first_at"])


def points_of(row: Row) -> Iterator[tuple[datetime, Decimal]]:
    """The series' points with their times."""
    for offset, value in zip(row["offsets"], row["values"], strict=True):
        yield row["first_at"] + timedelta(milliseconds=offset), value


def _judge(
    device: Device, court: Court, memory: Memory, kind: str, place: tuple[int, int], row: Row
) -> Iterator[Found]:
    key, subject = key_of(kind, row["subject_id"], row["channel"]), row["subject_id"]
    limits = [court.limit(kind, subject, device, at) for at in (row["first_at"], row["last_at"])]
    if limits == [None, None]:  # nobody asked for the rule, or there is nothing to judge by
        return
    state, setting = window(memory, key), court.setting(kind, subject, row["last_at"])
    seen = through_lens(kind, setting, memory, key, state, row) if setting.is_on else row
    if seen is None:
        return
    if _is_quiet(limits, state, seen):
        keep_window(memory, key, _passed(state, place, seen))
        return
    for number, (at, value) in enumerate(points_of(seen)):
        # A closed door is a closed door at any hour; work explains an open one only.
        announced = court.is_explained(kind, subject, device.id, at) and (kind != "door_open" or bool(value))
        sample = Observation(at, (*place, number), _value(kind, value), announced)
        limit = court.limit(kind, subject, device, at)
        if limit is None or (state.last is not None and sample <= state.last):
            continue  # nothing to judge by; or a clock set back: evidence, but no new finding
        rule, before = court.setting(kind, subject, at).rule, state
        state, change = breach(rule, limit, state, sample)
        severity = severity_at(rule, state.active_since or at, at)
        if change or _is_worse(rule, before, severity):
            one = _found(court, device, kind, change or Change.RAISED, at, subject, value, severity)
            yield replace(one, channel=row["channel"])
    keep_window(memory, key, state)


def _is_worse(rule: AlarmRule, before: WindowState, severity: Severity) -> bool:
    """Whether an alarm that goes on became worse with this reading."""
    if before.active_since is None or before.last is None or not rule.worsening:
        return False
    return severity is not severity_at(rule, before.active_since, before.last.at)


def _is_quiet(limits: Sequence[Limit | None], state: WindowState, row: Row) -> bool:
    """Whether nothing is under way and no point of the series can be beyond its limits, whichever version of them holds."""
    if state.active_since or state.run_count:
        return False
    first, last = limits
    versions = (last,) if first is last else limits
    return all(limit is not None and limit.spares(row["least"], row["greatest"]) for limit in versions)


def _passed(state: WindowState, place: tuple[int, int], row: Row) -> WindowState:
    """The state after a quiet series: only how far it got."""
    last = Observation(row["last_at"], (*place, row["points"] - 1), Decimal(0))
    return state if state.last is not None and last <= state.last else replace(state, last=last)


def _value(kind: str, figure: Decimal) -> Value:
    return bool(figure) if kind in FLAGS else figure


def _found(
    court: Court, device: Device, kind: str, change: Change, at: datetime, subject: UUID, value: Decimal, severity: Severity
) -> Found:  # fmt: skip
    if kind == "weight_change":
        book = court.book_at(subject, at)
        assert book is not None
        tolerance = weight_tolerance(book, device.deviation, court.setting(kind, subject, at).share)
        return Found(kind, change, at, subject, value, severity, expected=_decimal(book), tolerance=_decimal(tolerance))
    limit = court.limit(kind, subject, device, at)
    low, high = getattr(limit, "low", None), getattr(limit, "high", None)
    return Found(kind, change, at, subject, value, severity, low=low, high=high)


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
                "measured", Change.RAISED, at, row["subject_id"], settled.level, Severity.INDETERMINATE,
                expected=settled.before, tolerance=_decimal(tolerance),
            )  # fmt: skip
    keep_level(memory, key, standing)


def _decimal(figure: Fraction) -> Decimal:
    return (Decimal(figure.numerator) / Decimal(figure.denominator)).normalize()
