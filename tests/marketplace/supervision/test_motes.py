"""Hours of real motes replayed as live devices under the house's own rules: each steam event is alarmed, and nothing rings where there is none.

Every file of the folder is played and judged by its own labels, so that motes which nobody has seen yet are judged by the same rules. Nothing is set for
these goods: what rings at the steam is how fast the air changes.
"""

import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.devices.recordings import MOTE_EVERY, mote
from marketplace.supervision.queries import alarms_of_lot, condition_of, series
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene, a_watching_device, signed, take

FOLDER = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "wsn"
MOTES = sorted(FOLDER.glob("*.txt"))
# Labels apart by less than this tell of one event; what it left in the air may ring until so long after it.
ONE_EVENT = timedelta(minutes=5)
FAST = {"humidity_rate", "temperature_rate"}
Span = tuple[datetime, datetime]


def events_in(labelled: list[datetime]) -> list[Span]:
    """The labelled moments as spans."""
    spans: list[Span] = []
    for at in labelled:
        if spans and at - spans[-1][1] < ONE_EVENT:
            spans[-1] = (spans[-1][0], at)
        else:
            spans.append((at, at))
    return spans


def labelled(path: Path, start: datetime) -> list[datetime]:
    """When steam was at the mote, by the last column of the data set."""
    rows = path.read_text().splitlines()[1:]
    return [start + number * MOTE_EVERY for number, row in enumerate(rows) if row.split()[-1] == "1"]


def test_labels_make_events() -> None:
    start, minute = datetime(2026, 3, 1), timedelta(minutes=1)  # noqa: DTZ001 (any moments)
    assert events_in([start, start + minute, start + 7 * minute]) == [
        (start, start + minute),
        (start + 7 * minute,) * 2,
    ]
    assert events_in([]) == []


@pytest.mark.skipif(not MOTES, reason=f"the motes are not here ({FOLDER})")
@pytest.mark.parametrize("path", MOTES, ids=lambda path: path.stem)
def test_a_mote_replayed(world: World, path: Path) -> None:
    scene = a_scene(world, amount="100.000")
    device, start = a_watching_device(scene.supervisor, scene.lot.id, kind="climate"), world.now
    samples = list(mote(path, start))
    for first in range(0, len(samples), 2400):
        call = [samples[at : at + 240] for at in range(first, min(first + 2400, len(samples)), 240)]
        world.set_clock(call[-1][-1].at)
        take(world, device, *(signed(world, device, batch, at=batch[-1].at) for batch in call))
    with scene.bank.operator.ws(read_only=True) as ws:
        told = alarms_of_lot(ws, scene.lot.id)
        assert len(series(ws, scene.lot.id, "humidity", start, world.now + MOTE_EVERY)) == len(samples) // 2
        assert condition_of(ws, scene.lot.id).coverage > Decimal("0.99")
    spans = events_in(labelled(path, start))
    for begin, end in spans:
        assert any(alarm.type in FAST and begin <= alarm.raised_at <= end for alarm in told), (
            f"steam at {begin - start} rang no bell"
        )
    strays = [one for one in told if not any(begin <= one.raised_at <= end + ONE_EVENT for begin, end in spans)]
    assert strays == [], [(one.type, one.raised_at - start) for one in strays]
