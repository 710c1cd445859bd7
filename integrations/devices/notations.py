"""Strict readers of JSON (RFC 8259) and CBOR (RFC 8949): bytes in, plain values out, or a refusal.

Stricter than Python's own: a signed message must mean one thing only. Refused are NaN and the infinities, a field
named twice, invalid UTF-8, deep nesting, numbers with hundreds of digits, bytes after the end, and every CBOR tag but
the decimal fraction (4). Numbers with a fraction become Decimal, never float: 0.1 kg is 0.1 kg.
"""

import io
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NoReturn

import cbor2

from integrations.devices.refusals import malformed, refusal
from tenants.errors import Refused

NUMBER_CHARACTERS_MAX = 32
WHOLE_DIGITS_MAX = 15
FRACTION_DIGITS_MAX = 24
_TOO_LARGE = 10**WHOLE_DIGITS_MAX
_LONG_NUMBER = b"0" * (NUMBER_CHARACTERS_MAX + 1)
_DIGITS_ALIKE = bytes(ord("0") if each in b"0123456789.eE+-" else ord(" ") for each in range(256))
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_ALIKE = bytes.maketrans(b"{}", b"[]")
_TAGS_BUILT_IN = (0, 1, 2, 3, 5, 25, 28, 29, 30, 35, 36, 37, 43000, 52, 54, 100, 256, 258, 260, 261, 1004, 55799)


def read_json(body: bytes, depth_max: int) -> object:
    """The value of a JSON text: dict, list, str, int, Decimal, bool or None."""
    bare = _STRING.sub(b"", body)
    if _is_deeper(bare, depth_max):
        raise refusal("too_deep", depth_max=depth_max)
    if _LONG_NUMBER in bare.translate(_DIGITS_ALIKE):
        raise refusal("out_of_range")
    try:
        return _JSON.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise malformed("body") from error
    except ArithmeticError as error:
        raise refusal("out_of_range") from error


def _is_deeper(bare: bytes, depth_max: int) -> bool:
    """Whether the brackets of a body without its strings nest deeper: known before anything is built, and without recursion.

    Each round takes the innermost pairs away, so that what nests no deeper is gone after so many rounds; what never closes stays.
    """
    left = bare.translate(_ALIKE, _ALL_BUT_BRACKETS)
    for _ in range(depth_max):
        left = left.replace(b"[]", b"")
    return b"[]" in left or left.count(b"[") > depth_max


def _not_finite(_text: str) -> NoReturn:
    raise refusal("not_finite")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise refusal("duplicate_key")
    return fields


_JSON = json.JSONDecoder(parse_float=Decimal, parse_constant=_not_finite, object_pairs_hook=_unique)


class _TagRefusedError(Exception):
    """Raised inside the decoder, which wraps it."""


def _refuse_tag(_value: object, _immutable: bool = False) -> NoReturn:
    raise _TagRefusedError


_REFUSED_TAGS = dict.fromkeys(_TAGS_BUILT_IN, _refuse_tag)


def read_cbor(body: bytes, depth_max: int) -> object:
    """The value of one CBOR item: dict, list, str, bytes, int, Decimal, float, bool or None."""
    stream = io.BytesIO(body)
    try:
        item: object = cbor2.CBORDecoder(
            stream,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED_TAGS,
            max_depth=depth_max,
            allow_duplicate_keys=False,
        ).decode()
    except cbor2.CBORError as error:
        raise _reason(error, depth_max) from error
    if stream.tell() != len(body):
        raise malformed("body")
    return item


def _reason(error: cbor2.CBORError, depth_max: int) -> Refused:
    """cbor2 tells its refusals apart by their text alone; an unknown text is still a refusal."""
    if "nesting depth" in str(error):
        return refusal("too_deep", depth_max=depth_max)
    return refusal("duplicate_key") if "Duplicate map key" in str(error) else malformed("body")


def number(value: object, field: str) -> Decimal:
    """A finite number as its shortest decimal: in size at least 1e-24 and below 1e15, or zero."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise refusal("not_finite")
        value = Decimal(repr(value))
    elif type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise malformed(field)
    if not value.is_finite():
        raise refusal("not_finite")
    if not -value.adjusted() <= FRACTION_DIGITS_MAX or value.adjusted() >= WHOLE_DIGITS_MAX:
        raise refusal("out_of_range")
    return value


def numbers(values: Sequence[object]) -> list[Decimal] | None:
    """The same for a whole column, where all are plain and in range; None where each has to be looked at."""
    kinds = {*map(type, values)}
    if not kinds <= {int, Decimal}:
        return None
    figures: list[Decimal] = list(map(Decimal, values))  # type: ignore[arg-type]
    if kinds == {int}:
        return figures if max(map(abs, figures)) < _TOO_LARGE else None
    sizes = list(map(Decimal.adjusted, figures))
    in_range = min(sizes) >= -FRACTION_DIGITS_MAX and max(sizes) < WHOLE_DIGITS_MAX
    return figures if in_range and all(map(Decimal.is_finite, figures)) else None


def whole(value: object, field: str, maximum: int) -> int:
    """A whole number from 0 to `maximum`."""
    if type(value) is not int or not 0 <= value <= maximum:
        raise malformed(field)
    return value


def text(value: object, field: str, characters_max: int) -> str:
    """A printable text: no control characters, no lone surrogates, nothing that a database would refuse."""
    if not isinstance(value, str) or len(value) > characters_max or not value.isprintable():
        raise malformed(field)
    return value
