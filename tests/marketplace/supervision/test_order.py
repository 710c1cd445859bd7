"""Whatever the line does to messages (repeat, reorder, delay, lose), the same rows and the same alarms come of them."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.models.readings import BatchPlace
from marketplace.supervision.queries import alarms_of_lot, fates_of, latest_readings, series, watched_device
from marketplace.supervision.readings.ports import Continuity, SignedBatch
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, signed, take, weights

BOOK = 498750
MINUTE = timedelta(minutes=1)
# Two thefts with a return between them, a swing that settles nowhere: raised, cleared, raised again.
STORY = [
    0,
    0,
    -200,
    150,
    -2100,
    -2200,
    -2100,
    -1900,
    -300,
    0,
    100,
    0,
    -50,
    20,
    0,
    30,
    0,
    0,
    -4000,
    2500,
    -9000,
    -9100,
    -9050,
    -9060,
]


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def told(scene: Scene) -> tuple[SimulatedDevice, list[SignedBatch]]:
    """A device's story: a batch a minute with three readings, all signed before any arrives."""
    device = a_watching_device(scene.supervisor, scene.lot.id)
    start = scene.world.now
    scene.world.advance(len(STORY) * MINUTE)
    batches = [
        signed(
            scene.world,
            device,
            weights(start + n * MINUTE, [BOOK + off, BOOK + off + 10, BOOK + off - 10]),
            at=start + (n + 1) * MINUTE,
        )
        for n, off in enumerate(STORY)
    ]
    return device, batches


def outcome(scene: Scene, start: datetime) -> dict[str, Any]:
    """All that a bank sees of it, and where the rules stand."""
    with scene.bank.operator.ws(read_only=True) as ws:
        [latest] = latest_readings(ws, scene.lot.id)
        return {
            "series": series(ws, scene.lot.id, "weight", start, start + timedelta(days=1)),
            "alarms": sorted(
                (alarm.type, alarm.raised_at, alarm.cleared_at, alarm.status)
                for alarm in alarms_of_lot(ws, scene.lot.id)
            ),
            "latest": (latest.value, latest.at),
        }


def rebased(seen: dict[str, Any], start: datetime) -> dict[str, Any]:
    """The same with times counted from the story's beginning, so that two runs compare."""
    return {
        "series": [(at - start, value) for at, value in seen["series"]],
        "alarms": [
            (kind, raised - start, cleared and cleared - start, status)
            for kind, raised, cleared, status in seen["alarms"]
        ],
        "latest": (seen["latest"][0], seen["latest"][1] - start),
    }


def run(scene: Scene, calls: Sequence[Sequence[int]]) -> dict[str, Any]:
    device, batches = told(scene)
    start = scene.world.now - len(STORY) * MINUTE
    for call in calls:
        take(scene.world, device, *(batches[n] for n in call))
    return rebased(outcome(scene, start), start)


@pytest.fixture
def on_time(scene: Scene) -> dict[str, Any]:
    return run(scene, [[n] for n in range(len(STORY))])


def test_the_story_itself(on_time: dict[str, Any]) -> None:
    assert [(kind, status) for kind, *_, status in on_time["alarms"]] == [
        ("weight_change", "CLEARED_UNACK"),
        ("weight_change", "ACTIVE_UNACK"),
    ]
    assert len(on_time["series"]) == 3 * len(STORY)


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_and_doubled_within_patience_it_ends_the_same(
    world: World, on_time: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    order = [n for n in range(len(STORY)) for _ in range(chance.choice((1, 1, 2)))]
    chance.shuffle(order)
    calls, size = [], 0
    while size < len(order):
        step = chance.randint(1, 5)
        calls.append(order[size : size + step])
        size += step
    assert run(a_scene(world), calls) == on_time


def test_all_at_once_backwards(world: World, on_time: dict[str, Any]) -> None:
    assert run(a_scene(world), [list(reversed(range(len(STORY))))]) == on_time


def test_a_gap_holds_the_rules_until_it_is_filled(scene: Scene) -> None:
    device, batches = told(scene)
    take(scene.world, device, *batches[:4], *batches[5:9])
    with scene.bank.operator.ws(read_only=True) as ws:
        assert alarms_of_lot(ws, scene.lot.id) == []
        assert len(latest_readings(ws, scene.lot.id)) == 1, "shown at once; only the rules wait"
    [late] = take(scene.world, device, batches[4])
    assert late.kind is Continuity.LATE
    with scene.bank.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
    assert alarm.raised_at == batches[4].samples[2].at


def test_a_gap_that_is_not_filled_is_an_alarm_and_the_rules_go_on(scene: Scene) -> None:
    device, batches = told(scene)
    take(scene.world, device, *batches[:3], *batches[5:8])
    scene.world.advance(timedelta(minutes=3))
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        kinds = {alarm.type: alarm for alarm in alarms_of_lot(ws, scene.lot.id)}
        assert watched_device(ws, device.device_id).state.missing == 2
    assert set(kinds) >= {"gap", "weight_change"}
    assert kinds["gap"].severity == "MINOR"
    assert kinds["gap"].facts["missing"] == "2" or kinds["gap"].facts["missing"] == 2


def test_what_comes_after_patience_is_folded_where_it_belongs(scene: Scene) -> None:
    """The first two minutes of the theft are missing, so the alarm is late; when they come it is told anew at its true time."""
    device, batches = told(scene)
    take(scene.world, device, *batches[:4], *batches[6:9])
    scene.world.advance(timedelta(minutes=3))
    scene.world.work()
    take(scene.world, device, batches[5], batches[4])
    take(scene.world, device, *batches[9:])
    with scene.supervisor.operator.ws(read_only=True) as ws:
        raised = {alarm.raised_at for alarm in alarms_of_lot(ws, scene.lot.id) if alarm.type == "weight_change"}
        active = [alarm.raised_at for alarm in alarms_of_lot(ws, scene.lot.id) if alarm.is_active]
        assert watched_device(ws, device.device_id).state.missing == 0
    assert batches[4].samples[2].at in raised, "the theft's true beginning"
    assert active == [batches[18].samples[2].at], "and only the second theft still holds"


def test_a_conflict_stores_nothing_and_a_cut_chain_is_stored_and_both_are_told(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    twin = SimulatedDevice(device.device_id, device.tenant_id, device.key)
    mine = signed(scene.world, device, weights(scene.world.now, [BOOK]))
    other = signed(scene.world, twin, weights(scene.world.now, [BOOK - 77]))
    assert [one.kind for one in take(scene.world, device, mine, other)] == [Continuity.FIRST, Continuity.CONFLICT]
    twin.sequence, twin.previous = 1, b"\x01" * 32
    cut = signed(scene.world, twin, weights(scene.world.now, [BOOK]))
    assert take(scene.world, device, cut)[0].kind is Continuity.BROKEN
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
        assert (alarm.type, alarm.severity, alarm.repeats) == ("tamper", "CRITICAL", 1)
        assert fates_of(ws, device.device_id) == {"first": 1, "conflict": 1, "broken": 1}
        places = ws.session.query(BatchPlace).filter_by(device_id=device.device_id).count()
    assert places == 2


def test_a_restart_with_lost_memory_goes_on(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    take(scene.world, device, signed(scene.world, device, weights(scene.world.now, [BOOK])))
    device.restart(remembers=False)
    [found] = take(scene.world, device, signed(scene.world, device, weights(scene.world.now, [BOOK - 30000] * 4)))
    assert found.kind is Continuity.REBOOTED
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert [alarm.type for alarm in alarms_of_lot(ws, scene.lot.id)] == ["weight_change"]


def test_a_clock_set_back_gives_evidence_and_no_second_finding(scene: Scene) -> None:
    device, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    scene.world.advance(timedelta(hours=1))
    take(scene.world, device, signed(scene.world, device, weights(start + 30 * MINUTE, [BOOK] * 3)))
    take(scene.world, device, signed(scene.world, device, weights(start, [BOOK - 30000] * 3)))
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert alarms_of_lot(ws, scene.lot.id) == []
        points = series(ws, scene.lot.id, "weight", start, start + timedelta(hours=2))
        [latest] = latest_readings(ws, scene.lot.id)
    assert [value for _, value in points] == [Decimal(BOOK - 30000)] * 3 + [Decimal(BOOK)] * 3
    assert latest.value == BOOK
