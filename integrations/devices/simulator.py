"""A device as a program: its own key, its own chain, its own memory of what the house has not confirmed.

It signs real messages exactly as a device on a scale would, in event time given by whoever plays it and not by the
wall clock.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from nacl.signing import SigningKey

from integrations.devices.codecs import FRAME, JSON, Contents
from integrations.devices.encoding import encoded
from integrations.devices.enrolment import possession_bytes
from integrations.devices.envelope import framed, receipt_digest, seal
from integrations.devices.frames import FrameContents, frame_body
from marketplace.supervision.readings.ports import Sample, Samples


@dataclass
class SimulatedDevice:
    """One device. `batch` signs and moves the chain on; `restart` is a power cut. `signer`: the gateway whose key it is, where that signs for it."""

    device_id: UUID
    tenant_id: UUID
    key: SigningKey
    content_type: str = JSON
    boot: int = 1
    sequence: int = 0
    previous: bytes | None = field(default=None, repr=False)
    signer: UUID | None = None

    @property
    def public_key(self) -> bytes:
        """The 32 bytes to enrol."""
        return bytes(self.key.verify_key)

    def prove_possession(self, challenge: bytes) -> bytes:
        """The answer to the challenge of an enrolment."""
        return self.key.sign(possession_bytes(challenge)).signature

    def batch(self, samples: Sequence[Sample], sent_at: datetime | None = None) -> bytes:
        """One framed message with these samples, at least one; sent at the time of the last event unless told
        otherwise."""
        sent_at = sent_at or max(sample.at for sample in samples)
        said = Contents(
            self.device_id, self.boot, self.sequence, sent_at, self.previous, Samples.of(samples), self.signer
        )
        body = encoded(self.content_type, said)
        self.sequence += 1
        self.previous = sha256(body).digest()
        return framed(self.content_type, seal(self.content_type, body, self.key), body)

    def frame(self, picture: bytes, taken_at: datetime, sent_at: datetime | None = None) -> bytes:
        """One framed message with this picture."""
        said = FrameContents(
            self.device_id, self.boot, self.sequence, sent_at or taken_at, self.previous, self.signer, taken_at, sha256(picture).digest()
        )  # fmt: skip
        statement, body = frame_body(said, picture)
        self.sequence += 1
        self.previous = sha256(statement).digest()
        return framed(FRAME, seal(FRAME, statement, self.key), body)

    def restart(self, *, remembers: bool = True) -> None:
        """Begin a new boot. A device without lasting memory forgets the end of its chain."""
        self.boot += 1
        self.sequence = 0
        if not remembers:
            self.previous = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A signed message and where it goes."""

    tenant_id: UUID
    device_id: UUID
    payload: bytes

    @property
    def digest(self) -> bytes:
        """What the receipt will name."""
        return receipt_digest(self.payload)


_SCHEMA = """
create table if not exists device (
    id text primary key, boot integer not null, sequence integer not null, previous blob
);
create table if not exists letter (
    position integer primary key, digest blob not null unique,
    tenant text not null, device text not null, payload blob not null
);
"""


class Memory:
    """Store and forward: the chain and every letter without a receipt, on disk where a folder is given.

    A letter and the step of the chain that made it are one transaction, so a device killed at any moment neither signs
    two bodies under one number nor loses a batch that it has counted.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._store = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._store.executescript(_SCHEMA)

    def recall(self, device: SimulatedDevice) -> None:
        """Set the device's chain to where it was left, if it was ever here."""
        with self._lock:
            row = self._store.execute(
                "select boot, sequence, previous from device where id = ?", (str(device.device_id),)
            ).fetchone()
        if row:
            device.boot, device.sequence, device.previous = row

    def keep(self, device: SimulatedDevice, payload: bytes) -> Letter:
        """Remember a batch just signed, before it is sent for the first time."""
        letter = Letter(device.tenant_id, device.device_id, payload)
        with self._lock, self._store as store:
            store.execute(
                "insert or replace into device values (?, ?, ?, ?)",
                (str(device.device_id), device.boot, device.sequence, device.previous),
            )
            store.execute(
                "insert into letter (digest, tenant, device, payload) values (?, ?, ?, ?)",
                (letter.digest, str(letter.tenant_id), str(letter.device_id), payload),
            )
        return letter

    def forget(self, digest: bytes) -> None:
        """A receipt came: the house has it, or has refused it for good."""
        with self._lock, self._store as store:
            store.execute("delete from letter where digest = ?", (digest,))

    def unconfirmed(self) -> list[Letter]:
        """The letters without a receipt, oldest first."""
        with self._lock:
            rows = self._store.execute("select tenant, device, payload from letter order by position").fetchall()
        return [Letter(UUID(tenant), UUID(device), payload) for tenant, device, payload in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()
