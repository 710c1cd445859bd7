"""Six hours of real motes replayed as live devices: each steam event is alarmed within its label, the quiet motes ring never."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.devices.recordings import MOTE, Table, from_table
from marketplace.supervision import actions
from marketplace.supervision.queries import alarms_of_lot, condition_of, series
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene, a_watching_device, signed, take

EVERY = timedelta(seconds=5)
# file -> rows labelled as the steam event (0-based), None where there was none
MOTES: dict[str, tuple[int, int] | None] = {
    "singlehop_indoor_moteid1_data.txt": (2343, 2459),
    "singlehop_indoor_moteid2_data.txt": None,
    "singlehop_outdoor_moteid3_data.txt": None,
    "singlehop_outdoor_moteid4_data.txt": (2361, 2392),
}


@pytest.fixture(scope="module")
def motes() -> Path:
    folder = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "wsn"
    if not folder.is_dir():
        pytest.skip(f"the motes are not here ({folder})")
    return folder


@pytest.mark.parametrize("name", MOTES)
def test_a_mote_replayed(world: World, motes: Path, name: str) -> None:
    scene = a_scene(world, amount="100.000")
    with scene.supervisor.operator.ws() as ws:
        actions.set_climate(ws, scene.lot.id, metric="humidity", low=None, high=Decimal(65), lasting_seconds=60)
    mote, start = a_watching_device(scene.supervisor, scene.lot.id, kind="climate"), world.now
    table = Table(MOTE.metrics, start=start, every=EVERY, delimiter=None)
    samples = list(from_table(motes / name, table))
    for first in range(0, len(samples), 2400):
        call = [samples[at : at + 240] for at in range(first, min(first + 2400, len(samples)), 240)]
        world.set_clock(call[-1][-1].at)
        take(world, mote, *(signed(world, mote, batch, at=batch[-1].at) for batch in call))
    with scene.bank.operator.ws(read_only=True) as ws:
        told = alarms_of_lot(ws, scene.lot.id)
        found = [alarm for alarm in told if alarm.type == "humidity"]
        assert len(series(ws, scene.lot.id, "humidity", start, world.now + EVERY)) == len(samples) // 2
        assert condition_of(ws, scene.lot.id).coverage > Decimal("0.99")
    event = MOTES[name]
    if event is None:
        assert told == []
        return
    # The house's own rules, set by nobody for these goods, ring at the steam by how fast the air changes.
    fast = [alarm for alarm in told if alarm.type in ("humidity_rate", "temperature_rate")]
    assert {alarm.type for alarm in fast} == {"humidity_rate", "temperature_rate"}
    assert all(start + event[0] * EVERY <= alarm.raised_at <= start + event[1] * EVERY for alarm in fast)
    [alarm] = found
    assert start + event[0] * EVERY <= alarm.raised_at <= start + event[1] * EVERY
    assert alarm.status == "CLEARED_UNACK"
