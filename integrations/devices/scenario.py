"""What simulated devices see: series made by rule, and the faults that are laid over them.

A series is an iterator of samples in event time. Faults are functions from series to series, so they combine: a scale
that drifts, from which bags are stolen, and which falls silent. Chance comes from a seed: the same scenario signs the
same bodies again.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from marketplace.supervision.readings.ports import Sample

Series = Iterable[Sample]
Span = tuple[datetime, datetime]


def times(start: datetime, until: datetime, every: timedelta) -> Iterator[datetime]:
    """The moments from `start`, up to but not at `until`."""
    while start < until:
        yield start
        start += every


def steady_weight(
    at: Iterable[datetime], *, kg: Decimal, noise_kg: Decimal, division_kg: Decimal, seed: int
) -> Iterator[Sample]:
    """A load at rest: Gaussian noise of standard deviation `noise_kg`, shown in steps of the scale's division."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    for moment in at:
        shown = kg + Decimal(chance.gauss(0, float(noise_kg)))
        yield Sample("weight", _in_divisions(shown, division_kg), "kg", moment)


def _in_divisions(kg: Decimal, division_kg: Decimal) -> Decimal:
    return (kg / division_kg).quantize(Decimal(1), ROUND_HALF_UP) * division_kg


def climate(at: Iterable[datetime], *, cel: Decimal, rh: Decimal, noise: Decimal, seed: int) -> Iterator[Sample]:
    """Temperature and humidity around steady values; `noise` is the standard deviation of both."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    for moment in at:
        for metric, unit, level in (("temperature", "Cel", cel), ("humidity", "%RH", rh)):
            value = (level + Decimal(chance.gauss(0, float(noise)))).quantize(Decimal("0.01"))
            yield Sample(metric, value, unit, moment)


def door(at: Iterable[datetime], *, openings: Sequence[Span]) -> Iterator[Sample]:
    """The state of a door: true while it is open."""
    for moment in at:
        yield Sample("door", any(start <= moment < until for start, until in openings), "/", moment)


def theft_by_the_bag(series: Series, *, bag_kg: Decimal, at: Sequence[datetime]) -> Iterator[Sample]:
    """One bag less on the scale from each of these moments on."""
    for sample in series:
        gone = sum(1 for moment in at if moment <= sample.at)
        yield _plus(sample, -bag_kg * gone) if sample.metric == "weight" else sample


def drift(series: Series, *, metric: str, per_day: Decimal, since: datetime) -> Iterator[Sample]:
    """A sensor that moves away from the truth by so much a day."""
    for sample in series:
        days = Decimal(max(0.0, (sample.at - since) / timedelta(days=1))).quantize(Decimal("0.000001"))
        yield _plus(sample, per_day * days) if sample.metric == metric else sample


def _plus(sample: Sample, more: Decimal) -> Sample:
    assert isinstance(sample.value, Decimal)
    return replace(sample, value=sample.value + more)


def stuck(series: Series, *, metric: str, since: datetime) -> Iterator[Sample]:
    """A sensor that goes on showing its last value."""
    last: Sample | None = None
    for sample in series:
        if sample.metric != metric:
            yield sample
            continue
        if last is None or sample.at < since:
            last = sample
        yield replace(sample, value=last.value)


def silence(series: Series, *, spans: Sequence[Span]) -> Iterator[Sample]:
    """Nothing is seen within these spans."""
    return (each for each in series if not any(start <= each.at < until for start, until in spans))
