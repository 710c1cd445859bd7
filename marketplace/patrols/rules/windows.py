"""When a round is called: in each window once, at a minute that is drawn.

The draw is a toss between two who cannot help each other. The house commits to a secret seed (its SHA-256 stands in the record) before the round before
this one is walked; the officers' phones add the hash of what they signed last. The house knows the seed and cannot make a phone's signature; an officer
makes the signature and does not know the seed. The minute is SHA-256(seed, what was signed, beginning of the draw), spread evenly over the minutes from
which the walk still ends within the window. With the seed, shown once the round is called, anybody draws again. What is left to trust: who reads the
house's own memory while a window runs learns the minute early.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from marketplace.business_days import SHANGHAI
from tenants.errors import Conflict, Invalid

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
LEAST_CHOICE = 30  # minutes to be drawn from: nobody guesses better than one in thirty-one
WALK_MINUTES = range(5, 241)
MOST_WINDOWS = 8


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of every day in the house's zone, from `start` for so many minutes; it may pass midnight. One round is called in it."""

    start: time
    minutes: int

    @property
    def first_minute(self) -> int:
        """Minutes from midnight to its beginning."""
        return self.start.hour * 60 + self.start.minute


@dataclass(frozen=True, slots=True)
class Span:
    """A window on its day, in UTC; the end not included."""

    opens_at: datetime
    closes_at: datetime


def require_windows(windows: Sequence[Window], walk_minutes: int) -> None:
    """Refuse windows that overlap, that begin within a minute, or that leave fewer than thirty minutes to draw from beside the walk."""
    if walk_minutes not in WALK_MINUTES:
        raise Invalid("walk_out_of_range", "A walk takes %(least)s to %(most)s minutes.", field="minutes", least=WALK_MINUTES.start, most=WALK_MINUTES.stop - 1)  # fmt: skip
    if not 1 <= len(windows) <= MOST_WINDOWS:
        raise Invalid("windows_missing", "Name 1 to %(most)s windows.", field="windows", most=MOST_WINDOWS)
    for one in windows:
        if one.start.second or one.start.microsecond:
            raise Invalid("window_seconds", "A window begins on a whole minute.", field="windows")
        if one.minutes < walk_minutes + LEAST_CHOICE:
            raise Invalid("window_predictable", "A window lasts %(least)s minutes at least: the walk, and thirty minutes to draw from.", field="windows", least=walk_minutes + LEAST_CHOICE)  # fmt: skip
        if one.minutes > DAY_MINUTES:
            raise Invalid("window_too_long", "A window lasts a day at most.", field="windows")
    _require_apart(windows)


def _require_apart(windows: Sequence[Window]) -> None:
    """Round the clock: the last is followed by the first of the next day."""
    ordered = sorted(windows, key=lambda one: one.first_minute)
    for one, after in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
        until_next = (after.first_minute - one.first_minute) % DAY_MINUTES or DAY_MINUTES
        if one.minutes > until_next or (after is not one and after.start == one.start):
            raise Conflict("windows_overlap", "The windows overlap at %(time)s.", field="windows", time=f"{after.start:%H:%M}")  # fmt: skip


def next_span(windows: Sequence[Window], after: datetime) -> Span:
    """The first window that begins after a moment."""
    day = after.astimezone(SHANGHAI).date()
    spans = [_on(window, day + timedelta(days=ahead)) for window in windows for ahead in (0, 1)]
    return min((one for one in spans if one.opens_at > after), key=lambda one: one.opens_at)


def span_of(windows: Sequence[Window], opens_at: datetime) -> Span:
    """The window that begins at this very moment."""
    return next_span(windows, opens_at - MINUTE)


def choice(span: Span, walk_minutes: int, now: datetime) -> tuple[datetime, datetime] | None:
    """First and last minute that may be drawn now: whole minutes, none behind us, each early enough for the walk to end within the window. None: too late."""
    behind = -(-(now - span.opens_at) // MINUTE)  # rounded up
    first = span.opens_at + max(0, behind) * MINUTE
    last = span.closes_at - walk_minutes * MINUTE
    return (first, last) if first <= last else None


def drawn_minute(seed: bytes, mixed: str, first: datetime, last: datetime) -> datetime:
    """The minute in [first, last] that seed and what was signed fall on: 256 bits on so few minutes leave no bias worth naming."""
    minutes = (last - first) // MINUTE + 1
    told = seed + mixed.encode() + first.astimezone(UTC).isoformat().encode()
    return first + (int.from_bytes(hashlib.sha256(told).digest()) * minutes >> 256) * MINUTE


def commitment(seed: bytes) -> str:
    """What the record holds of a seed before it is used."""
    return hashlib.sha256(seed).hexdigest()


def _on(window: Window, day: object) -> Span:
    begins = datetime.combine(day, window.start, SHANGHAI)  # type: ignore[arg-type]
    return Span(begins.astimezone(UTC), begins.astimezone(UTC) + window.minutes * MINUTE)
