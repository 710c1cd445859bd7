"""SenML as RFC 8428 means it, against its own resolved examples."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.devices.notations import read_cbor, read_json
from integrations.devices.senml import Record, resolved
from tenants.errors import Refused

NOW = Decimal(1_772_366_400)
KINDS = {"v": Decimal, "vb": bool, "vs": str}


def pack(records: list[dict[str, object]]) -> object:
    return read_json(json.dumps(records).encode(), 8)


def resolve(*records: dict[str, object], now: Decimal = NOW) -> list[Record]:
    return list(resolved(pack(list(records)), now))


def as_expected(record: dict[str, object]) -> Record:
    """A record of a `.resolved.json` file in our terms."""
    [value] = [record[kind] for kind in ("v", "vb", "vs", "vd") if kind in record]
    extra = {label: each for label, each in record.items() if label not in {"n", "u", "t", "v", "vb", "vs", "vd"}}
    value = Decimal(value) if type(value) is int else value
    assert isinstance(value, Decimal | bool | str)
    return Record(str(record["n"]), str(record.get("u", "")), Decimal(str(record["t"])), value, None, extra)


def published(folder: Path, number: int) -> list[Record]:
    expected = read_json((folder / f"ex{number}.gen.resolved.json").read_bytes(), 8)
    assert isinstance(expected, list)
    return [as_expected(each) for each in expected]


@pytest.mark.parametrize("source", ["ex{}.json", "ex{}.gen.json"])
@pytest.mark.parametrize("number", range(1, 13))
def test_the_published_examples(number: int, source: str, real_data: Path) -> None:
    folder = real_data / "senml"
    expected = published(folder, number)
    records = list(resolved(read_json((folder / source.format(number)).read_bytes(), 8), expected[0].time))
    without_octets = [each for each in records if not each.name.endswith("nfv-reader")]
    assert without_octets == expected
    if number == 7:  # The tool that made the published form leaves binary values out; we keep them.
        assert [each.value for each in records if each not in expected] == ["aGkgCg"]


@pytest.mark.parametrize("number", [3, 5])
def test_the_published_cbor(number: int, real_data: Path) -> None:
    folder = real_data / "senml"
    records = list(resolved(read_cbor((folder / f"ex{number}.gen.cbor").read_bytes(), 8), NOW))
    assert [r.name for r in records] == [r.name for r in published(folder, number)]
    for ours, theirs in zip(records, published(folder, number), strict=True):
        assert (ours.unit, ours.value) == (theirs.unit, theirs.value)
        assert abs(ours.time - theirs.time) < Decimal("0.001")


def test_base_value_and_sum_are_added_and_replaced() -> None:
    records = resolve(
        {"bn": "a:", "n": "x", "bv": 10, "bs": 100, "v": 1, "s": 1},
        {"n": "x", "v": 2},
        {"n": "x", "s": 5},
        {"n": "x", "bv": 0.5, "v": 2},
    )
    assert [(r.value, r.sum) for r in records] == [(11, 101), (12, None), (None, 105), (Decimal("2.5"), None)]


def test_times_below_2_28_count_from_the_sending() -> None:
    edge = 2**28
    records = resolve({"n": "x", "v": 1}, {"n": "x", "v": 1, "t": -2.5}, {"n": "x", "v": 1, "t": edge - 1})
    assert [r.time for r in records] == [NOW, NOW - Decimal("2.5"), NOW + edge - 1]
    assert resolve({"n": "x", "v": 1, "t": edge})[0].time == edge


def test_a_record_of_base_fields_alone_is_no_record() -> None:
    assert [r.name for r in resolve({"bn": "a:"}, {"n": "x", "v": 1})] == ["a:x"]


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([], "malformed"),
        ([1], "malformed"),
        ([{"n": "x"}], "malformed"),
        ([{"n": "x", "v": 1, "vb": True}], "malformed"),
        ([{"v": 1}], "malformed"),
        ([{"n": " x", "v": 1}], "malformed"),
        ([{"n": "-x", "v": 1}], "malformed"),
        ([{"n": "x", "v": "1"}], "malformed"),
        ([{"n": "x", "v": True}], "malformed"),
        ([{"n": "x", "vb": 1}], "malformed"),
        ([{"n": "x", "vs": 1}], "malformed"),
        ([{"n": "x", "vd": 1}], "malformed"),
        ([{"n": "x", "v": 1, "t": "0"}], "malformed"),
        ([{"n": 5, "v": 1}], "malformed"),
        ([{"n": "x", "v": 1, "must_": 1}], "unsupported_version"),
        ([{"n": "x", "v": 1, "bver": 11}], "unsupported_version"),
    ],
)
def test_packs_that_are_refused(records: list[dict[str, object]], code: str) -> None:
    with pytest.raises(Refused) as caught:
        resolve(*records)
    assert caught.value.code == code
