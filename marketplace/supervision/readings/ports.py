"""What devices say, in the words of the trade: the types that cross the door from `integrations/devices` into
supervision.

A device signs a *batch* of samples. Its place in the device's own history is (boot, sequence): `boot` counts the
starts of the device, `sequence` its batches since that start, from 0. Each batch names the SHA-256 of the body before
it, so the history is a chain and a hole in it shows.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sample:
    """One observation at its event time.

    `metric` is a trade name (`weight`, `temperature`, ...), `unit` its SenML unit (RFC 8428 section 12.1: kg, Cel,
    %RH, %EL, lat, lon; "/" for a state; "" where none applies). `value` is a measured quantity, a state (a door is
    open) or a text (the tag that a reader saw). `at` is when the device saw it, in UTC. `channel` names the sensor
    inside the device where it has several of a kind.
    """

    metric: str
    value: Decimal | bool | str
    unit: str
    at: datetime
    channel: str = ""


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch whose signature was verified under the key enrolled for `device_id`.

    `body` holds the signed bytes exactly as received: it is the evidence, `samples` only its reading. `previous` is
    the SHA-256 of the body before it, None where the device knows of none (its first batch, or memory lost in a
    reboot). `content_type` is the bare media type that the signature covers. `renewed`: it was signed with the key that
    the device is to change to.
    """

    device_id: UUID
    boot: int
    sequence: int
    sent_at: datetime
    previous: bytes | None
    samples: tuple[Sample, ...]
    body: bytes
    signature: bytes
    content_type: str
    renewed: bool = False

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: what the next batch must name as `previous`, and what the transparency log takes in."""
        return sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Tip:
    """The furthest batch stored for a device: the end of its chain as far as we know it."""

    boot: int
    sequence: int
    digest: bytes


class Continuity(StrEnum):
    """How a batch stands to what is already stored of its device."""

    FIRST = "first"  # nothing stored yet
    NEXT = "next"  # the expected one, its chain whole
    REBOOTED = "rebooted"  # first of a new boot; nothing is known to be missing
    GAP = "gap"  # ahead of the expected one: batches are missing, for now or for good
    LATE = "late"  # behind the tip and not seen before: it fills a gap
    DUPLICATE = "duplicate"  # the very same batch again: harmless, a lost receipt
    CONFLICT = "conflict"  # this place is taken by another body: a cloned key, or memory set back
    BROKEN = "broken"  # the right number, but it names another predecessor: the chain was cut


@dataclass(frozen=True, slots=True)
class Standing:
    """`kind`, and how many batches are missing before this one: None where a new boot hides the number."""

    kind: Continuity
    missing: int | None = 0


def standing(batch: SignedBatch, *, tip: Tip | None, stored: bytes | None) -> Standing:
    """Tell replay, reorder and loss apart by (boot, sequence) and the hash chain.

    `stored` is the digest kept under the batch's own (boot, sequence), None where that place is free. Refuses
    nothing: a gap is a finding for the rules, since evidence that was signed is never thrown away.
    """
    if stored is not None:
        return Standing(Continuity.DUPLICATE if stored == batch.digest else Continuity.CONFLICT)
    if tip is None:
        return Standing(Continuity.FIRST)
    if (batch.boot, batch.sequence) < (tip.boot, tip.sequence):
        return Standing(Continuity.LATE)
    return _beyond(tip, batch)


def _beyond(tip: Tip, batch: SignedBatch) -> Standing:
    """The standing of a batch that lies after the tip."""
    if batch.boot > tip.boot:
        whole = batch.boot == tip.boot + 1 and batch.sequence == 0 and batch.previous in (None, tip.digest)
        return Standing(Continuity.REBOOTED) if whole else Standing(Continuity.GAP, missing=None)
    missing = batch.sequence - tip.sequence - 1
    if missing:
        return Standing(Continuity.GAP, missing=missing)
    return Standing(Continuity.NEXT if batch.previous == tip.digest else Continuity.BROKEN)
