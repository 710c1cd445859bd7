"""A broker of another make by its address: MQTT 5 with sessions and shares, and rules by which a device speaks only for itself."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from nacl.signing import SigningKey
from paho.mqtt.client import Client

from integrations.devices.connection import BATCH_TOPIC, RECEIPT_TOPIC, batch_filter, client_for
from integrations.devices.intake import STORED, Incoming, Outcome
from integrations.devices.mqtt import Gateway
from integrations.devices.publishers import MqttPublisher
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tests.integrations.devices.mosquitto_world import Mosquitto
from tests.integrations.devices.mqtt_world import START, TENANT, House, running, until

pytestmark = pytest.mark.stack


def a_device() -> SimulatedDevice:
    return SimulatedDevice(uuid4(), TENANT, SigningKey.generate())


def batch(device: SimulatedDevice, number: int = 0) -> bytes:
    return device.batch([Sample("weight", Decimal(number), "kg", START + timedelta(seconds=number))])


def connected(url: str, name: str) -> Client:
    client = client_for(url, name, clean_session=True)
    client.loop_start()
    assert until(client.is_connected, 10)
    return client


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_device_of_either_version_gets_its_receipts(mosquitto: Mosquitto, version: str) -> None:
    device = a_device()
    mosquitto.welcome(device.device_id)
    house, memory = House([device]), Memory()
    gateway = running(Gateway(mosquitto.gateway_url, house.take))
    publisher = MqttPublisher(mosquitto.url(device.device_id, f"version={version}"), memory, {TENANT})
    assert publisher.wait_ready(10)
    for number in range(50):
        publisher.send(memory.keep(device, batch(device, number)))
    assert publisher.drain(20)
    assert publisher.counters() == {"sent": 50, "stored": 50}
    assert len(house.stored) == 50
    publisher.close()
    gateway.stop()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_picture_of_the_largest_size_goes_the_same_way(mosquitto: Mosquitto, version: str) -> None:
    """A camera's frame is one message of half a megabyte: it arrives byte by byte, and its receipt names it."""
    camera = a_device()
    mosquitto.welcome(camera.device_id)
    heard: list[bytes] = []

    def take(messages: list[Incoming]) -> list[Outcome]:
        heard.extend(message.payload for message in messages)
        return [STORED] * len(messages)

    gateway, memory = running(Gateway(mosquitto.gateway_url, take)), Memory()
    publisher = MqttPublisher(mosquitto.url(camera.device_id, f"version={version}"), memory, {TENANT})
    assert publisher.wait_ready(10)
    frames = [camera.frame(bytes([number]) * 490_000, START) for number in range(3)]
    for frame in frames:
        publisher.send(memory.keep(camera, frame))
    assert publisher.drain(20)
    assert (heard, publisher.counters()) == (frames, {"sent": 3, "stored": 3})
    publisher.close()
    gateway.stop()


def test_two_gateways_share_and_each_message_is_stored_once(mosquitto: Mosquitto) -> None:
    device = a_device()
    mosquitto.welcome(device.device_id)
    houses = [House([device]), House([device])]
    gateways = [
        running(Gateway(mosquitto.url("gateway", f"version=5&share=house&client=gateway-{n}"), house.take))
        for n, house in enumerate(houses)
    ]
    client = connected(mosquitto.url(device.device_id), "device")
    topic = BATCH_TOPIC.format(tenant=TENANT, device=device.device_id)
    for number in range(100):
        client.publish(topic, batch(device, number), qos=1)
    assert until(lambda: sum(len(house.stored) for house in houses) == 100)
    assert all(house.stored for house in houses), "one of them got nothing"
    assert not houses[0].stored.keys() & houses[1].stored.keys()
    client.disconnect()
    client.loop_stop()
    for gateway in gateways:
        gateway.stop()


def test_what_comes_while_the_gateway_is_away_is_kept_by_its_session(mosquitto: Mosquitto) -> None:
    device = a_device()
    mosquitto.welcome(device.device_id)
    running(Gateway(mosquitto.gateway_url, House([device]).take)).stop()
    client = connected(mosquitto.url(device.device_id), "device")
    topic = BATCH_TOPIC.format(tenant=TENANT, device=device.device_id)
    sent = [client.publish(topic, batch(device, number), qos=1) for number in range(100)]
    assert until(lambda: all(one.is_published() for one in sent))
    house = House([device])
    later = running(Gateway(mosquitto.gateway_url, house.take))
    assert until(lambda: len(house.stored) == 100)
    assert [place[2] for place in house.stored] == list(range(100)), "in order"
    later.stop()
    client.disconnect()
    client.loop_stop()


def test_a_device_neither_speaks_on_another_s_topic_nor_reads_another_s_receipts(mosquitto: Mosquitto) -> None:
    honest, curious = a_device(), a_device()
    mosquitto.welcome(honest.device_id, curious.device_id)
    house, heard = House([honest, curious]), []
    gateway = running(Gateway(mosquitto.gateway_url, house.take))
    spy, liar = (connected(mosquitto.url(curious.device_id), name) for name in ("spy", "liar"))
    spy.on_message = lambda _c, _u, message: heard.append(message.topic)
    spy.subscribe(RECEIPT_TOPIC.format(tenant=TENANT, device="+"))
    stolen = batch(honest)  # a message that holds, in the wrong hands
    liar.publish(BATCH_TOPIC.format(tenant=TENANT, device=honest.device_id), stolen, qos=1)
    spy.publish(BATCH_TOPIC.format(tenant=TENANT, device=curious.device_id), batch(curious), qos=1).wait_for_publish(10)
    speaker = connected(mosquitto.url(honest.device_id), "honest")
    speaker.publish(BATCH_TOPIC.format(tenant=TENANT, device=honest.device_id), batch(honest, 1), qos=1)
    assert until(lambda: len(house.stored) == 2)
    # The broker hands its messages on in order: had it taken the first one, it would be here by now.
    assert {(place[0], place[2]) for place in house.stored} == {(curious.device_id, 0), (honest.device_id, 1)}
    assert until(lambda: len(heard) == 1)
    gateway.stop()
    assert gateway.counters()["received"] == 2
    assert heard == [RECEIPT_TOPIC.format(tenant=TENANT, device=curious.device_id)], "its own receipt alone"
    for client in (spy, liar, speaker):
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("wrong", ["version=4", "version=5&colour=red", "part=1"])
def test_what_an_address_may_not_say_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="MQTT"):
        client_for(f"mqtt://127.0.0.1?{wrong}", "x", clean_session=True)


def test_a_share_is_asked_for_by_name() -> None:
    assert batch_filter("mqtt://h?version=5&share=house") == "$share/house/t/+/d/+/b"
    assert batch_filter("mqtt://h") == "t/+/d/+/b"
