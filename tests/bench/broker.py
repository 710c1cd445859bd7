"""The whole way of a message: published with QoS 1 to the broker, gathered by the gateway, stored, acknowledged. The limit is the same way into a gateway that keeps nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

from integrations.devices.connection import BATCH_TOPIC, client_for
from integrations.devices.intake import STORED, Incoming, Take
from integrations.devices.mqtt import Gateway
from integrations.taking import Taker
from tests.bench.fleet import BATCH, Fleet, same_words
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.integrations.devices.mqtt_world import Broker, until

DEVICES, PATIENCE_SECONDS = 256, 60


@contextmanager
def way(folder: Path, take: Take) -> Iterator[Callable[[list[Incoming]], Work]]:
    """A broker of its own, a gateway behind it and a line of devices before it."""
    folder.mkdir()
    broker = Broker(folder)
    gateway = Gateway(broker.gateway_url, take)
    devices = client_for(broker.devices_url, "bench-devices", clean_session=True)
    devices.loop_start()
    gateway.start()
    assert gateway.wait_ready(20)
    assert until(devices.is_connected)

    def sent(messages: list[Incoming]) -> Work:
        wanted = gateway.counters().get("acknowledged", 0) + len(messages)
        for one in messages:
            devices.publish(BATCH_TOPIC.format(tenant=one.tenant_id, device=one.device_id), one.payload, qos=1)
        end, pause = monotonic() + PATIENCE_SECONDS, Event()
        while gateway.counters().get("acknowledged", 0) < wanted:
            assert monotonic() < end, gateway.counters()
            pause.wait(0.001)
        return Work(len(messages) * BATCH)

    try:
        yield sent
    finally:
        gateway.stop()
        devices.disconnect()
        devices.loop_stop()
        broker.kill()


def compare(bench: Bench) -> list[Comparison]:
    """As many devices as the gateway gathers messages, a batch of 100 readings from each in a step."""
    fleet = Fleet(bench, DEVICES)
    with (
        TemporaryDirectory(prefix="bailee-bench-") as home,
        way(Path(home) / "product", Taker(bench.gateway_app)) as product,
        way(Path(home) / "limit", lambda messages: [STORED] * len(messages)) as limit,
    ):

        def stored(messages: list[Incoming]) -> Work:
            fleet.readings += len(messages) * BATCH
            return product(messages)

        compared = bench.compare(
            f"Signed readings a second through the broker, {DEVICES} devices with batches of 100",
            Side("broker, gateway, door, commit, receipt", stored, fleet.sign),
            Side("broker and gateway, nothing kept", limit, same_words(fleet)),
            goal=">= 0.5",
        )
        compared.notes.append(fleet.check())
    return [compared]
