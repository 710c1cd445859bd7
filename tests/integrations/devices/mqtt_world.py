"""What the tests of the gateway stand on: a real broker, a gateway to kill, devices that count, a house that verifies."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from nacl.signing import SigningKey
from paho.mqtt.client import MQTTMessageInfo

from integrations.devices.connection import BATCH_TOPIC, client_for
from integrations.devices.envelope import opened
from integrations.devices.intake import DUPLICATE, STORED, Incoming, Outcome, refused
from integrations.devices.mqtt import Gateway
from integrations.devices.simulator import SimulatedDevice
from integrations.local import nats
from marketplace.supervision.readings.ports import Sample, SignedBatch
from tenants.errors import Refused

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
