"""What devices say, in the words of the trade: the types that cross the door from `integrations/devices` into
supervision.

A device signs a *batch* of samples. Its place in the device's own history is (boot, sequence): `boot` counts the
starts of the device, `sequence` its batches since that start, from 0. Each batch names the SHA-256 of the body before
it, so the history is a chain and a hole in it shows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from typing import overload
from uuid import UUID

Value = Decimal | bool | str
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One observation at its event time.

    `metric` is a trade name (`weight`, `temperature`, ...), `unit` its SenML unit (RFC 8428 section 12.1: kg, Cel,
    %RH, %EL, lat, lon; "/" for a state; "" where none applies). `value` is a measured quantity, a state (a door is
    open) or a text (the tag that a reader saw). `at` is when the device saw it, in UTC. `channel` names the sensor
    inside the device where it has several of a kind.
    """

    metric: str
    value: Value
    unit: str
    at: datetime
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """What one sensor says in a batch, in columns: observation i is `values[i]`, made `instants[i]` microseconds after 1970 UTC."""

    metric: str
    unit: str
    channel: str
    instants: Sequence[int]
    values: Sequence[Value]


@dataclass(frozen=True)
class Samples(Sequence[Sample]):
    """A batch's observations in the order in which the device gave them, kept in columns: an object for each of ten thousand would cost more than all else."""

    series: tuple[Series, ...] = ()

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> "Samples":
        """Neighbours of one sensor share a series, so that the order stays."""
        grouped = groupby(samples, lambda each: (each.metric, each.unit, each.channel))
        return cls(tuple(_series_of(*sensor, list(group)) for sensor, group in grouped))

    @cached_property
    def first_at(self) -> datetime:
        """The earliest event."""
        return moment(min(min(one.instants) for one in self.series))

    @cached_property
    def last_at(self) -> datetime:
        """The newest event."""
        return moment(max(max(one.instants) for one in self.series))

    def __len__(self) -> int:
        return sum(len(one.values) for one in self.series)

    def __iter__(self) -> Iterator[Sample]:
        for one in self.series:
            for instant, value in zip(one.instants, one.values, strict=True):
                yield Sample(one.metric, value, one.unit, moment(instant), one.channel)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Sample, ...]: ...
    def __getitem__(self, place: int | slice) -> Sample | tuple[Sample, ...]:
        return tuple(self)[place]


def moment(microseconds: int) -> datetime:
    """So many microseconds after 1970 UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """How many microseconds after 1970 UTC."""
    return (at - EPOCH) // MICROSECOND


def _series_of(metric: str, unit: str, channel: str, samples: Sequence[Sample]) -> Series:
    return Series(metric, unit, channel, [microseconds(one.at) for one in samples], [one.value for one in samples])


@dataclass(frozen=True)
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
    samples: Samples
    body: bytes
    signature: bytes
    content_type: str
    renewed: bool = False

    @cached_property
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
