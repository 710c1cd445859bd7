"""Rounds: product and limit take turns in one run, and only their ratio is kept, so that a busy neighbour slows both alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """One side of a comparison over all rounds: operations a second, and the median and 99th percentile of single times in ms."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Comparison:
    """The product beside its limit."""

    title: str
    product: Timed
    limit: Timed
    ratio: float
    goal: str
    note: str = ""

    def as_line(self) -> str:
        """One line of the report."""
        return (
            f"{self.title}\n"
            f"  product  {self.product.name:<44} {self.product.per_second:>12,.0f}/s   p50 {self.product.p50_ms:.2f} ms   p99 {self.product.p99_ms:.2f} ms\n"
            f"  limit    {self.limit.name:<44} {self.limit.per_second:>12,.0f}/s   p50 {self.limit.p50_ms:.2f} ms   p99 {self.limit.p99_ms:.2f} ms\n"
            f"  ratio    {self.ratio:.3f} of the limit (median of rounds)   goal {self.goal}"
            + (f"\n  note     {self.note}" if self.note else "")
        )


def interleave(
    title: str,
    product: tuple[str, Callable[[], int]],
    limit: tuple[str, Callable[[], int]],
    *,
    rounds: int = 5,
    seconds: float = 1.5,
    goal: str,
    note: str = "",
) -> Comparison:
    """Run both sides in turn. Each callable does some operations and returns how many."""
    rates: dict[str, list[float]] = {"product": [], "limit": []}
    times: dict[str, list[float]] = {"product": [], "limit": []}
    for one in (product, limit):
        one[1]()  # warm
    for _ in range(rounds):
        for side, (_, run) in (("product", product), ("limit", limit)):
            rate, singles = _run(run, seconds)
            rates[side].append(rate)
            times[side] += singles
    ratios = [mine / theirs for mine, theirs in zip(rates["product"], rates["limit"], strict=True)]
    return Comparison(
        title,
        _timed(product[0], rates["product"], times["product"]),
        _timed(limit[0], rates["limit"], times["limit"]),
        statistics.median(ratios),
        goal,
        note,
    )


def _run(run: Callable[[], int], seconds: float) -> tuple[float, list[float]]:
    done, singles, begun = 0, [], time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        count = run()
        singles.append((time.perf_counter() - now) * 1000 / max(count, 1))
        done += count
    return done / (time.perf_counter() - begun), singles


def _timed(name: str, rates: list[float], singles: list[float]) -> Timed:
    ordered = sorted(singles)
    return Timed(
        name,
        statistics.median(rates),
        statistics.median(ordered),
        ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
    )
