"""The device's side of `codecs`: the body of a batch written in each content type.

Numbers are written digit by digit as they are: a scale that shows 812.40 signs 812.40.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

import cbor2

from integrations.devices.codecs import CBOR, JSON, SENML_CBOR, SENML_JSON, Contents, seconds
from integrations.devices.refusals import refusal
from integrations.devices.senml import LABELS
from marketplace.supervision.readings.ports import Sample

Written = dict[str, object]
_CBOR_LABELS = {name: label for label, name in LABELS.items()}


def encoded(content_type: str, contents: Contents) -> bytes:
    """The body that says `contents`; `codecs.contents` reads it back. Refuses an unknown content type."""
    if content_type == JSON:
        return _json(_own_form(contents)).encode()
    if content_type == CBOR:
        own = {"device": contents.device_id.bytes, "previous": contents.previous}
        return cbor2.dumps(_own_form(contents) | own)
    if content_type == SENML_JSON:
        return _json(list(_pack(contents))).encode()
    if content_type == SENML_CBOR:
        return cbor2.dumps([_with_cbor_labels(record) for record in _pack(contents)])
    raise refusal("unsupported_type", content_type=content_type)


def _header(contents: Contents) -> Written:
    return {
        "device": str(contents.device_id),
        "boot": contents.boot,
        "seq": contents.sequence,
        "sent_at": _time(contents.sent_at),
        "previous": contents.previous.hex() if contents.previous else None,
    } | ({"signer": str(contents.signer)} if contents.signer else {})


def _own_form(contents: Contents) -> Written:
    return _header(contents) | {"readings": list(_series(contents.samples))}


def _series(samples: Iterable[Sample]) -> Iterator[Written]:
    """Neighbours of one metric and channel share a series, so the order of the samples is kept."""
    for (metric, unit, channel), group in groupby(samples, lambda each: (each.metric, each.unit, each.channel)):
        series: Written = {"metric": metric, "unit": unit, "points": [[_time(each.at), each.value] for each in group]}
        yield series | ({"channel": channel} if channel else {})


def _time(at: datetime) -> int | str:
    """Whole milliseconds where that is exact, else RFC 3339."""
    milliseconds = seconds(at) * 1000
    return int(milliseconds) if milliseconds == milliseconds.to_integral_value() else at.isoformat()


def _pack(contents: Contents) -> Iterator[Written]:
    """SenML records; the first carries the envelope's fields and the base time."""
    start = contents.samples[0].at.replace(microsecond=0)
    extra = {name: value for name, value in _header(contents).items() if value is not None}
    extra["bt"] = int(seconds(start))
    for sample in contents.samples:
        yield extra | _record(sample, start)
        extra = {}


def _record(sample: Sample, start: datetime) -> Written:
    record: Written = {"n": sample.channel or sample.metric, "t": _exact_seconds(sample.at - start)}
    if isinstance(sample.value, bool):
        return record | {"vb": sample.value}
    if isinstance(sample.value, str):
        return record | {"vs": sample.value}
    return record | {"u": sample.unit, "v": sample.value}


def _exact_seconds(span: timedelta) -> Decimal | int:
    exact = Decimal(span // timedelta(microseconds=1)) / 1_000_000
    return int(exact) if exact == exact.to_integral_value() else exact


def _with_cbor_labels(record: Written) -> dict[int | str, object]:
    return {_CBOR_LABELS.get(name, name): value for name, value in record.items()}


def _json(value: object) -> str:
    """JSON text with exact decimals: the standard writer knows only binary floats."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value)
