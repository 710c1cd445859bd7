"""Nothing that the broker acknowledged is lost, whatever is killed."""

from itertools import pairwise

import pytest

from tests.integrations.devices.mqtt_world import Broker, Sender, StartGateway, until

pytestmark = pytest.mark.stack


def descents(numbers: list[int]) -> int:
    return sum(after < before for before, after in pairwise(numbers))


def test_kill_9_of_the_gateway_loses_nothing(broker: Broker, sender: Sender, gateway_process: StartGateway) -> None:
    first = gateway_process("fails")
    sender.publish(1000)
    assert until(lambda: len(first.taken()) >= 500)
    sender.publish(1000)
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
    # How the broker mixes what is new with what was on its way at the kill is its own affair; event time puts it in order. Nothing is missing.
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
