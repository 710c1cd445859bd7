"""When a scale has settled at a new level, and whether the difference matters.

A load that is being moved makes the scale swing. A level counts once it was held: five readings, over a minute at least, within half the tolerance of
each other. It is told when it differs from the level told before by more than the tolerance (max of 0.3 per cent and three deviations of the scale;
domain model, section 7). Product default; no law or standard asks for these figures.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

READINGS = 5
HELD_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Level:
    """How a scale stands: what the book said last, the level that was told last, and the run of readings that may become the next one."""

    booked: Decimal | None = None
    told: Decimal | None = None
    candidate: Decimal | None = None
    since: datetime | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """A level that was held and matters: from `before` (what was told last) to `level`, at this event time."""

    at: datetime
    level: Decimal
    before: Decimal


def booked(standing: Level, book: Fraction) -> Level:
    """The standing under what the book says now: a new entry is told from there on."""
    exact = Decimal(book.numerator) / Decimal(book.denominator)
    return standing if standing.booked == exact else replace(standing, booked=exact, told=exact)


def settle(standing: Level, at: datetime, value: Decimal, *, tolerance: Fraction) -> tuple[Level, Settled | None]:
    """One step: the scale's standing after this reading, and the new level if it is held and matters.

    A scale that swings starts the run anew at each reading outside the band.
    """
    told = standing.told
    assert told is not None, "a scale stands against a book"
    if standing.candidate is None or abs(Fraction(value) - Fraction(standing.candidate)) > tolerance / 2:
        return replace(standing, candidate=value, since=at, count=1), None
    assert standing.since is not None
    now = replace(standing, count=standing.count + 1)
    held = now.count >= READINGS and at - standing.since >= HELD_FOR
    if not held or abs(Fraction(value) - Fraction(told)) <= tolerance:
        return now, None
    return replace(now, told=value), Settled(at, value, told)


def is_at_rest(standing: Level, least: Decimal, greatest: Decimal, *, tolerance: Fraction) -> bool:
    """Whether no reading between these can be a level that matters."""
    if standing.told is None:
        return False
    low, high = _band(standing.told, tolerance)
    return least >= low and greatest <= high


@lru_cache(maxsize=4096)  # scales of the same goods stand at the same level
def _band(told: Decimal, tolerance: Fraction) -> tuple[Fraction, Fraction]:
    return Fraction(told) - tolerance, Fraction(told) + tolerance
