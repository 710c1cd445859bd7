"""The gateway against a real broker: what it acknowledges, to whom, and what it does when the store refuses or is away."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import uuid4

import pytest
from nacl.signing import SigningKey

from integrations.devices.intake import DUPLICATE, LATER, STORED, Incoming, Outcome
from integrations.devices.mqtt import Gateway, Pace
from integrations.devices.play import Part, Play
from integrations.devices.publishers import MqttPublisher
from integrations.devices.scenario import steady_weight, times
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tests.integrations.devices.mqtt_world import START, Broker, House, Sender, running, until

pytestmark = pytest.mark.stack


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
