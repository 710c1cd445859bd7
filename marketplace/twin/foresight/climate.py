"""How warm or damp it may get where goods lie, hour by hour, and how often such forecasts have held. Pure: hourly means in, chances out.

A day is like the day before: the forecast is what was measured at the same hour of the last day that is known, moved by how far this hour is from the same hour
yesterday, less so the farther ahead. Its width is how far such forecasts were off before, by the ranks of split conformal prediction (as in `rules`, for prices).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

from marketplace.twin.foresight.rules import LEVELS, PINBALL_AT, WINDOWS_MIN, pinball, quantile, rounded

HOURS_AHEAD = (1, 6, 24, 48)
DAY_HOURS = 24
FADING = 0.8  # how much of the difference to yesterday is left after an hour
Hourly = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class HourAhead:
    """In so many hours: the middle, and (level, low, high) of each interval, in the metric's unit."""

    hours: int
    middle: Decimal
    intervals: tuple[tuple[Decimal, Decimal, Decimal], ...]
    errors: tuple[float, ...]

    def chance_above(self, limit: Decimal) -> Decimal:
        """The chance to be above a limit at that hour: never quite nothing and never quite sure."""
        away = float(limit - self.middle)
        farther = (len(self.errors) - bisect_left(self.errors, abs(away)) + 1) / (len(self.errors) + 1) / 2
        return rounded(farther if away >= 0 else 1 - farther)

    def chance_below(self, limit: Decimal) -> Decimal:
        """The chance to be below a limit at that hour."""
        return rounded(float(1 - self.chance_above(limit)))


@dataclass(frozen=True, slots=True)
class ClimateScore:
    """How forecasts over so many hours held: as a price's score, against the bell curve around the last value."""

    hours: int
    forecasts: int
    held: dict[Decimal, Decimal]
    skill: Decimal


def ahead_of(hourly: Hourly) -> list[HourAhead]:
    """Where the metric goes after the last of these hours (None: nothing was heard in that hour). Horizons of which too little is known are left out."""
    return [found for hours in HOURS_AHEAD if (found := _ahead(hourly, hours))]


def _ahead(hourly: Hourly, hours: int) -> HourAhead | None:
    middle = _forecast(hourly, len(hourly) - 1, hours)
    errors = sorted(abs(error) for _, error, _ in _errors(hourly, hours))
    if middle is None or len(errors) < WINDOWS_MIN:
        return None
    reaches = [(level, quantile(errors, float(level))) for level in LEVELS]
    intervals = tuple((level, rounded(middle - reach), rounded(middle + reach)) for level, reach in reaches)
    return HourAhead(hours, rounded(middle), intervals, tuple(errors))


def replay(hourly: Hourly) -> list[ClimateScore]:
    """Say after each hour where the metric goes, with nothing known of the future, and see whether it went there."""
    return [found for hours in HOURS_AHEAD if (found := _replayed(list(_errors(hourly, hours)), hours))]


def _replayed(told: Sequence[tuple[int, float, float]], hours: int) -> ClimateScore | None:
    known: list[float] = []
    held, many, loss, naive_loss, squares = dict.fromkeys(LEVELS, 0), 0, 0.0, 0.0, 0.0
    waiting = 0
    for hour, error, naive_error in told:
        while told[waiting][0] + hours <= hour:  # only what had come by then
            insort(known, abs(told[waiting][1]))
            squares += told[waiting][2] ** 2
            waiting += 1
        if len(known) < WINDOWS_MIN:
            continue
        many += 1
        for level in LEVELS:
            held[level] += abs(error) <= quantile(known, float(level))
        usual = sqrt(squares / len(known)) or 1e-9
        for share in PINBALL_AT:
            reach = quantile(known, abs(2 * share - 1)) if share != 0.5 else 0.0
            loss += pinball(share, error, reach if share > 0.5 else -reach)
            naive_loss += pinball(share, naive_error, NormalDist().inv_cdf(share) * usual)
    if not many:
        return None
    shares = {level: rounded(times / many) for level, times in held.items()}
    return ClimateScore(hours, many, shares, rounded(1 - loss / naive_loss) if naive_loss else Decimal(0))


def _errors(hourly: Hourly, hours: int) -> Iterator[tuple[int, float, float]]:
    """(hour, what came less what was forecast then, what came less what was measured then), wherever all of it is known."""
    for hour in range(DAY_HOURS, len(hourly) - hours):
        said, came, was = _forecast(hourly, hour, hours), hourly[hour + hours], hourly[hour]
        if said is not None and came is not None and was is not None:
            yield hour, came - said, came - was


def _forecast(hourly: Hourly, hour: int, hours: int) -> float | None:
    """What is said at an hour of so many hours later; nothing where the hours that it rests on were not heard."""
    days_back = -(-hours // DAY_HOURS)
    like = hour + hours - days_back * DAY_HOURS
    if hour < DAY_HOURS or like < 0:
        return None
    same, now, yesterday = hourly[like], hourly[hour], hourly[hour - DAY_HOURS]
    if same is None or now is None or yesterday is None:
        return None
    return same + (now - yesterday) * FADING**hours
