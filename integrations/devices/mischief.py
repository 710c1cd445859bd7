"""What others do in a device's name: messages that are sent beside its own. None of them moves the device's own chain or memory on."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nacl.signing import SigningKey

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample

STRANGER = SigningKey(b"\x42" * 32)  # anybody's key but the device's
Mischief = Callable[[SimulatedDevice, bytes, Sequence[Sample], datetime], list[bytes]]
"""Given the device, the payload that it is about to send, what it saw, and the moment: what somebody else sends as well."""


@dataclass
class Clone:
    """Somebody copied the key and the memory at `since`, and goes on as the device from there, telling of `more_kg` that are not there."""

    since: datetime
    more_kg: Decimal = Decimal(0)
    twin: SimulatedDevice | None = field(default=None, repr=False)

    def __call__(self, device: SimulatedDevice, payload: bytes, seen: Sequence[Sample], now: datetime) -> list[bytes]:
        if now < self.since:
            return []
        if self.twin is None:
            self.twin = copy(device)
            self.twin.sequence -= 1  # the device has just signed; the copy was made before
        return [self.twin.batch([self._told(sample) for sample in seen], sent_at=now)]

    def _told(self, sample: Sample) -> Sample:
        # One kilogram more or less than the truth is enough to make it another body.
        more = self.more_kg or Decimal(1)
        return replace(sample, value=sample.value + more) if isinstance(sample.value, Decimal) else sample


@dataclass(frozen=True)
class Forger:
    """At each of these moments somebody without the key sends a message in the device's name."""

    at: Sequence[datetime]
    _sent: set[datetime] = field(default_factory=set)

    def __call__(self, device: SimulatedDevice, payload: bytes, seen: Sequence[Sample], now: datetime) -> list[bytes]:
        due = [moment for moment in self.at if moment <= now and moment not in self._sent]
        self._sent.update(due)
        return [replace(device, key=STRANGER).batch(seen, sent_at=now) for _ in due]


@dataclass(frozen=True)
class Flood:
    """From `since` until `until` each message is sent so many times more, as it is or (`forged`) under another key."""

    since: datetime
    until: datetime
    times: int
    forged: bool = False

    def __call__(self, device: SimulatedDevice, payload: bytes, seen: Sequence[Sample], now: datetime) -> list[bytes]:
        if not self.since <= now < self.until:
            return []
        other = replace(device, key=STRANGER).batch(seen, sent_at=now) if self.forged else payload
        return [other] * self.times


@dataclass
class Replay:
    """What was sent before `since` is sent once more, all at once, at the first message after it."""

    since: datetime
    _heard: list[bytes] = field(default_factory=list)
    _done: bool = False

    def __call__(self, device: SimulatedDevice, payload: bytes, seen: Sequence[Sample], now: datetime) -> list[bytes]:
        if now < self.since:
            self._heard.append(payload)
            return []
        again, self._done = ([] if self._done else self._heard), True
        return again
