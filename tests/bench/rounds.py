"""Rounds: product and limit take turns in one run, and only their ratio is kept, so that a busy neighbour slows both alike."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.meter import Meter

WIDTH = 46


@dataclass(frozen=True)
class Pace:
    """How long is measured."""

    rounds: int = 5
    seconds: float = 1.5


@dataclass(frozen=True)
class Work:
    """What a step did: so many operations, and how long each of those who waited for it had to wait, in milliseconds."""

    operations: int
    waits_ms: Sequence[float] = ()


@dataclass(frozen=True)
class Side:
    """The product, or its limit. `prepare` makes what `step` is given, and is not timed: what devices sign is not our work."""

    name: str
    step: Callable[[Any], Work]
    prepare: Callable[[], Any] = lambda: None


@dataclass
class Tally:
    """What one side did over all rounds."""

    name: str
    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def run(self, side: Side, seconds: float, *servers: int) -> None:
        """One turn: steps until so many seconds of them are over."""
        done, elapsed, used = 0, 0.0, 0.0
        while elapsed < seconds or not done:
            given = side.prepare()
            with Meter(*servers) as meter:
                begun = time.perf_counter()
                work = side.step(given)
                took = time.perf_counter() - begun
            done, elapsed, used = done + work.operations, elapsed + took, used + meter.used_us
            self.waits_ms.extend(work.waits_ms or [took * 1000])
        self.rates.append(done / elapsed)
        self.processor.append(used / done)

    @property
    def rate(self) -> float:
        """Operations a second, the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def processor_us(self) -> float:
        """Processor time of one operation, the median of the rounds, in microseconds."""
        return statistics.median(self.processor)

    def wait(self, share: float) -> float:
        """How long the given share of all waits took at most, in milliseconds."""
        ordered = sorted(self.waits_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def told(self) -> str:
        """One line of the table."""
        return f"{self.name:<{WIDTH}}{self.rate:>12,.0f}{self.wait(0.5):>11.2f}{self.wait(0.99):>11.2f}{self.processor_us:>12,.1f}"


@dataclass
class Comparison:
    """The product beside its limit. `notes` says what was checked, how it grows, and what else one has to know."""

    title: str
    goal: str
    product: Tally
    limit: Tally
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The product's rate as a share of the limit's, the median of the rounds."""
        return statistics.median(self._ratios)

    @property
    def _ratios(self) -> list[float]:
        return [mine / theirs for mine, theirs in zip(self.product.rates, self.limit.rates, strict=True)]

    def told(self) -> str:
        """The comparison as a small table."""
        head = f"{'':<{WIDTH}}{'a second':>12}{'p50 ms':>11}{'p99 ms':>11}{'CPU us/op':>12}"
        spread = f"rounds {min(self._ratios):.3f} to {max(self._ratios):.3f}"
        by_processor = self.limit.processor_us / self.product.processor_us
        ratio = f"ratio {self.ratio:.3f} ({spread}; by processor time {by_processor:.3f}), goal {self.goal}"
        return "\n  ".join([self.title, head, self.product.told(), self.limit.told(), ratio, *self.notes])


def interleave(
    title: str,
    product: Side,
    limit: Side,
    *,
    goal: str,
    pace: Pace,
    server: int,
    web: int | None = None,
    notes: Sequence[str] = (),
) -> Comparison:
    """Let both sides take turns. `web`: the process of a web server that works for them beside the database's."""
    servers = [server] if web is None else [server, web]
    compared = Comparison(title, goal, Tally(product.name), Tally(limit.name), list(notes))
    for side in (product, limit):
        side.step(side.prepare())  # warm
    for _ in range(pace.rounds):
        compared.product.run(product, pace.seconds, *servers)
        compared.limit.run(limit, pace.seconds, *servers)
    return compared


def alone(side: Side, seconds: float, *servers: int) -> Tally:
    """One side for one turn: to see how it grows."""
    side.step(side.prepare())
    tally = Tally(side.name)
    tally.run(side, seconds, *servers)
    return tally
