"""The same noise twice is a reason to look: at a device that repeats another's figures, or its own of yesterday; and at none that merely stands still."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.queries import list_alarms
from marketplace.supervision.watching.echoes import FIGURES_LEAST, look_for_echoes
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values

STEP = timedelta(seconds=30)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def noise(seed: int, figures: int = FIGURES_LEAST) -> list[Decimal]:
    """What a thermometer of a hundredth of a degree says of a quiet hall."""
    drawn = random.Random(seed)
    return [Decimal(2100 + drawn.randrange(40)) / 100 for _ in range(figures)]


def hears(scene: Scene, device: SimulatedDevice, said: list[Decimal]) -> datetime:
    start = scene.world.now + STEP
    say(scene.world, device, values("temperature", "Cel", start, said, every=STEP))
    return start


def suspects(scene: Scene) -> list[tuple[object, str]]:
    with scene.supervisor.operator.ws() as ws:
        look_for_echoes(ws)
    with scene.bank.operator.ws(read_only=True) as ws:
        return [(one.device_id, one.severity) for one in list_alarms(ws) if one.type == "replay"]


def thermometers(scene: Scene) -> tuple[SimulatedDevice, SimulatedDevice]:
    one, other = (a_watching_device(scene.supervisor, scene.lot.id, kind="climate") for _ in range(2))
    return one, other


def test_a_device_that_says_what_another_said_is_told_and_the_other_is_not(scene: Scene) -> None:
    honest, copier = thermometers(scene)
    before = hears(scene, honest, noise(1))
    hears(scene, copier, noise(1))
    assert suspects(scene) == [(copier.device_id, "MAJOR")]
    with scene.bank.operator.ws(read_only=True) as ws:
        [alarm] = [one for one in list_alarms(ws) if one.type == "replay"]
        assert (alarm.lot_id, alarm.facts["before"]) == (scene.lot.id, before.isoformat())
        assert "another device" in alarm.because, "whose it is, is for who keeps them"
    assert suspects(scene) == [(copier.device_id, "MAJOR")], "one alarm, however often it is looked for"


def test_a_device_that_repeats_its_own_day_is_told_by_the_nightly_look(scene: Scene) -> None:
    device, _ = thermometers(scene)
    hears(scene, device, noise(2))
    scene.world.advance(timedelta(hours=20))
    hears(scene, device, noise(2))
    scene.world.advance(timedelta(hours=12))
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = [one for one in list_alarms(ws) if one.type == "replay"]
        assert "itself" in alarm.because


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([Decimal("21.5")] * 40, id="a steady one"),
        pytest.param([Decimal("21.5"), Decimal("21.6")] * 20, id="one between two figures"),
        pytest.param(noise(3, FIGURES_LEAST - 1), id="too few figures to tell"),
    ],
)
def test_what_repeats_itself_honestly_is_no_suspect(scene: Scene, said: list[Decimal]) -> None:
    for device in thermometers(scene):
        hears(scene, device, said)
    assert suspects(scene) == []


def test_two_that_measure_the_same_hall_are_no_suspects(scene: Scene) -> None:
    for seed, device in enumerate(thermometers(scene)):
        hears(scene, device, noise(seed))
        hears(scene, device, noise(seed + 10))
    assert suspects(scene) == []
