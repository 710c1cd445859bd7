"""What a chart of one or two values shows: the chart's own rule, run by node, without a browser."""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[3] / "frontend/assets"
HOUR = 3600
NOON = 1_795_000_000


@cache
def rule() -> str:
    """The rule as node takes it: its types left out by the bundler that builds the pages."""
    bundled = [ASSETS / "node_modules/.bin/esbuild", "elements/chart-span.ts", "--format=esm"]
    return subprocess.run(bundled, cwd=ASSETS, capture_output=True, text=True, check=True).stdout


def asked(call: str) -> object:
    """What the rule answers."""
    script = f"{rule()}\nconsole.log(JSON.stringify({call}));"
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("at", "told", "span"),
    [
        # A library that is given one moment tells of years around it: they are not asked for.
        ([NOON], (NOON, NOON + 800 * 24 * HOUR), [NOON - HOUR // 2, NOON + HOUR // 2]),
        ([NOON, NOON], (NOON, NOON), [NOON - HOUR // 2, NOON + HOUR // 2]),
        ([NOON, NOON + 60], (NOON, NOON + 60), [NOON, NOON + 60]),
        ([NOON, NOON + HOUR], (NOON + 60, NOON + 120), [NOON + 60, NOON + 120]),
    ],
)
def test_the_axis_is_as_wide_as_what_it_shows(at: list[int], told: tuple[int, int], span: list[int]) -> None:
    assert asked(f"spanOf({at}, {told[0]}, {told[1]})") == span


def test_charts_under_each_other_share_a_span_whatever_each_has() -> None:
    whole = [NOON - HOUR, NOON + HOUR]
    for at in ([NOON], [NOON, NOON + 60]):
        assert asked(f"spanOf({at}, {at[0]}, {at[-1]}, {whole})") == whole
    assert asked(f"spanOf([{NOON}, {NOON + 60}], {NOON + 10}, {NOON + 20}, {whole})") == [NOON + 10, NOON + 20]


@pytest.mark.parametrize(
    ("values", "dots"),
    [("[]", []), ("[5]", [0]), ("[5, 6]", []), ("[5, null, 0, null, 7, 8]", [0, 2]), ("[null, null]", [])],
)
def test_a_value_without_a_neighbour_is_a_dot(values: str, dots: list[int]) -> None:
    assert asked(f"lonely({values})") == dots
