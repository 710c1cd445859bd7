"""A lost gateway is one alarm, not one for each device behind it; what they watch is unknown meanwhile, and theft is not bought by a cut cable."""

from datetime import timedelta

import pytest

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.queries import alarms_of_lot, condition_of, latest_readings
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values, weights

MINUTE = timedelta(minutes=1)
BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def a_site(scene: Scene) -> tuple[SimulatedDevice, SimulatedDevice, SimulatedDevice]:
    """A gateway, a scale and a climate sensor that all spoke just now."""
    gateway, scale, air = (
        a_watching_device(scene.supervisor, scene.lot.id, kind=kind) for kind in ("gateway", "weight", "climate")
    )
    at = scene.world.now
    say(scene.world, gateway, values("mains", "/", at, [True], every=MINUTE))
    say(scene.world, scale, weights(at, [BOOK] * 3))
    say(scene.world, air, values("temperature", "Cel", scene.world.now, [20], every=MINUTE))
    return gateway, scale, air


def pass_minutes(scene: Scene, minutes: int) -> None:
    for _ in range(0, minutes, 2):
        scene.world.advance(2 * MINUTE)
        scene.world.work()


def silences(scene: Scene) -> dict[str, str]:
    """Active silences by device."""
    with scene.supervisor.operator.ws(read_only=True) as ws:
        found = [alarm for alarm in alarms_of_lot(ws, scene.lot.id) if alarm.type == "silence" and alarm.is_active]
        return {alarm.facts["device"].split()[0]: alarm.severity for alarm in found}


def test_a_lost_gateway_rings_once_and_what_it_carried_is_unknown_never_fine(scene: Scene) -> None:
    a_site(scene)
    pass_minutes(scene, 60)
    assert silences(scene) == {"Gateway": "MAJOR"}
    with scene.bank.operator.ws(read_only=True) as ws:
        assert condition_of(ws, scene.lot.id).coverage < 1
        assert all(scene.world.now - row.at > 50 * MINUTE for row in latest_readings(ws, scene.lot.id))


def test_cut_power_buys_a_thief_two_hours_at_most(scene: Scene) -> None:
    a_site(scene)
    pass_minutes(scene, 130)
    assert silences(scene) == {"Gateway": "MAJOR", "Weight": "CRITICAL"}


def test_a_device_that_is_silent_beside_a_gateway_that_speaks_rings(scene: Scene) -> None:
    gateway, _, air = a_site(scene)
    for _ in range(6):
        say(scene.world, gateway, values("mains", "/", scene.world.now + MINUTE, [True], every=MINUTE))
        say(scene.world, air, values("temperature", "Cel", scene.world.now, [20], every=MINUTE))
        scene.world.work()
    assert silences(scene) == {"Weight": "WARNING"}


def test_when_the_gateway_is_back_what_stays_silent_rings(scene: Scene) -> None:
    gateway, scale, _ = a_site(scene)
    pass_minutes(scene, 30)
    for _ in range(8):
        say(scene.world, gateway, values("mains", "/", scene.world.now + MINUTE, [True], every=MINUTE))
        say(scene.world, scale, weights(scene.world.now, [BOOK]))
        scene.world.work()
    assert silences(scene) == {"Climate": "MAJOR"}


def test_a_gateway_whose_mains_failed_explains_the_silence_behind_it(scene: Scene) -> None:
    gateway, *_ = a_site(scene)
    for _ in range(10):
        say(scene.world, gateway, values("mains", "/", scene.world.now + MINUTE, [False, False], every=MINUTE / 2))
        scene.world.work()
    assert silences(scene) == {}
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert [alarm.type for alarm in alarms_of_lot(ws, scene.lot.id) if alarm.is_active] == ["power"]
