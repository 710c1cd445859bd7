"""The story's devices: real keys, real signatures, real messages over MQTT; what they see comes from the story or from a file."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from nacl.signing import SigningKey

from integrations.demo.line import Line
from integrations.devices.publishers import Publisher
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.ports import Sample

DAY_SECONDS = 86_400


@dataclass
class Watch:
    """Scale, climate sensor and door contact of one lot."""

    line: Line
    memory: Memory
    publisher: Publisher
    firm_id: UUID
    climate: Iterator[tuple[Decimal, Decimal]] = field(default_factory=lambda: mild(11))
    devices: dict[str, SimulatedDevice] = field(default_factory=dict)
    sent: int = 0

    def enrol(self, lot_id: str, label: str, *, calibrated_until: str) -> None:
        """The supervisor enrols three devices and puts them onto the lot."""
        for kind in ("weight", "climate", "door"):
            key = SigningKey.generate()
            made = self.line.post(
                "inspector",
                "/devices",
                {
                    "kind": kind,
                    "name": f"{label} {kind}",
                    "public_key": bytes(key.verify_key).hex(),
                    "interval_seconds": DAY_SECONDS,
                    "calibrated_until": calibrated_until,
                    "certificate": "CNAS-2026-118",
                },
            )
            self.line.post("inspector", f"/devices/{made['id']}/attachments", {"lot_id": lot_id})
            self.devices[kind] = SimulatedDevice(UUID(made["id"]), self.firm_id, key)

    def report(self, at: datetime, tonnes: Decimal, *, door_open: bool = False) -> None:
        """What the three devices saw in the minutes before `at`: six weighings, one climate reading, the door."""
        kilograms = tonnes * 1000
        cel, humidity = next(self.climate)
        self._send(
            "weight", [Sample("weight", kilograms, "kg", at - timedelta(seconds=20 * n)) for n in range(5, -1, -1)]
        )
        self._send("climate", [Sample("temperature", cel, "Cel", at), Sample("humidity", humidity, "%RH", at)])
        self._send("door", [Sample("door", door_open, "/", at)])

    def settle(self) -> None:
        """Wait until the house has everything that was sent."""
        if not self.publisher.drain(60):
            raise TimeoutError("the gateway did not take what the devices sent")

    def _send(self, kind: str, samples: list[Sample]) -> None:
        device = self.devices[kind]
        payload = device.batch(samples, samples[-1].at)
        self.publisher.send(self.memory.keep(device, payload))
        self.sent += len(samples)


def mild(seed: int) -> Iterator[tuple[Decimal, Decimal]]:
    """A quiet warehouse: temperature and humidity as a sensor would see them."""
    chance = random.Random(seed)  # noqa: S311 -- weather, not a secret
    while True:
        yield Decimal(str(round(19 + chance.gauss(0, 1.2), 2))), Decimal(str(round(52 + chance.gauss(0, 4), 2)))


def recorded(samples: list[Sample]) -> Iterator[tuple[Decimal, Decimal]]:
    """A recording in place of the weather, spread over the days of the story and begun anew when it ends."""
    temperatures = [s.value for s in samples if s.metric == "temperature" and isinstance(s.value, Decimal)]
    humidities = [s.value for s in samples if s.metric == "humidity" and isinstance(s.value, Decimal)]
    step = max(1, min(len(temperatures), len(humidities)) // 90)
    at = 0
    while True:
        yield temperatures[at % len(temperatures)], humidities[at % len(humidities)]
        at += step
