"""The gateway against a real broker: what the broker acknowledged to a device is never lost, whatever is killed."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey
from paho.mqtt.client import MQTTMessageInfo

from integrations.devices.connection import BATCH_TOPIC, client_for
from integrations.devices.envelope import opened
from integrations.devices.intake import DUPLICATE, LATER, STORED, Incoming, Outcome, refused
from integrations.devices.mqtt import Gateway, Pace
from integrations.devices.play import Part, Play
from integrations.devices.publishers import MqttPublisher
from integrations.devices.scenario import steady_weight, times
from integrations.devices.simulator import Memory, SimulatedDevice
from integrations.local import nats
from marketplace.supervision.ports import Sample, SignedBatch
from tenants.errors import Refused

pytestmark = pytest.mark.stack
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
START = datetime(2026, 3, 1, tzinfo=UTC)
TENANT = uuid4()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait for something that other processes bring about."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not true() and time.monotonic() < end:
        pause.wait(0.02)
    return true()


class Broker:
    """The broker of the one-command stack, which can be killed and started again on the same store.

    Only its patience is shorter than in earnest: it waits two seconds for an acknowledgement, not ten.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "broker.log"
        self.stack = nats.Broker(folder / "home", port=free_port())
        [_, _, self.settings] = map(Path, self.stack.child().argv)
        configuration = json.loads(self.settings.read_text())
        configuration["mqtt"]["ack_wait"] = "2s"
        self.settings.write_text(json.dumps(configuration))
        self.start()

    @property
    def gateway_url(self) -> str:
        return self.stack.url()

    @property
    def devices_url(self) -> str:
        return self.stack.devices_url()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen([nats.program(), "-c", self.settings], stderr=log)
        assert until(self.stack.answers, 10), self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.kill()


class GatewayProcess:
    """`gateway_program.py` with its journal."""

    def __init__(self, broker: Broker, journal: Path, *options: str) -> None:
        self.journal = journal
        with (journal.parent / "gateway.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, HERE / "gateway_program.py", broker.gateway_url, journal, *options],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.kill()
        with suppress(ValueError):  # its output was read to the end by `stop`
            self.process.communicate()

    def stop(self) -> dict[str, int]:
        """Ask it to end; its counters."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=20)
        return dict(ast.literal_eval(said))

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.journal.read_text().splitlines()] if self.journal.exists() else []

    def taken(self) -> list[str]:
        """Digests in the order in which they were first stored; a message may come again."""
        return list(dict.fromkeys(line[2] for line in self.lines()))


StartGateway = Callable[..., GatewayProcess]


@pytest.fixture
def gateway_process(broker: Broker, tmp_path: Path) -> Iterator[StartGateway]:
    """Starts gateways that write one journal; none outlives the test."""
    started: list[GatewayProcess] = []

    def start(*options: str) -> GatewayProcess:
        started.append(GatewayProcess(broker, tmp_path / "journal", *options))
        return started[-1]

    yield start
    for each in started:
        each.kill()


class Sender:
    """Ten devices that publish signed batches with QoS 1, and what the broker acknowledged of them."""

    def __init__(self, broker: Broker) -> None:
        self.devices = [SimulatedDevice(uuid4(), TENANT, SigningKey.generate()) for _ in range(10)]
        self.sent: dict[str, tuple[UUID, int, MQTTMessageInfo]] = {}
        self.client = client_for(broker.devices_url, "sender", clean_session=False)
        self.client.loop_start()
        assert until(self.client.is_connected)

    def publish(self, count: int) -> None:
        for number in range(count):
            device = self.devices[number % len(self.devices)]
            sequence = device.sequence
            payload = device.batch([Sample("weight", Decimal(number), "kg", START)])
            topic = BATCH_TOPIC.format(tenant=TENANT, device=device.device_id)
            info = self.client.publish(topic, payload, qos=1)
            self.sent[sha256(payload).hexdigest()] = (device.device_id, sequence, info)

    def acknowledged(self) -> set[str]:
        return {digest for digest, (_, _, info) in self.sent.items() if info.is_published()}

    def sequences(self, taken: list[str]) -> dict[UUID, list[int]]:
        """For each device the sequence numbers in the order stored."""
        found: dict[UUID, list[int]] = {device.device_id: [] for device in self.devices}
        for digest in taken:
            device_id, sequence, _ = self.sent[digest]
            found[device_id].append(sequence)
        return found

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def sender(broker: Broker) -> Iterator[Sender]:
    made = Sender(broker)
    yield made
    made.close()


def descents(numbers: list[int]) -> int:
    return sum(after < before for before, after in pairwise(numbers))


def test_kill_9_of_the_gateway_loses_nothing(broker: Broker, sender: Sender, gateway_process: StartGateway) -> None:
    first = gateway_process("fails")
    sender.publish(2000)
    assert until(lambda: len(first.taken()) >= 700)
    first.kill()
    before = first.taken()
    assert len(set(before)) < 2000, "killed too late to prove anything"
    # What the first gateway stored of each device, it stored in order, in spite of failures.
    assert all(descents(numbers) == 0 for numbers in sender.sequences(before).values())

    assert until(lambda: len(sender.acknowledged()) == 2000)
    second = gateway_process("fails")
    assert until(lambda: sender.acknowledged() <= set(second.taken()), 60)
    counts = second.stop()
    assert set(second.taken()) == set(sender.sent)
    assert counts["failed_calls"] > 0
    assert counts["later"] > 0
    # After the kill the broker sends what is new first and what was on its way later: one step back for each device.
    after = sender.sequences(second.taken()[len(before) :])
    assert all(descents(numbers) <= 1 for numbers in after.values())
    assert all(sorted(set(numbers)) == list(range(200)) for numbers in sender.sequences(second.taken()).values())


def test_kill_9_of_the_broker_loses_nothing(broker: Broker, sender: Sender, gateway_process: StartGateway) -> None:
    gateway = gateway_process()
    sender.publish(1000)
    assert until(lambda: len(gateway.taken()) >= 200)
    broker.kill()
    broker.start()
    assert until(lambda: len(sender.acknowledged()) == 1000, 60)
    assert until(lambda: set(gateway.taken()) == set(sender.sent), 60)
    assert gateway.stop()["disconnects"] >= 1


def test_while_the_gateway_is_away_the_broker_keeps_all(
    broker: Broker, sender: Sender, gateway_process: StartGateway
) -> None:
    gateway_process().stop()
    sender.publish(300)
    assert until(lambda: len(sender.acknowledged()) == 300)
    later = gateway_process()
    assert until(lambda: set(later.taken()) == set(sender.sent))
    assert all(descents(numbers) == 0 for numbers in sender.sequences(later.taken()).values())
    assert later.stop()["acknowledged"] == 300


class House:
    """A stand-in for the database behind `take`: verifies, stores, tells duplicates."""

    def __init__(self, devices: list[SimulatedDevice]) -> None:
        self.keys = {device.device_id: device.public_key for device in devices}
        self.stored: dict[tuple[UUID, int, int], SignedBatch] = {}
        self.calls: list[int] = []
        self.now = START + timedelta(days=1)

    def take(self, messages: list[Incoming]) -> list[Outcome]:
        self.calls.append(len(messages))
        return [self.one(message) for message in messages]

    def one(self, message: Incoming) -> Outcome:
        try:
            batch = opened(message, self.keys.get(message.device_id), self.now)
        except Refused as reason:
            return refused(reason)
        place = (batch.device_id, batch.boot, batch.sequence)
        if place in self.stored:
            return DUPLICATE
        self.stored[place] = batch
        return STORED


def running(gateway: Gateway) -> Gateway:
    gateway.start()
    assert gateway.wait_ready(10)
    return gateway


def test_a_day_of_a_scale_reaches_the_house_and_every_letter_its_receipt(
    broker: Broker, device: SimulatedDevice
) -> None:
    house = House([device])
    gateway = running(Gateway(broker.gateway_url, house.take))
    memory = Memory()
    publisher = MqttPublisher(broker.devices_url, memory, {device.tenant_id})
    assert publisher.wait_ready(10)
    moments = list(times(START, START + timedelta(hours=12), timedelta(seconds=10)))
    load = list(steady_weight(moments, kg=Decimal(9000), noise_kg=Decimal(1), division_kg=Decimal("0.5"), seed=3))
    sent = Play([Part(device, load)], publisher, memory).run()
    assert publisher.drain(20)
    assert publisher.counters()["stored"] == sent == 144
    assert memory.unconfirmed() == []
    assert [s for batch in house.stored.values() for s in batch.samples] == load
    assert max(house.calls) > 1, "messages were never combined"
    publisher.close()
    gateway.stop()
    assert gateway.counters()["stored"] == gateway.counters()["acknowledged"] == sent


def test_a_lost_receipt_makes_a_duplicate_and_no_second_batch(
    broker: Broker, device: SimulatedDevice, weights: Callable[[int], list[Sample]]
) -> None:
    house = House([device])
    house.now = START + timedelta(days=1)
    gateway = running(Gateway(broker.gateway_url, house.take))
    memory = Memory()
    letter = memory.keep(device, device.batch(weights(2)))
    for expected in ("stored", "duplicate"):
        publisher = MqttPublisher(broker.devices_url, memory, {device.tenant_id})
        assert publisher.wait_ready(10)
        if expected == "duplicate":
            publisher.send(letter)
        assert publisher.drain(10)
        assert publisher.counters()[expected] == 1
        publisher.close()
    gateway.stop()
    assert len(house.stored) == 1


def test_refused_messages_are_answered_and_block_nobody(
    broker: Broker, device: SimulatedDevice, weights: Callable[[int], list[Sample]]
) -> None:
    stranger = SimulatedDevice(uuid4(), device.tenant_id, SigningKey.generate())
    forger = SimulatedDevice(device.device_id, device.tenant_id, SigningKey.generate())
    house = House([device])
    gateway = running(Gateway(broker.gateway_url, house.take))
    memory = Memory()
    publisher = MqttPublisher(broker.devices_url, memory, {device.tenant_id})
    assert publisher.wait_ready(10)
    for who in (stranger, forger, device):
        publisher.send(memory.keep(who, who.batch(weights(2))))
    publisher._client.publish(f"t/{device.tenant_id}/d/not-a-device/b", b"x", qos=1)
    assert publisher.drain(10)
    assert until(lambda: "refused:malformed_topic" in gateway.counters())
    counts = publisher.counters()
    assert (counts["refused:unknown_device"], counts["refused:bad_signature"], counts["stored"]) == (1, 1, 1)
    publisher.close()
    gateway.stop()


def test_a_message_that_always_fails_holds_its_device_alone(broker: Broker, sender: Sender) -> None:
    poisoned = sender.devices[3].device_id
    stored: list[Incoming] = []
    failed: list[int] = []
    whole = threading.Event()

    def take(messages: list[Incoming]) -> list[Outcome]:
        if any(each.device_id == poisoned for each in messages) and not whole.is_set():
            failed.append(len(messages))
            raise ArithmeticError("a bug that only this device meets")
        stored.extend(messages)
        return [STORED] * len(messages)

    gateway = running(Gateway(broker.gateway_url, take, pace=Pace(hold_first=0.2, hold_max=0.2)))
    sender.publish(400)
    assert until(lambda: len({each.payload for each in stored}) == 360)
    assert {each.device_id for each in stored} == {d.device_id for d in sender.devices} - {poisoned}
    assert until(lambda: gateway.counters()["acknowledged"] >= 360 and failed.count(1) > 3)
    assert set(failed[failed.index(1) :]) == {1}, "once found, it drags nobody else along"
    whole.set()
    assert until(lambda: len({each.payload for each in stored}) == 400)
    gateway.stop()
    taken = sender.sequences(list(dict.fromkeys(sha256(each.payload).hexdigest() for each in stored)))
    assert all(numbers == list(range(40)) for numbers in taken.values())


def test_no_acknowledgement_crosses_a_new_connection(broker: Broker, sender: Sender) -> None:
    """A packet number stored on one connection may mean an unstored message on the next."""
    working, go_on = threading.Event(), threading.Event()
    stored: list[str] = []

    def take(messages: list[Incoming]) -> list[Outcome]:
        working.set()
        assert go_on.wait(30)
        known = [sha256(each.payload).hexdigest() for each in messages]
        outcomes = [DUPLICATE if digest in stored else STORED for digest in known]
        stored.extend(known)
        return outcomes

    gateway = running(Gateway(broker.gateway_url, take))
    sender.publish(50)
    assert working.wait(10)
    assert until(lambda: len(sender.acknowledged()) == 50)
    broker.kill()
    assert until(lambda: not gateway.ready)
    broker.start()
    assert until(lambda: gateway.ready)
    go_on.set()
    assert until(lambda: set(stored) == set(sender.sent))
    assert until(lambda: gateway.counters().get("acknowledged") == 50)
    gateway.stop()
    counts = gateway.counters()
    assert counts["stale"] > 0
    assert counts["duplicate"] == counts["stale"]


def test_later_is_not_acknowledged(broker: Broker, sender: Sender) -> None:
    ready = threading.Event()
    gateway = running(
        Gateway(
            broker.gateway_url,
            lambda messages: [STORED if ready.is_set() else LATER] * len(messages),
            pace=Pace(hold_first=0.05, hold_max=0.1),
        )
    )
    sender.publish(20)
    assert until(lambda: gateway.counters().get("later", 0) >= 20)
    assert "acknowledged" not in gateway.counters()
    ready.set()
    assert until(lambda: gateway.counters().get("acknowledged") == 20)
    gateway.stop()


def test_an_outage_of_the_store_delays_and_loses_nothing(broker: Broker, sender: Sender) -> None:
    there = threading.Event()
    stored: list[str] = []

    def take(messages: list[Incoming]) -> list[Outcome]:
        if not there.is_set():
            raise ConnectionError("the database is away")
        stored.extend(sha256(each.payload).hexdigest() for each in messages)
        return [STORED] * len(messages)

    # Holds far longer than the test: only the return of the store may end them.
    pace = Pace(backoff_first=0.01, backoff_max=0.05, hold_first=300, hold_max=300)
    gateway = running(Gateway(broker.gateway_url, take, pace=pace))
    sender.publish(200)
    assert until(lambda: gateway.counters().get("holds", 0) >= 4)
    assert "acknowledged" not in gateway.counters()
    there.set()
    assert until(lambda: set(stored) == set(sender.sent))
    gateway.stop()
    taken = sender.sequences(list(dict.fromkeys(stored)))
    assert all(numbers == list(range(20)) for numbers in taken.values())


def test_what_the_broker_acknowledged_and_dropped_is_sent_again(
    broker: Broker, device: SimulatedDevice, weights: Callable[[int], list[Sample]]
) -> None:
    """NATS answers PUBACK for a message that nobody has subscribed to yet, and keeps nothing of it."""
    house = House([device])
    memory = Memory()
    publisher = MqttPublisher(broker.devices_url, memory, {device.tenant_id}, patience=0.3)
    assert publisher.wait_ready(10)
    publisher.send(memory.keep(device, device.batch(weights(1))))
    assert not publisher.drain(0.2)
    gateway = running(Gateway(broker.gateway_url, house.take))
    assert publisher.drain(10)
    assert len(house.stored) == 1
    assert publisher.counters()["sent_again"] > 0
    publisher.close()
    gateway.stop()
