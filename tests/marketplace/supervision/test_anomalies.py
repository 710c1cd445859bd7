"""The streaming detector over labelled series that others published, one record at a time and without a look ahead; precision, recall and NAB's own score.

The scoring is that of Lavin and Ahmad ("Evaluating real-time anomaly detection algorithms - the Numenta Anomaly Benchmark", 2015, section III), standard
profile: an early find within a window earns most, a false alarm costs 0.11, a missed window 1; the first 15 per cent of a series are for learning.
"""

import csv
import json
import math
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marketplace.supervision.rules.breaches import Change, Observation, WindowState, breach
from marketplace.supervision.rules.defaults import SETTINGS
from marketplace.supervision.rules.limits import Between
from marketplace.supervision.rules.surprise import surprise

BENCHMARK = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "nab"
FALSE_COST = 0.11
Window = tuple[int, int]


@dataclass
class Tally:
    """Windows found and missed, false alarms, and NAB's raw score."""

    found: int = 0
    missed: int = 0
    false: int = 0
    raw: float = 0.0

    @property
    def nab(self) -> float:
        """0 for a detector that never rings, 100 for one that rings at the first moment of each window and never else."""
        windows = self.found + self.missed
        return 100 * (self.raw + windows) / (2 * windows)

    @property
    def precision(self) -> float:
        """The share of what rang that was a window. Of a detector that never rings: nothing was wrong."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """The share of windows that rang."""
        return self.found / (self.found + self.missed)

    def told(self) -> str:
        """In one line."""
        return (
            f"NAB {self.nab:.1f}, precision {self.precision:.2f}, recall {self.recall:.2f}, false alarms {self.false}"
        )


def sigmoid(place: float) -> float:
    """NAB's weight of an alarm at this place relative to a window's end."""
    return -1.0 if place > 3 else 2 / (1 + math.exp(5 * place)) - 1


def alarms(rows: list[tuple[datetime, Decimal]]) -> list[int]:
    """The records at which the anomaly alarm of the house's default setting is raised, each judged as it comes."""
    setting = SETTINGS["count_anomaly"]
    assert setting.high
    limit, state, kept, raised = Between(None, setting.high, setting.high / 2), WindowState(), list[Any](), []
    for place, (at, value) in enumerate(rows):
        kept, told = surprise(kept, at, value, least=Decimal(0))
        if state.last is not None and at <= state.last.at:
            continue
        state, change = breach(setting.rule, limit, state, Observation(at, (place,), told))
        raised += [place] if change is Change.RAISED else []
    return raised


def tell(tally: Tally, raised: list[int], windows: list[Window], learning: int) -> None:
    met: dict[Window, int] = {}
    for place in (one for one in raised if one >= learning):
        window = next((one for one in windows if one[0] <= place <= one[1]), None)
        if window:
            met.setdefault(window, place)
            continue
        before = [one for one in windows if one[1] < place]
        tally.false += 1
        tally.raw += FALSE_COST * (sigmoid((place - before[-1][1]) / (before[-1][1] - before[-1][0])) if before else -1)
    tally.found += len(met)
    tally.missed += len(windows) - len(met)
    tally.raw += sum(sigmoid(-(end - place + 1) / (end - start + 1)) / sigmoid(-1) for (start, end), place in met.items())  # fmt: skip
    tally.raw -= len(windows) - len(met)


def read(path: Path) -> list[tuple[datetime, Decimal]]:
    with path.open(newline="") as file:
        return [(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC), Decimal(row["value"])) for row in csv.DictReader(file)]  # fmt: skip


def replayed(folder: Path) -> Iterator[tuple[str, Tally]]:
    """Each series of the folder with what was found in it; whatever series are there, judged by their own windows."""
    for name, spans in json.loads((folder / "windows.json").read_text()).items():
        rows, tally = read(folder / "data" / name), Tally()
        moments = [[datetime.fromisoformat(edge).replace(tzinfo=UTC) for edge in span] for span in spans]
        windows = [(next(n for n, row in enumerate(rows) if row[0] >= start), max(n for n, row in enumerate(rows) if row[0] <= end)) for start, end in moments]  # fmt: skip
        tell(tally, alarms(rows), windows, min(int(0.15 * len(rows)), 750))
        yield name, tally


def together(tallies: Iterable[Tally]) -> Tally:
    """All series as one."""
    whole = Tally()
    for one in tallies:
        whole = Tally(whole.found + one.found, whole.missed + one.missed, whole.false + one.false, whole.raw + one.raw)
    return whole


@pytest.mark.skipif(not BENCHMARK.is_dir(), reason=f"the labelled series are not here ({BENCHMARK})")
def test_labelled_series_replayed() -> None:
    found = dict(replayed(BENCHMARK))
    assert [name for name, one in found.items() if not (one.found or one.missed) and one.false] == [], (
        "nothing is wrong in these series"
    )
    whole = together(found.values())
    print(f"\n{whole.told()}")
    assert whole.nab > 55
    assert whole.recall >= 0.7
    assert whole.precision >= 0.3


KINDS = {
    # usual level by share of the day, noise, and what the anomaly adds
    "traffic": (lambda day: 60 + 20 * math.sin(2 * math.pi * day), 6.0, -45.0),
    "load": (lambda _day: 30.0, 2.0, 25.0),
    "counts": (lambda day: 20 + 15 * math.sin(2 * math.pi * day), 3.0, 70.0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_series_that_nobody_tuned_anything_to(kind: str) -> None:
    """Two weeks at five minutes drawn by chance, an hour or two of them wrong: found whatever the seed, and hardly anything else."""
    usual, noise, wrong = KINDS[kind]
    tally = Tally()
    for seed in range(2):
        chance = random.Random(seed)
        begin = chance.randrange(2000, 3700)
        told = [
            usual(n % 288 / 288) + chance.gauss(0, noise) + (wrong if begin <= n < begin + 60 else 0)
            for n in range(4032)
        ]
        start = datetime(2026, 4, 1, tzinfo=UTC)
        rows = [(start + n * timedelta(minutes=5), Decimal(f"{value:.3f}")) for n, value in enumerate(told)]
        tell(tally, alarms(rows), [(begin - 50, begin + 200)], 600)
    assert (tally.found, tally.missed) == (2, 0)
    assert tally.false <= 2


def test_a_detector_that_never_rings_scores_nothing_and_a_perfect_one_everything() -> None:
    silent, perfect = Tally(), Tally()
    for tally, raised in ((silent, []), (perfect, [200])):
        tell(tally, raised, [(200, 300)], 150)
    assert (silent.nab, perfect.nab) == (0, 100)
