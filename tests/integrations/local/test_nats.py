"""The embedded MQTT broker: on loopback, behind passwords, devices apart from the gateway, kept through a kill."""

import queue
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from integrations.local.nats import Broker
from tenants.errors import Conflict
from tests.integrations.local.running import launch, running

pytestmark = pytest.mark.stack
BATCH, RECEIPT = "t/acme/d/scale-1/b", "t/acme/d/scale-1/a"


class Client:
    """A small MQTT client that waits for its answers."""

    def __init__(self, url: str, name: str, *, clean: bool = True) -> None:
        parts = urlsplit(url)
        self.inbox: queue.Queue[bytes] = queue.Queue()
        self._told: queue.Queue[int] = queue.Queue()
        self.paho = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, protocol=mqtt.MQTTv311
        )
        self.paho.username_pw_set(parts.username, parts.password)
        self.paho.on_connect = lambda _client, _data, _flags, reason, _properties: self._told.put(reason.value)
        self.paho.on_subscribe = lambda _client, _data, _mid, reasons, _properties: self._told.put(reasons[0].value)
        self.paho.on_message = lambda _client, _data, message: self.inbox.put(bytes(message.payload))
        self.paho.connect(parts.hostname or "", parts.port or 0)
        self.paho.loop_start()
        self.outcome = self._told.get(timeout=10)

    def subscribe(self, topic: str) -> bool:
        self.paho.subscribe(topic, qos=1)
        return self._told.get(timeout=10) < 0x80

    def publish(self, topic: str, payload: bytes) -> None:
        self.paho.publish(topic, payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


@pytest.fixture
def broker(home: Path) -> Iterator[Broker]:
    made = Broker(home)
    with running(made.child(), home / "logs" / "mqtt.log"):
        yield made


def test_a_batch_goes_up_and_a_receipt_comes_down(broker: Broker) -> None:
    gateway, device = Client(broker.url(), "gateway"), Client(broker.devices_url(), "scale-1")
    assert gateway.subscribe("t/+/d/+/b")
    assert device.subscribe(RECEIPT)
    device.publish(BATCH, b"812.40 kg")
    assert gateway.inbox.get(timeout=10) == b"812.40 kg"
    gateway.publish(RECEIPT, b"stored")
    assert device.inbox.get(timeout=10) == b"stored"
    gateway.close()
    device.close()


def test_a_device_cannot_read_batches_nor_write_receipts(broker: Broker) -> None:
    device, other = Client(broker.devices_url(), "spy"), Client(broker.devices_url(), "scale-1")
    for topic in ("t/+/d/+/b", "#", BATCH):
        assert not device.subscribe(topic)
    assert other.subscribe(RECEIPT)
    device.publish(RECEIPT, b"forged")
    device.publish("t/acme/elsewhere", b"forged")
    with pytest.raises(queue.Empty):
        other.inbox.get(timeout=0.5)
    device.close()
    other.close()


@pytest.mark.parametrize("who", ["gateway:wrong", "devices:wrong", "stranger:word"])
def test_a_wrong_password_is_refused(broker: Broker, who: str) -> None:
    client = Client(f"mqtt://{who}@127.0.0.1:{broker.port}", "stranger")
    assert client.outcome != 0
    client.close()


def test_a_client_without_a_name_is_refused(broker: Broker) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as raw:
        raw.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04anon")
        answer = raw.recv(4)
    assert answer == b"" or answer[3] != 0


def test_an_acknowledged_batch_survives_a_kill(home: Path) -> None:
    broker = Broker(home)
    popen = launch(broker.child(), home / "logs" / "mqtt.log")
    gateway = Client(broker.url(), "gateway", clean=False)
    assert gateway.subscribe("t/+/d/+/b")
    gateway.close()
    device = Client(broker.devices_url(), "scale-1")
    for number in range(50):
        device.publish(BATCH, str(number).encode())
    popen.kill()
    popen.wait()
    device.close()
    with running(broker.child(), home / "logs" / "mqtt.log"):
        gateway = Client(broker.url(), "gateway", clean=False)
        received = [gateway.inbox.get(timeout=10) for _ in range(50)]
        gateway.close()
    assert received == [str(number).encode() for number in range(50)]


def test_listens_on_loopback_alone_and_its_files_are_private(broker: Broker, home: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address of ours faces outwards
        outer = probe.getsockname()[0]
    if outer != "127.0.0.1":
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((outer, broker.port), timeout=2)
    assert stat.S_IMODE((home / "run" / "nats.conf").stat().st_mode) == 0o600


def test_the_operators_password_for_devices_is_taken(home: Path) -> None:
    broker = Broker(home, devices_password="correct horse")
    with running(broker.child(), home / "logs" / "mqtt.log"):
        client = Client(f"mqtt://devices:correct horse@127.0.0.1:{broker.port}", "scale-1")
        assert client.outcome == 0
        client.close()


def test_keeps_its_port_and_refuses_a_taken_one(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {taken} is used") as refused:
            _ = Broker(home, port=taken).port
    assert refused.value.field == "BAILEE_MQTT_PORT"
    broker = Broker(home)
    broker.child()
    assert Broker(home).port == broker.port
