"""Calls for readings with their proof. A record, as a call answers it, is the file that `check_readings.py` reads."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.supervision.calls import api
from marketplace.inventory.queries import find_lot
from marketplace.supervision import queries
from marketplace.supervision.seals.file import Asked, record_of_readings
from tenants.workspace import Workspace

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 in hex.")]
# Six places always: hashes cover a time as it is written, and a time shortened to whole seconds would be another text.
Stamp = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", examples=["2026-03-12T01:00:00.000000Z"])
]


class RecordQuery(Shape):
    """A span [start, end) of event time, 400 days at most; the last day where nothing is said. A span of too many readings is refused."""

    start: Moment | None = None
    end: Moment | None = None


class RecordedAbout(Shape):
    """What the readings are of: a lot, or a device of the caller's."""

    kind: Annotated[str, Field(pattern="^(lot|device)$")]
    id: UUID
    name: str


class RecordedSpan(Shape):
    """The span that was asked for."""

    start: Stamp
    end: Stamp


class SealedWord(Shape):
    """What one message says of the subject, under a seal: its place in the tree (from 0) and the hashes beside its way to the root."""

    place: int
    device: UUID
    boot: int
    sequence: int
    digest: Annotated[Hash, Field(description="SHA-256 of the signed body.")]
    series: Annotated[Hash, Field(description="SHA-256 of the readings made of it.")]
    first_at: Stamp
    last_at: Stamp
    let_go_at: Annotated[Stamp | None, Field(description="When its readings went at the end of their retention.")]
    path: list[Hash]


class RecordedSeal(Shape):
    """A seal; opened where it touches the span. Its head is what the lot's own record holds (event ReadingsSealed)."""

    number: int
    sealed_at: Stamp
    batches: int
    first_at: Stamp
    last_at: Stamp
    root: Hash
    previous: Hash
    head: Hash
    opened: list[SealedWord] | None


class RecordedChain(Shape):
    """All seals that a firm keeps of one lot (or of a device that watched none), from the first on."""

    tenant: UUID
    subject: UUID
    seals: list[RecordedSeal]


class RecordedSeries(Shape):
    """One sensor's readings in one message: exact values, each so many milliseconds after the first."""

    tenant: UUID
    subject: UUID
    device: UUID
    boot: int
    sequence: int
    metric: str
    unit: str
    channel: str
    first_at: Stamp
    offsets_ms: list[int]
    values: list[str]
    late: bool
    trusted: bool


class ReadingsRecord(Shape):
    """Readings with what proves that they are complete and unaltered as far as they are sealed."""

    kind: str
    about: RecordedAbout
    span: RecordedSpan
    chains: list[RecordedChain]
    readings: list[RecordedSeries]


@api.look("/lots/<uuid:lot_id>/readings/record", gives=ReadingsRecord, takes=RecordQuery)
def show_record_of_lot(ws: Workspace, lot_id: UUID, body: RecordQuery) -> Any:
    """A lot's readings with their proof."""
    return record_of_readings(ws, _asked(ws, "lot", lot_id, find_lot(ws, lot_id).number, body))


@api.look("/devices/<uuid:device_id>/readings/record", gives=ReadingsRecord, takes=RecordQuery)
def show_record_of_device(ws: Workspace, device_id: UUID, body: RecordQuery) -> Any:
    """What a device of the caller's said, with its proof."""
    name = queries.watched_device(ws, device_id).device.name
    return record_of_readings(ws, _asked(ws, "device", device_id, name, body))


def _asked(ws: Workspace, kind: str, about_id: UUID, name: str, span: RecordQuery) -> Asked:
    end = span.end or ws.now
    return Asked(
        kind, about_id, name, span.start or max(end, Asked.EARLIEST + timedelta(days=1)) - timedelta(days=1), end
    )
