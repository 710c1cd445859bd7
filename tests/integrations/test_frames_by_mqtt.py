"""The whole way of a picture: camera, broker, gateway, house. What the camera signed is what is kept, and it stands with the incident that it shows."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from integrations.devices.envelope import LIMITS
from integrations.devices.mqtt import Gateway
from integrations.devices.publishers import MqttPublisher
from integrations.devices.simulator import Memory
from integrations.taking import Taker
from marketplace.cameras import ports
from marketplace.cameras.queries import AT, BEFORE, frames_of_alarms
from marketplace.supervision.alarms.incidents import open_incidents
from tests.factories import World
from tests.integrations.devices.mqtt_world import Broker, running
from tests.marketplace.cameras.makers import EVERY, a_camera
from tests.marketplace.supervision.makers import a_scene

pytestmark = pytest.mark.stack
WITHIN = 30  # seconds for what other processes do
HEAD_BYTES = 1000  # signature and statement


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.kill()


def test_pictures_of_a_theft_come_by_the_broker_and_stand_with_its_incident(world: World, broker: Broker) -> None:
    camera = a_camera(a_scene(world))
    gateway, memory = running(Gateway(broker.gateway_url, Taker(world.gateway_app))), Memory()
    publisher = MqttPublisher(broker.devices_url, memory, {camera.firm.tenant_id}, patience=3.0)
    pictures = []
    try:
        assert publisher.wait_ready(WITHIN)
        for number in range(3):
            now = world.advance(EVERY)
            picture = camera.picture("taken", which=[2])
            if number == 0:  # as large as a message may be; a decoder passes over what follows a picture's end
                picture += bytes(LIMITS.frame_bytes_max - HEAD_BYTES - len(picture))
            pictures.append(picture)
            letter = memory.keep(camera.device, camera.device.frame(picture, now))
            publisher.send(letter)
            publisher.send(letter)
            assert publisher.drain(WITHIN), gateway.counters()
    finally:
        publisher.close()
        gateway.stop()
    assert gateway.counters()["stored"] == 3
    kept = camera.frames()[:3]
    assert [one.sha256 for one in reversed(kept)] == [sha256(one).hexdigest() for one in pictures]
    assert [ports.frame_store().get(camera.firm.tenant_id, one.sha256) for one in reversed(kept)] == pictures
    with camera.scene.bank.operator.ws(read_only=True) as ws:
        [incident] = [one for one in open_incidents(ws) if one.fused.of_goods[0].about_id == camera.scene.lot.id]
        bound = frames_of_alarms(ws, incident.alarms)
    assert {alarm.type for alarm in incident.alarms} == {"image_change", "marks_missing"}
    # The scene changed for ten seconds by the second picture; a mark is missing once three say so.
    assert {one.frame.sha256 for one in bound if one.when == AT} == {one.sha256 for one in kept[:2]}
    assert [one.frame.missing for one in bound if one.when == BEFORE] == [[]]
