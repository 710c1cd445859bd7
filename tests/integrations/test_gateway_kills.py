"""The whole way of a reading, with real processes: device, broker, `flask gateway` in its own database role, PostgreSQL. Killed with -9 under load."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from integrations.devices.publishers import MqttPublisher
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.queries import alarms_of_lot
from marketplace.supervision.readings.ports import Sample
from tests import cluster
from tests.factories import World
from tests.integrations.devices.mqtt_world import ROOT, Broker, until
from tests.marketplace.supervision.makers import a_scene, a_watching_device

pytestmark = pytest.mark.stack
BOOK, DEVICES, BATCHES, READINGS = 498750, 5, 40, 20


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.kill()


@contextmanager
def gateway(url: URL, broker: Broker, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask --app wsgi gateway`, as the stack starts it."""
    told = {
        "BAILEE_ROLE": "GATEWAY",
        "BAILEE_DATABASE_GATEWAY_URL": cluster.as_role(url, "gateway"),
        "BAILEE_MQTT_URL": broker.gateway_url,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "gateway"],
            cwd=ROOT,
            env=os.environ | told,
            stdout=out,
            stderr=out,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def stored(world: World, table: str = "batch_place") -> int:
    found = world.admin.execute(f"select count(*) from house.{table}").fetchone()
    assert found
    return int(found[0])


def story(device: SimulatedDevice, world: World, batch: int) -> bytes:
    """Twenty readings a second apart; from the fifth batch on thirty tonnes are gone."""
    start = world.now + timedelta(seconds=(batch - BATCHES) * READINGS)
    weight = Decimal(BOOK - (30000 if batch >= 5 else 0))
    return device.batch([Sample("weight", weight, "kg", start + timedelta(seconds=n)) for n in range(READINGS)])


def test_kill_9_of_the_gateway_under_load_loses_and_doubles_nothing(
    world: World, database_url: URL, broker: Broker, tmp_path: Path
) -> None:
    scene, log = a_scene(world), tmp_path / "gateway.log"
    devices = [a_watching_device(scene.supervisor, scene.lot.id) for _ in range(DEVICES)]
    world.advance(timedelta(hours=1))
    already, memory = stored(world), Memory()
    publisher = MqttPublisher(broker.devices_url, memory, {scene.supervisor.tenant_id}, patience=3.0)
    total = DEVICES * BATCHES
    try:
        with gateway(database_url, broker, log) as first:
            assert publisher.wait_ready(20)
            assert until(lambda: b"gateway started" in log.read_bytes()), log.read_text()
            time.sleep(0.5)  # its subscription; what is published before it would be nobody's
            for batch in range(BATCHES // 2):
                for device in devices:
                    publisher.send(memory.keep(device, story(device, world, batch)))
            assert until(lambda: stored(world) - already >= 20), log.read_text()
            first.kill()
            first.wait()
        for batch in range(BATCHES // 2, BATCHES):
            for device in devices:
                publisher.send(memory.keep(device, story(device, world, batch)))
        with gateway(database_url, broker, log) as second:
            assert publisher.drain(90), log.read_text()[-3000:]
            second.terminate()
            assert second.wait(20) == 0
    finally:
        publisher.close()
    assert stored(world) - already == total
    told = publisher.counters()
    assert told["stored"] + told.get("duplicate", 0) == total
    points = world.admin.execute(
        "select device_id, sum(points), count(*) from house.reading_series where subject_id = %s group by 1",
        (scene.lot.id,),
    ).fetchall()
    assert [(int(count), batches) for _, count, batches in points] == [(BATCHES * READINGS, BATCHES)] * DEVICES
    with scene.bank.operator.ws(read_only=True) as ws:
        raised = [alarm.device_id for alarm in alarms_of_lot(ws, scene.lot.id) if alarm.type == "weight_change"]
    assert sorted(map(str, raised)) == sorted(str(device.device_id) for device in devices), (
        "one alarm for each scale, no matter the kill"
    )
