"""Streaming anomaly detection without look-ahead: how much a value surprises those who know only what came before it.

What is expected at this hour is what was seen at this hour on the days before (a day has 24 slots), or the level of late while there are no such days. A
residual is measured against a robust scale: the running mean of residuals, each cut at three times the scale so that an anomaly does not teach that anomalies
are normal. Single spikes are smoothed; a series that is always wild is forgiven by its own long-run surprise. Robust statistics after Huber ("Robust
Statistics", 1981, section 1.2: bounded influence); the smoothing against a long-run rate follows the idea of Lavin and Ahmad ("Evaluating real-time anomaly
detection algorithms", 2015, section IV). The constants are one set for every series.

Statistics are floats: they are no amounts, and nothing is booked by them.
"""

from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

SLOTS = 24
WARM_UP = 100  # samples: nobody is surprised before knowing anything
SETTLING = 30
CUT = 3.0  # scales: influence is bounded there
LOUDEST = 10.0  # scales: one value counts no more
PROFILE_RATE, LEVEL_RATE, SCALE_RATE = 0.08, 0.3, 0.01
SMOOTHING, LONG_RUN = 0.15, 0.003
SPAN_FORGETS = 0.0002
FINEST = 0.02  # of the span of late: what is finer is no residual


@dataclass(slots=True)
class Knowledge:
    """What is known of a series: counts, level, scales, surprise of late and in the long run, span, and the profile of a day."""

    samples: int = 0
    level: float = 0.0
    scale: float = 0.0
    lately: float = 0.0
    usually: float = 0.0
    low: float = 0.0
    high: float = 0.0
    hour: int = -1
    profile: list[float | None] = field(default_factory=lambda: [None] * SLOTS)
    days: list[int] = field(default_factory=lambda: [0] * SLOTS)


def surprise(kept: list[Any], at: datetime, value: Decimal, *, least: Decimal) -> tuple[list[Any], Decimal]:
    """One step: what is known now, and how surprising the value is: about 1 is usual, beyond 3.5 [P] is worth a look.

    `least`: a difference up to this, in the metric's unit, surprises nobody. What is kept is a plain list, empty at the beginning.
    """
    known = _known(kept)
    told = _surprised(known, at, float(value), float(least))
    _learn(known, at, float(value))
    return list(astuple(known)), Decimal(f"{told:.3f}") if known.samples > WARM_UP else Decimal(0)


def _known(kept: list[Any]) -> Knowledge:
    """As `astuple` left it. The lists are copied: what was remembered earlier stays as it was."""
    if not kept:
        return Knowledge()
    *figures, profile, days = kept
    return replace(Knowledge(*figures), profile=list(profile), days=list(days))


def _surprised(known: Knowledge, at: datetime, value: float, least: float) -> float:
    if not known.samples:
        return 0.0
    slot = at.hour
    profile = known.profile[slot] if known.days[slot] >= 2 else None
    residual = abs(value - (known.level if profile is None else profile))
    finest = max(FINEST * (known.high - known.low), 1e-9)
    scale = max(known.scale, finest)
    z = 0.0 if residual <= least else min(residual / scale, LOUDEST)
    known.scale += _rate(known.samples) * (min(residual, CUT * scale) - known.scale)
    known.lately += SMOOTHING * (z - known.lately)
    told = known.lately / (1 + max(0.0, known.usually - 1))
    known.usually += max(LONG_RUN, 1 / (known.samples + 1)) * (z - known.usually)
    return told


def _rate(samples: int) -> float:
    return 0.1 if samples <= SETTLING else max(SCALE_RATE, 1 / (samples + 1))


def _learn(known: Knowledge, at: datetime, value: float) -> None:
    slot, hour = at.hour, int(at.timestamp()) // 3600
    if hour != known.hour:
        known.days[slot] = min(known.days[slot] + 1, 9)
        known.hour = hour
    before = known.profile[slot]
    known.profile[slot] = round(value if before is None else before + PROFILE_RATE * (value - before), 6)
    first = not known.samples
    known.level = value if first else known.level + LEVEL_RATE * (value - known.level)
    known.low = value if first else min(value, known.low + SPAN_FORGETS * (value - known.low))
    known.high = value if first else max(value, known.high + SPAN_FORGETS * (value - known.high))
    known.samples = min(known.samples + 1, 1_000_000)
