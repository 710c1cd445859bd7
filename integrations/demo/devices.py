"""The story's devices: real keys, real signatures, real messages over MQTT; what they see comes from the story or from a file."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from nacl.signing import SigningKey

from integrations.demo.line import Line
from integrations.demo.weather import Weather, mild, samples
from integrations.devices.publishers import Publisher
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.readings.ports import Sample

HOUR_SECONDS, DAY_SECONDS = 3600, 86_400


@dataclass
class Watch:
    """Scale, climate sensor and door contact of one lot, and the tracker that rides with another."""

    line: Line
    memory: Memory
    publisher: Publisher
    firm_id: UUID
    climate: Weather = field(default_factory=lambda: mild(11))
    devices: dict[str, SimulatedDevice] = field(default_factory=dict)
    sent: int = 0

    def enrol(self, lot_id: str, label: str, *, calibrated_until: str) -> None:
        """The supervisor enrols three devices and puts them onto the lot."""
        calibrated = {"calibrated_until": calibrated_until, "certificate": "CNAS-2026-118"}
        for kind in ("weight", "climate", "door"):
            self._put_onto(lot_id, kind, f"{label} {kind}", interval_seconds=DAY_SECONDS, **calibrated)

    def ride(self, lot_id: str, label: str) -> str:
        """The supervisor puts a tracker onto goods that are about to leave. Gives its id."""
        self._put_onto(lot_id, "position", f"{label} tracker 定位器", interval_seconds=HOUR_SECONDS)
        return str(self.devices["position"].device_id)

    def pass_by(self, at: datetime, north: Decimal, east: Decimal) -> None:
        """The tracker tells where it is."""
        self._send("position", [Sample("latitude", north, "lat", at), Sample("longitude", east, "lon", at)])
        self.settle()

    def report(self, at: datetime, tonnes: Decimal, *, door_open: bool = False) -> None:
        """What the three devices saw in the minutes before `at`: six weighings, the climate, the door."""
        kilograms, climate = tonnes * 1000, next(self.climate)
        self._send("weight", [Sample("weight", kilograms, "kg", moment) for moment in _before(at, 6, every_seconds=20)])
        self._send("climate", samples(climate, _before(at, len(climate), every_seconds=5)))
        self._send("door", [Sample("door", door_open, "/", at)])

    def settle(self) -> None:
        """Wait until the house has everything that was sent."""
        if not self.publisher.drain(60):
            raise TimeoutError("the gateway did not take what the devices sent")

    def _put_onto(self, lot_id: str, kind: str, name: str, **particulars: object) -> None:
        key = SigningKey.generate()
        enrolled = {"kind": kind, "name": name, "public_key": bytes(key.verify_key).hex(), **particulars}
        made = self.line.post("inspector", "/devices", enrolled)
        self.line.post("inspector", f"/devices/{made['id']}/attachments", {"lot_id": lot_id})
        self.devices[kind] = SimulatedDevice(UUID(made["id"]), self.firm_id, key)

    def _send(self, kind: str, seen: list[Sample]) -> None:
        device = self.devices[kind]
        payload = device.batch(seen, seen[-1].at)
        self.publisher.send(self.memory.keep(device, payload))
        self.sent += len(seen)


def _before(at: datetime, count: int, *, every_seconds: int) -> list[datetime]:
    """So many moments, evenly apart, the last of them `at`."""
    return [at - timedelta(seconds=every_seconds * n) for n in range(count - 1, -1, -1)]
