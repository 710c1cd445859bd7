"""What the tests of the device door ask for: a device, its key, samples, and the real data where it is at hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tests.integrations.devices.mosquitto_world import Mosquitto, program
from tests.integrations.devices.mqtt_world import Broker, GatewayProcess, Sender, StartGateway

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEVICE = UUID("0198c0de-0000-7000-8000-000000000001")
TENANT = UUID("0198c0de-0000-7000-8000-0000000000aa")


@pytest.fixture
def noon() -> datetime:
    """When everything arrives."""
    return NOON


@pytest.fixture
def device() -> SimulatedDevice:
    """A device with a key of its own, the same in every run."""
    return SimulatedDevice(DEVICE, TENANT, SigningKey(b"\x07" * 32))


@pytest.fixture
def weights() -> Callable[[int], list[Sample]]:
    """So many weighings, a second apart, the last at noon."""

    def made(count: int) -> list[Sample]:
        return [
            Sample("weight", Decimal("812.40") + n, "kg", NOON - timedelta(seconds=count - 1 - n)) for n in range(count)
        ]

    return made


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if not program():
        pytest.skip("Mosquitto is not installed: apt-get install mosquitto")
    made = Mosquitto(tmp_path)
    yield made
    made.kill()


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


@pytest.fixture
def sender(broker: Broker) -> Iterator[Sender]:
    made = Sender(broker)
    yield made
    made.close()
