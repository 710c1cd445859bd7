"""The four content types of a batch, read into one form.

Bailee's own form, in JSON and in CBOR, is an object:

    {"device": "0198c0de-...", "boot": 3, "seq": 417, "sent_at": "2026-03-01T08:00:05Z", "previous": "9f86d0...",
     "readings": [{"metric": "weight", "unit": "kg", "points": [["2026-03-01T08:00:00Z", 812.4], [1772352001000,
     812.5]]}]}

A time is RFC 3339 with its offset, or whole milliseconds since 1970 UTC. `previous` is the SHA-256 of the body before
this one in hex (CBOR: 32 bytes), or null. A series may carry a `channel`, the sensor's name inside the device. In
CBOR `device` may be 16 bytes. A gateway that signs for a simple sensor names itself in `signer`.

A SenML pack (RFC 8428) carries device, signer, boot, seq, sent_at and previous as extra fields of its first record; any SenML
reader ignores them there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

from integrations.devices import senml
from integrations.devices.metrics import Metric, metric_in_pack, metric_named, read_all
from integrations.devices.notations import number, read_cbor, read_json, text, whole
from integrations.devices.refusals import malformed, refusal
from marketplace.supervision.readings.ports import EPOCH, Sample, Samples, Series, microseconds

JSON = "application/json"
SENML_JSON = "application/senml+json"
CBOR = "application/cbor"
SENML_CBOR = "application/senml+cbor"
FRAME = "application/vnd.bailee.frame+json"  # a picture with its statement: see `frames`
CONTENT_TYPES = (JSON, SENML_JSON, CBOR, SENML_CBOR)

BOOT_MAX = 2**31 - 1
SEQUENCE_MAX = 2**63 - 1
CHANNEL_CHARACTERS_MAX = 256
DIGEST_BYTES = 32
_MILLISECONDS_MAX = 4_102_444_800_000  # the year 2100: what lies beyond is no clock
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a body says, not yet vouched for by a signature."""

    device_id: UUID
    boot: int
    sequence: int
    sent_at: datetime
    previous: bytes | None
    samples: Samples
    signer: UUID | None = None


def contents(body: bytes, content_type: str, *, depth_max: int, samples_max: int) -> Contents:
    """Read a body of the given content type. Refuses whatever is not exactly of the form above."""
    if content_type not in CONTENT_TYPES:
        raise refusal("unsupported_type", content_type=content_type)
    read = read_cbor if content_type.endswith("cbor") else read_json
    value = read(body, depth_max)
    pack = "senml" in content_type
    header = _first_record(value) if pack else _fields(value, "body")
    device_id, boot, sequence, sent_at, previous, signer = read_head(header)
    samples = _bounded(_pack(value, sent_at, samples_max) if pack else _series(value), samples_max)
    return Contents(device_id, boot, sequence, sent_at, previous, samples, signer)


def read_head(header: Mapping[str, object]) -> tuple[UUID, int, int, datetime, bytes | None, UUID | None]:
    """Device, boot, sequence, time of sending, the digest before, and who signs where it is not the device itself."""
    return (
        _id(header.get("device"), "device"),
        whole(header.get("boot"), "boot", BOOT_MAX),
        whole(header.get("seq"), "seq", SEQUENCE_MAX),
        instant(header.get("sent_at"), "sent_at"),
        _previous(header.get("previous")),
        None if header.get("signer") is None else _id(header["signer"], "signer"),
    )


def _bounded(series: Iterable[Series], samples_max: int) -> Samples:
    taken: list[Series] = []
    left = samples_max
    for one in series:
        left -= len(one.values)
        if left < 0:
            raise refusal("too_many", samples_max=samples_max)
        taken.append(one)
    if not taken:
        raise refusal("empty")
    return Samples(tuple(taken))


def _fields(value: object, field: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise malformed(field)
    return value


def _items(value: object, field: str) -> list[object]:
    if not isinstance(value, list):
        raise malformed(field)
    return value


def _first_record(value: object) -> Mapping[str, object]:
    return senml.records(value)[0]


def _series(value: object) -> Iterator[Series]:
    """The samples of Bailee's own form: series of points."""
    for each in _items(_fields(value, "body").get("readings"), "readings"):
        series = _fields(each, "readings")
        metric = metric_named(series.get("metric"), series.get("unit", ""))
        channel = text(series.get("channel", ""), "channel", CHANNEL_CHARACTERS_MAX)
        if points := _items(series.get("points"), "points"):
            yield _columns(metric, channel, points)


def _columns(metric: Metric, channel: str, points: Sequence[object]) -> Series:
    """Pairs of time and value turned into two columns: a whole column is looked at in one step where it holds nothing odd."""
    if {*map(type, points)} != {list} or {*map(len, points)} != {2}:  # type: ignore[arg-type]
        raise malformed("points")
    times, values = zip(*points, strict=True)
    return Series(metric.name, metric.unit, channel, _instants(times), read_all(metric, values))


def _instants(times: Sequence[object]) -> list[int]:
    """Times as microseconds since 1970 UTC."""
    if {*map(type, times)} == {int}:
        whole_milliseconds: Sequence[int] = times  # type: ignore[assignment]
        if min(whole_milliseconds) >= 0 and max(whole_milliseconds) <= _MILLISECONDS_MAX:
            return [time * 1000 for time in whole_milliseconds]
    return [microseconds(instant(time, "points")) for time in times]


def _pack(value: object, sent_at: datetime, samples_max: int) -> Iterator[Series]:
    """The samples of a SenML pack, neighbours of one sensor together; one more than may be is enough to refuse it."""
    yield from Samples.of(islice(pack_samples(value, sent_at), samples_max + 1)).series


def pack_samples(value: object, sent_at: datetime) -> Iterator[Sample]:
    """The samples of a SenML pack. A sum becomes a metric of its own, `<metric>_sum`, in unit times seconds."""
    for record in senml.resolved(value, seconds(sent_at)):
        metric = metric_in_pack(record.name, record.unit)
        at = _at_seconds(record.time)
        if record.value is not None:
            yield Sample(metric.name, metric.read(record.value), metric.unit, at, record.name)
        if record.sum is not None:
            yield Sample(f"{metric.name}_sum", number(record.sum, "s"), f"{record.unit}.s", at, record.name)


def seconds(at: datetime) -> Decimal:
    """A time as exact seconds since 1970 UTC."""
    return Decimal((at - EPOCH) // timedelta(microseconds=1)) / 1_000_000


def _at_seconds(time: Decimal) -> datetime:
    if not 0 <= time * 1000 <= _MILLISECONDS_MAX:
        raise malformed("t")
    return EPOCH + timedelta(microseconds=int((time * 1_000_000).to_integral_value()))


def instant(value: object, field: str) -> datetime:
    """A time in UTC, from RFC 3339 text with an offset or from whole milliseconds since 1970. Refuses local times and
    years beyond 2100."""
    if type(value) is int:
        if not 0 <= value <= _MILLISECONDS_MAX:
            raise malformed(field)
        return EPOCH + timedelta(milliseconds=value)
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise malformed(field)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise malformed(field) from error


def _id(value: object, field: str) -> UUID:
    if isinstance(value, bytes) and len(value) == 16:
        return UUID(bytes=value)
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise malformed(field)


def _previous(value: object) -> bytes | None:
    if value is None or (isinstance(value, bytes) and len(value) == DIGEST_BYTES):
        return value
    if isinstance(value, str) and _HEX.fullmatch(value):
        return bytes.fromhex(value)
    raise malformed("previous")
