"""Strict reading: one meaning for each signed byte, a refusal for everything else, and never another exception."""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices import codecs
from integrations.devices.codecs import CBOR, CONTENT_TYPES, JSON, SENML_CBOR, SENML_JSON, Contents
from integrations.devices.metrics import metric_named, read_all
from integrations.devices.notations import number, read_cbor, read_json
from integrations.devices.refusals import CODES
from tenants.errors import Refused


def contents(body: bytes, content_type: str) -> Contents:
    return codecs.contents(body, content_type, depth_max=8, samples_max=1000)


def code_of(body: bytes, content_type: str = JSON) -> str:
    with pytest.raises(Refused) as caught:
        contents(body, content_type)
    assert caught.value.code in CODES
    return caught.value.code


def read_or_refused(body: bytes, content_type: str) -> bool:
    """False where a batch without samples passed, or a refusal that is not on the list; any other exception fails."""
    try:
        return bool(contents(body, content_type).samples)
    except Refused as refused:
        return refused.code in CODES


def batch(points: str = "[[0, 1]]", **changed: object) -> bytes:
    """A batch in Bailee's own JSON form, with its points as raw text."""
    fields = {"device": str(uuid4()), "boot": 1, "seq": 0, "sent_at": 0, "previous": None}
    head = json.dumps(fields | {k: v for k, v in changed.items() if k not in ("metric", "unit")})[:-1]
    series = json.dumps({"metric": changed.get("metric", "weight"), "unit": changed.get("unit", "kg")})[:-1]
    return f'{head}, "readings": [{series}, "points": {points}}}]}}'.encode()


def test_the_batch_of_these_tests_is_good() -> None:
    [sample] = contents(batch(), JSON).samples
    assert (sample.metric, sample.value, sample.unit) == ("weight", 1, "kg")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (batch("[[0, NaN]]"), "not_finite"),
        (batch("[[0, Infinity]]"), "not_finite"),
        (batch("[[0, -Infinity]]"), "not_finite"),
        (batch().replace(b'"boot"', b'"remark": NaN, "boot"'), "not_finite"),
        (batch("[[0, 1e400]]"), "out_of_range"),
        (batch("[[0, 1e-400]]"), "out_of_range"),
        (batch("[[0, 1e999999999999999999]]"), "out_of_range"),
        (batch("[[0, 1e15]]"), "out_of_range"),
        (batch("[[0, " + "9" * 5000 + "]]"), "out_of_range"),
        (batch("[[0, 0." + "9" * 5000 + "]]"), "out_of_range"),
        (batch("[" * 100_000), "too_deep"),
        (batch("[" * 100_000 + "]" * 100_000), "too_deep"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "too_deep"),
        (b"[" * 9 + b"]" * 9, "too_deep"),
        (batch().replace(b'"boot": 1', b'"boot": 1, "boot": 2'), "duplicate_key"),
        (batch().replace(b'"unit": "kg"', b'"unit": "g", "unit": "kg"'), "duplicate_key"),
        (batch().replace(b'"kg"', b'"\xff"'), "malformed"),
        (batch().replace(b'"kg"', b'"\xed\xa0\x80"'), "malformed"),
        (b"\xef\xbb\xbf" + batch(), "malformed"),
        (batch().decode().encode("utf-16"), "malformed"),
        (batch() + b"{}", "malformed"),
        (batch()[:-1], "malformed"),
        (b"", "malformed"),
        (b"null", "malformed"),
        (b"[]", "malformed"),
        (b'"text"', "malformed"),
        (batch("[[0, 1],]"), "malformed"),
        (batch("[[0, 01]]"), "malformed"),
        (batch("[[0, +1]]"), "malformed"),
        (batch("[[0, 0x1]]"), "malformed"),
        (batch("[[0, '1']]"), "malformed"),
        (batch('[[0, "1"]]'), "malformed"),
        (batch("[[0, true]]"), "malformed"),
        (batch("[[0, null]]"), "malformed"),
        (batch("[[0]]"), "malformed"),
        (batch("[[0, 1, 2]]"), "malformed"),
        (batch("[0, 1]"), "malformed"),
        (batch("{}"), "malformed"),
        (batch("[]"), "empty"),
        (batch("[[-1, 1]]"), "malformed"),
        (batch("[[0.5, 1]]"), "malformed"),
        (batch("[[true, 1]]"), "malformed"),
        (batch("[[99999999999999, 1]]"), "malformed"),
        (batch('[["2026-03-01T12:00:00", 1]]'), "malformed"),
        (batch('[["2026-02-30T12:00:00Z", 1]]'), "malformed"),
        (batch('[["2026-03-01T12:00:60Z", 1]]'), "malformed"),
        (batch('[["0001-01-01T00:00:00+23:59", 1]]'), "malformed"),
        (batch('[["9999-12-31T23:59:59-23:59", 1]]'), "malformed"),
        (batch('[["2026-03-01", 1]]'), "malformed"),
        (batch('[["٢٠٢٦-03-01T12:00:00Z", 1]]'), "malformed"),
        (batch(boot=-1), "malformed"),
        (batch(boot=2**31), "malformed"),
        (batch(boot=True), "malformed"),
        (batch(seq=1.0), "malformed"),
        (batch(seq=2**63), "malformed"),
        (batch(seq=None), "malformed"),
        (batch(device="1"), "malformed"),
        (batch(device=7), "malformed"),
        (batch(device="{0198c0de-0000-7000-8000-000000000001}"), "malformed"),
        (batch(previous="00"), "malformed"),
        (batch(previous=0), "malformed"),
        (batch(previous="zz" * 32), "malformed"),
        (batch(sent_at=None), "malformed"),
        (batch(unit="lb"), "wrong_unit"),
        (batch(metric="temperature"), "wrong_unit"),
        (batch(metric="Weight"), "malformed"),
        (batch(metric="w" * 65), "malformed"),
        (batch(metric=3), "malformed"),
        (batch("[[0, 2]]", metric="door", unit="/"), "malformed"),
        (batch(r'[[0, "\u0000"]]', metric="tag", unit=""), "malformed"),
        (batch(r'[[0, "\ud800"]]', metric="tag", unit=""), "malformed"),
        (batch('[[0, "' + "x" * 257 + '"]]', metric="tag", unit=""), "malformed"),
        (batch("[[0, 5]]", metric="tag", unit=""), "malformed"),
    ],
)
def test_json_that_is_refused(body: bytes, code: str) -> None:
    assert code_of(body) == code


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    body = batch(r'[[0, "[[[[[[[[[[{{{{{{\"]]]["]]', metric="tag", unit="")
    assert contents(body, JSON).samples[0].value == '[[[[[[[[[[{{{{{{"]]]['


def test_numbers_stay_exact() -> None:
    [sample] = contents(batch("[[0, 0.1]]"), JSON).samples
    assert str(sample.value) == "0.1"
    assert str(read_json(b"812.40", 8)) == "812.40"
    assert number(0.1, "v") == Decimal("0.1")


@pytest.mark.parametrize(
    ("metric", "unit", "raw", "value", "stored_unit"),
    [
        ("weight", "g", "812400", Decimal("812.4"), "kg"),
        ("temperature", "K", "273.15", Decimal(0), "Cel"),
        ("door", "/", "true", True, "/"),
        ("door", "", "0", False, "/"),
        ("tag", "", '"urn:epc:id:sgtin:1.2.3"', "urn:epc:id:sgtin:1.2.3", ""),
        ("latitude", "lat", "60.07965", Decimal("60.07965"), "lat"),
        ("network_latitude", "lat", "60.1", Decimal("60.1"), "lat"),
        ("vibration", "m/s2", "0.4", Decimal("0.4"), "m/s2"),
    ],
)
def test_units_and_kinds(metric: str, unit: str, raw: str, value: object, stored_unit: str) -> None:
    [sample] = contents(batch(f"[[0, {raw}]]", metric=metric, unit=unit), JSON).samples
    assert (sample.metric, sample.value, sample.unit) == (metric, value, stored_unit)
    assert type(sample.value) is type(value)


def own_cbor(**changed: object) -> bytes:
    fields = {"device": uuid4().bytes, "boot": 1, "seq": 0, "sent_at": 0, "previous": b"\0" * 32}
    series = {"metric": "weight", "unit": "kg", "points": [[0, changed.pop("value", 1)]]}
    return cbor2.dumps(fields | {"readings": [series]} | changed)


@pytest.mark.parametrize("value", [1, 0.1, Decimal("812.40")])
def test_cbor_numbers(value: float | Decimal) -> None:
    [sample] = contents(own_cbor(value=value), CBOR).samples
    assert str(sample.value) == str(value)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (own_cbor(value=math.nan), "not_finite"),
        (own_cbor(value=math.inf), "not_finite"),
        (own_cbor(value=1e300), "out_of_range"),
        (own_cbor(value=2**63), "out_of_range"),
        (own_cbor(value=2**70), "malformed"),
        (own_cbor(value=Decimal("NaN")), "not_finite"),
        (own_cbor(value="1"), "malformed"),
        (own_cbor() + b"\0", "malformed"),
        (own_cbor()[:-1], "malformed"),
        (b"\x81" * 9 + b"\0", "too_deep"),
        (bytes.fromhex("a2616101616102"), "duplicate_key"),
        (bytes.fromhex("9b7fffffffffffffff"), "malformed"),
        (bytes.fromhex("7b7fffffffffffffff61"), "malformed"),
        (bytes.fromhex("62c328"), "malformed"),
        (bytes.fromhex("f7"), "malformed"),
        (bytes.fromhex("ff"), "malformed"),
        (b"", "malformed"),
    ],
)
def test_cbor_that_is_refused(body: bytes, code: str) -> None:
    assert code_of(body, CBOR) == code


def test_of_all_tags_cbor_may_use_the_decimal_fraction_alone() -> None:
    """Tags make regular expressions, big floats, shared and cyclic references: none of it is a reading."""
    passed = set()
    for tag in range(70_000):
        head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]
        for inner in (b"\x00", b"\x82\x00\x01", b"\x61a", b"\x41a", b"\x80"):
            try:
                read_cbor(head + inner, 8)
            except Refused:
                continue
            passed.add(tag)
    assert passed == {4}


def test_a_huge_exponent_costs_nothing() -> None:
    for body in ("c5821b7fffffffffffffff01", "c4821b7fffffffffffffff01", "c4821a3b9aca0001"):
        with pytest.raises(Refused):
            number(read_cbor(bytes.fromhex(body), 8), "v")


@given(body=st.binary(max_size=300), content_type=st.sampled_from(CONTENT_TYPES))
def test_random_bytes_are_refused_and_nothing_else(body: bytes, content_type: str) -> None:
    code_of(body, content_type)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_NAMES = st.sampled_from(
    [
        "device",
        "boot",
        "seq",
        "sent_at",
        "previous",
        "readings",
        "metric",
        "unit",
        "points",
        "channel",
        "bn",
        "bt",
        "bu",
        "bv",
        "bs",
        "bver",
        "n",
        "u",
        "v",
        "vs",
        "vb",
        "vd",
        "s",
        "t",
        "ut",
        "x_",
    ]
)
_ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=8), max_leaves=20
)


@given(value=_ANYTHING, content_type=st.sampled_from(CONTENT_TYPES))
def test_any_value_is_read_or_refused(value: object, content_type: str) -> None:
    body = cbor2.dumps(value) if "cbor" in content_type else json.dumps(value).encode("utf-8", "surrogatepass")
    assert read_or_refused(body, content_type)


@given(
    head=st.fixed_dictionaries(
        {
            "device": st.uuids().map(str) | _SCALARS,
            "boot": st.integers(0, 9) | _SCALARS,
            "seq": st.integers(0, 9) | _SCALARS,
            "sent_at": st.integers(0, 2**41) | _SCALARS,
        }
    ),
    records=st.lists(st.dictionaries(_NAMES, _SCALARS, max_size=5), max_size=4),
    content_type=st.sampled_from([SENML_JSON, SENML_CBOR]),
)
def test_any_pack_is_read_or_refused(
    head: dict[str, object], records: list[dict[str, object]], content_type: str
) -> None:
    pack = [head | {"bn": "a", "v": 1, "u": "kg"}, *records]
    body = cbor2.dumps(pack) if "cbor" in content_type else json.dumps(pack).encode("utf-8", "surrogatepass")
    assert read_or_refused(body, content_type)


def test_json_corner_cases_of_the_real_data_do_not_crash(real_data: Path) -> None:
    for path in sorted(real_data.rglob("*.json"))[:400]:
        body = path.read_bytes()
        for content_type in (JSON, SENML_JSON):
            assert read_or_refused(body, content_type)


RAW = st.one_of(
    st.integers(-(10**16), 10**16),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from([Decimal("0E-30"), Decimal("1E-24"), Decimal("9E-25"), 10**15, -(10**15) + 1]),
    st.floats(),
    st.booleans(),
    st.text(max_size=2),
)


@given(st.lists(RAW, min_size=1, max_size=5))
def test_a_column_is_read_as_its_values_are_one_by_one(raw: list[object]) -> None:
    def told(read: Callable[[], list[object]]) -> object:
        try:
            return [(type(value), str(value)) for value in read()]
        except Refused as refused:
            return refused.code

    for metric in (metric_named("weight", "kg"), metric_named("weight", "g"), metric_named("vibration", "")):
        assert told(lambda: list(read_all(metric, raw))) == told(lambda: [metric.read(value) for value in raw])  # noqa: B023


def test_a_number_of_many_digits_is_refused_wherever_it_stands() -> None:
    for figure in (b"1" * 33, b"-" + b"1" * 32, b"0." + b"1" * 31, b"1e" + b"9" * 20):
        with pytest.raises(Refused) as caught:
            read_json(b'{"remark": [' + figure + b"]}", 8)
        assert caught.value.code == "out_of_range"
    assert read_json(b'{"remark": "' + b"1" * 40 + b'", "n": ' + b"1" * 32 + b"}", 8) == {
        "remark": "1" * 40,
        "n": int("1" * 32),
    }
