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
from itertools import pairwise

from marketplace.supervision.readings.ports import Sample

METRES_PER_DEGREE = Decimal(111_320)
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


def states(at: Iterable[datetime], *, metric: str, held: Sequence[Span], otherwise: bool = False) -> Iterator[Sample]:
    """Any state, such as smoke or mains power: within the spans the opposite of `otherwise`."""
    for moment in at:
        yield Sample(metric, any(start <= moment < until for start, until in held) is not otherwise, "/", moment)


def battery(at: Iterable[datetime], *, percent: Decimal, per_day: Decimal) -> Iterator[Sample]:
    """What is left in a battery that loses so much a day, in per cent."""
    first: datetime | None = None
    for moment in at:
        first = first or moment
        left = percent - per_day * Decimal((moment - first) / timedelta(days=1))
        yield Sample("battery", max(Decimal(0), left).quantize(Decimal("0.1")), "%EL", moment)


def position(
    at: Iterable[datetime], *, north: Decimal, east: Decimal, off_m: Decimal, network_off_m: Decimal, seed: int
) -> Iterator[Sample]:
    """Where a receiver says it is and where the network saw it, each with the error that it owns up to and strays within."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    for moment in at:
        for who, error, off in (("", "position_error", off_m), ("network_", "network_error", network_off_m)):
            for metric, unit, place in (("latitude", "lat", north), ("longitude", "lon", east)):
                yield Sample(f"{who}{metric}", _strayed(place, off, chance), unit, moment)
            yield Sample(error, off, "m", moment)


def drive(
    at: Iterable[datetime], *, way: Sequence[tuple[datetime, Decimal, Decimal]], off_m: Decimal, openings: Sequence[Span], seed: int
) -> Iterator[Sample]:  # fmt: skip
    """A vehicle that is at these places at these moments and drives straight and evenly between them, with the state of its door."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    for moment in at:
        north, east = _on_the_way(way, moment)
        yield Sample("latitude", _strayed(north, off_m, chance), "lat", moment)
        yield Sample("longitude", _strayed(east, off_m, chance), "lon", moment)
        yield Sample("position_error", off_m, "m", moment)
        yield Sample("door", any(start <= moment < until for start, until in openings), "/", moment)


def _on_the_way(way: Sequence[tuple[datetime, Decimal, Decimal]], at: datetime) -> tuple[Decimal, Decimal]:
    if at <= way[0][0]:
        return way[0][1:]
    for (left, north, east), (reached, other_north, other_east) in pairwise(way):
        if at <= reached:
            share = Decimal((at - left) / (reached - left))
            return north + share * (other_north - north), east + share * (other_east - east)
    return way[-1][1:]


def _strayed(place: Decimal, off_m: Decimal, chance: random.Random) -> Decimal:
    """Degrees, a little off: by half of the error at most on either axis."""
    return (place + off_m / METRES_PER_DEGREE * Decimal(chance.uniform(-0.5, 0.5))).quantize(Decimal("0.000001"))


def spoof(series: Series, *, since: datetime, north: Decimal, east: Decimal, seed: int) -> Iterator[Sample]:
    """A receiver that is shown another sky: from then on it says that it is there, wherever it goes. The network is not deceived."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    shown = {"latitude": north, "longitude": east}
    for sample in series:
        deceived = sample.at >= since and sample.metric in shown
        yield replace(sample, value=_strayed(shown[sample.metric], Decimal(5), chance)) if deceived else sample


def swap(series: Series, *, since: datetime, lasting: timedelta, by_kg: Decimal) -> Iterator[Sample]:
    """The goods are lifted off, and others are put in their place that weigh so much more or less."""
    for sample in series:
        if sample.metric != "weight" or sample.at < since:
            yield sample
        elif sample.at < since + lasting:
            yield replace(sample, value=Decimal(0))
        else:
            yield _plus(sample, by_kg)


def shift(
    series: Series, *, metric: str, by: Decimal, spans: Sequence[Span], over: timedelta = timedelta(0)
) -> Iterator[Sample]:
    """Within these spans a metric is higher by so much: somebody who stands on the scale, or a warm hour, which comes and goes slowly (`over`)."""
    for sample in series:
        if sample.metric == metric:
            share = sum((_share(sample.at, span, over) for span in spans), Decimal(0))
            yield _plus(sample, (by * share).quantize(Decimal("0.01"))) if share else sample
        else:
            yield sample


def _share(at: datetime, span: Span, over: timedelta) -> Decimal:
    """How much of a shift there is: nothing outside of its span, all of it in the middle, and rising or falling in a straight line at its ends."""
    start, until = span
    if not start <= at < until:
        return Decimal(0)
    return min(Decimal(1), Decimal(min(at - start, until - at) / over)) if over else Decimal(1)


def spike(series: Series, *, metric: str, by: Decimal, at: Sequence[datetime]) -> Iterator[Sample]:
    """One single reading that is off by so much, at the first look after each of these moments: a passing truck, a loose wire."""
    due = sorted(at, reverse=True)
    for sample in series:
        if due and sample.metric == metric and sample.at >= due[-1]:
            due.pop()
            yield _plus(sample, by)
        else:
            yield sample


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
