"""SenML packs (RFC 8428) resolved into records that stand alone.

Base name, time, unit, value and sum apply from the record that holds them until another one replaces them. Times
below 2^28 are relative: here to the `sent_at` that the device signed, not to our arrival clock, so that a pack means
the same whenever it is read. Fields that we do not know are kept aside, except those whose name ends with "_": they
must be understood, so the pack is refused (section 4.4).
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from integrations.devices.notations import number, text, whole
from integrations.devices.refusals import malformed, refusal

VERSION_UNDERSTOOD = 10
RELATIVE_BELOW = Decimal(2**28)  # section 4.5.3
NAME_CHARACTERS_MAX = 256
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")  # section 4.5.1
_BASE = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_VALUES = frozenset({"v", "vs", "vb", "vd"})
_OWN = frozenset({"n", "u", "s", "t", "ut"})
LABELS = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs"} | dict(
    enumerate(("n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"))
)  # section 6, table 6: CBOR labels

Value = Decimal | bool | str
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Record:
    """One resolved record. `time` is seconds since 1970 UTC; `value` is None where the record carries only a `sum`
    (value times seconds)."""

    name: str
    unit: str
    time: Decimal
    value: Value | None
    sum: Decimal | None = None
    extra: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Base:
    name: str = ""
    unit: str = ""
    time: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    sum: Decimal = Decimal(0)


def resolved(pack: object, now: Decimal) -> Iterator[Record]:
    """The records of a pack in its own order, their relative times counted from `now` (seconds since 1970 UTC)."""
    base = _Base()
    for fields in records(pack):
        _check_fields(fields)
        base = _rebased(base, fields)
        if fields.keys() & (_VALUES | {"s"}):
            yield _record(base, fields, now)
        elif fields.keys() & _OWN:
            raise malformed("v")


def records(pack: object) -> list[dict[str, object]]:
    """The raw records of a pack with text labels, whether it came as JSON or as CBOR."""
    if not isinstance(pack, list) or not pack:
        raise malformed("body")
    return [_labelled(each) for each in pack]


def _labelled(record: object) -> dict[str, object]:
    if not isinstance(record, dict):
        raise malformed("body")
    labelled = {LABELS.get(key, "") if type(key) is int else key: value for key, value in record.items()}
    if len(labelled) != len(record) or "" in labelled or not all(isinstance(key, str) for key in labelled):
        raise malformed("body")
    return labelled


def _check_fields(fields: Fields) -> None:
    if whole(fields.get("bver", VERSION_UNDERSTOOD), "bver", 2**31) > VERSION_UNDERSTOOD:
        raise refusal("unsupported_version")
    if any(label.endswith("_") for label in fields):
        raise refusal("unsupported_version")
    if len(fields.keys() & _VALUES) > 1:
        raise malformed("v")


def _rebased(base: _Base, fields: Fields) -> _Base:
    if not fields.keys() & _BASE:
        return base
    return replace(
        base,
        name=text(fields.get("bn", base.name), "bn", NAME_CHARACTERS_MAX),
        unit=text(fields.get("bu", base.unit), "bu", NAME_CHARACTERS_MAX),
        time=number(fields.get("bt", base.time), "bt"),
        value=number(fields.get("bv", base.value), "bv"),
        sum=number(fields.get("bs", base.sum), "bs"),
    )


def _record(base: _Base, fields: Fields, now: Decimal) -> Record:
    name = base.name + text(fields.get("n", ""), "n", NAME_CHARACTERS_MAX)
    if not _NAME.fullmatch(name):
        raise malformed("n")
    return Record(
        name,
        text(fields.get("u", base.unit), "u", NAME_CHARACTERS_MAX),
        _time(base.time + number(fields.get("t", 0), "t"), now),
        _value(base, fields),
        base.sum + number(fields["s"], "s") if "s" in fields else None,
        {label: fields[label] for label in fields.keys() - _BASE - _VALUES - _OWN},
    )


def _time(time: Decimal, now: Decimal) -> Decimal:
    return now + time if time < RELATIVE_BELOW else time


def _value(base: _Base, fields: Fields) -> Value | None:
    if "v" in fields:
        return base.value + number(fields["v"], "v")
    if "vb" in fields:
        if not isinstance(fields["vb"], bool):
            raise malformed("vb")
        return fields["vb"]
    if "vs" in fields:
        return text(fields["vs"], "vs", 4096)
    return _octets(fields["vd"]) if "vd" in fields else None


def _octets(value: object) -> str:
    """Binary data as base64url without padding: the JSON form, into which the CBOR form is turned."""
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    return text(value, "vd", 4096)
