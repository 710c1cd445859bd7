"""The streaming detector over labelled series that others published, one record at a time and without a look ahead; precision, recall and NAB's own score.

The scoring is that of Lavin and Ahmad ("Evaluating real-time anomaly detection algorithms - the Numenta Anomaly Benchmark", 2015, section III), standard
profile: an early find within a window earns most, a false alarm costs 0.11, a missed window 1; the first 15 per cent of a series are for learning.
"""

import csv
import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marketplace.supervision.rules.breaches import Change, Observation, WindowState, breach
from marketplace.supervision.rules.defaults import SETTINGS
from marketplace.supervision.rules.limits import Between
from marketplace.supervision.rules.surprise import surprise

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


@pytest.fixture(scope="module")
def benchmark() -> Path:
    folder = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "nab"
    if not folder.is_dir():
        pytest.skip(f"the labelled series are not here ({folder})")
    return folder


def read(path: Path) -> list[tuple[datetime, Decimal]]:
    with path.open(newline="") as file:
        return [(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC), Decimal(row["value"])) for row in csv.DictReader(file)]  # fmt: skip


def test_labelled_series_replayed(benchmark: Path) -> None:
    tally = Tally()
    for name, spans in json.loads((benchmark / "windows.json").read_text()).items():
        rows = read(benchmark / "data" / name)
        moments = [[datetime.fromisoformat(edge).replace(tzinfo=UTC) for edge in span] for span in spans]
        windows = [(next(n for n, row in enumerate(rows) if row[0] >= start), max(n for n, row in enumerate(rows) if row[0] <= end)) for start, end in moments]  # fmt: skip
        before = tally.false
        tell(tally, alarms(rows), windows, min(int(0.15 * len(rows)), 750))
        if not windows and "NoAnomaly" in name:
            assert tally.false == before, f"{name} is a series without an anomaly"
    precision, recall = tally.found / (tally.found + tally.false), tally.found / (tally.found + tally.missed)
    print(f"\nNAB {tally.nab:.1f}, precision {precision:.2f}, recall {recall:.2f}, false alarms {tally.false}")
    assert tally.nab > 55
    assert recall >= 0.7
    assert precision >= 0.3


def test_a_detector_that_never_rings_scores_nothing_and_a_perfect_one_everything() -> None:
    silent, perfect = Tally(), Tally()
    for tally, raised in ((silent, []), (perfect, [200])):
        tell(tally, raised, [(200, 300)], 150)
    assert (silent.nab, perfect.nab) == (0, 100)
