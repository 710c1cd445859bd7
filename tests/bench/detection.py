"""How well the house tells what is unusual from what is not, on series that others labelled: not how fast, but how right. Needs the data beside the checkout."""

from dataclasses import dataclass

from tests.bench.world import Bench
from tests.marketplace.supervision.test_anomalies import BENCHMARK, Tally, replayed, together


@dataclass(frozen=True)
class Judged:
    """What was found in each series, and in all."""

    series: dict[str, Tally]

    def told(self) -> str:
        """A line a series, windows found of those there are, false alarms; then precision, recall and NAB's score of all."""
        lines = [
            f"{name:<54}{one.found:>3} of {one.found + one.missed}{one.false:>4} false"
            for name, one in self.series.items()
        ]
        return "\n  ".join(
            ["Anomalies in labelled series, one record at a time", *lines, together(self.series.values()).told()]
        )


def compare(_bench: Bench) -> list[Judged]:
    """Nothing is compared: no limit stands beside a judgement."""
    return [Judged(dict(replayed(BENCHMARK)))] if BENCHMARK.is_dir() else []
