"""Some fields of a passport are shown and others hidden, and both stand under one root; the strangers' program names whatever is not what was sealed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.passports import check_passport
from marketplace.catalogue.rules.disclosure import Field, Sealing, flattened, require_reader, require_shown, sealing_of
from tenants.errors import Invalid

OFFER, SEALED_AT = UUID(int=7), datetime(2026, 3, 2, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
PASSPORT = {
    "owner": "恒达铜业",
    "verified": "498.750 TNE",
    "pieces": 240,
    "climate.humidity": {"points": [[1, "55"], [2, "61"]]},
}
values = st.recursive(st.text(max_size=8) | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6)  # fmt: skip
passports = st.dictionaries(st.text(min_size=1, max_size=12), values, min_size=1, max_size=9)
Told = dict[str, Any]
Check = Callable[..., tuple[int, str]]


def sealed(passport: Told) -> Sealing:
    fields = (
        Field(name, value, bytes([place] * 16), is_open=name != "owner")
        for place, (name, value) in enumerate(passport.items())
    )
    return sealing_of(OFFER, 1, SEALED_AT, fields)


def shown(sealing: Sealing, names: set[str]) -> Told:
    told = {
        "kind": "bailee passport 1", "listing": str(OFFER), "number": "A-1", "edition": 1, "sealed_at": "2026-03-02T01:00:00.000000Z", "key": PUBLIC,
        "root": sealing.root.hex(), "signature": KEY.sign(sealing.signed_text).hex(), "leaves": [leaf.hex() for leaf in sealing.leaves],
        "fields": sealing.shown(names),
    }  # fmt: skip
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    def run(told: Told, *more: str) -> tuple[int, str]:
        file = tmp_path / "passport.json"
        file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        ended = check_passport.main([str(file), *more])
        said = capsys.readouterr()
        return ended, said.out + said.err

    return run


@given(passports, st.data())
def test_whatever_is_shown_proves_itself_by_the_root_of_all(passport: Told, data: st.DataObject) -> None:
    sealing = sealed(passport)
    told = shown(sealing, set(data.draw(st.lists(st.sampled_from(sorted(passport)), unique=True))))
    assert check_passport.root_of(sealing.leaves) == sealing.root
    assert check_passport.signed_text(told) == sealing.signed_text
    for name, field in told["fields"].items():
        assert told["leaves"][field["place"]] == check_passport.leaf_of(name, field)
        assert field["value"] == passport[name]


def test_the_humidity_is_shown_and_the_owner_is_not(check: Check) -> None:
    told = shown(sealed(PASSPORT), {"climate.humidity", "verified"})
    assert "恒达" not in json.dumps(told, ensure_ascii=False)
    ended, said = check(told, "--root", told["root"], "--key", PUBLIC)
    assert (ended, "2 fields are sealed and not shown" in said, "All of it holds" in said) == (0, True, True), said
    assert "全部成立" in check(told, "--zh")[1]


def test_less_can_be_passed_on_and_never_more(check: Check, tmp_path: Path) -> None:
    told, narrow = shown(sealed(PASSPORT), {"climate.humidity", "verified"}), tmp_path / "narrow.json"
    assert check(told, "--keep", "verified", "--out", str(narrow))[0] == 0
    less = json.loads(narrow.read_text(encoding="utf-8"))
    assert (set(less["fields"]), less["root"]) == ({"verified"}, told["root"])
    assert check(less)[0] == 0
    assert check(less, "--keep", "owner", "--out", str(tmp_path / "more.json"))[0] == 2
    assert not (tmp_path / "more.json").exists()


def alterations() -> dict[str, Callable[[Told], Any]]:
    return {
        "a value": lambda told: told["fields"]["verified"].update(value="500.000 TNE"),
        "a salt": lambda told: told["fields"]["verified"].update(salt="00" * 16),
        "a name": lambda told: told["fields"].update(weighed=told["fields"].pop("verified")),
        "a place": lambda told: told["fields"]["verified"].update(place=told["fields"]["pieces"]["place"]),
        "a place before the first": lambda told: told["fields"]["verified"].update(place=told["fields"]["verified"]["place"] - len(told["leaves"])),
        "a field that never was": lambda told: told["fields"].update(origin={"place": 0, "salt": "00" * 16, "value": "Chile"}),
        "a leaf": lambda told: told["leaves"].__setitem__(0, "00" * 32),
        "a leaf less": lambda told: told["leaves"].pop(),
        "the root": lambda told: told.update(root="00" * 32),
        "the edition": lambda told: told.update(edition=2),
        "the offer": lambda told: told.update(listing=str(UUID(int=8))),
        "the time": lambda told: told.update(sealed_at="2026-03-03T01:00:00.000000Z"),
        "the signature": lambda told: told.update(signature="00" * 64),
        "another house's key": lambda told: told.update(key="11" * 32),
    }  # fmt: skip


@pytest.mark.parametrize("what", alterations())
def test_nothing_of_it_can_be_altered(check: Check, what: str) -> None:
    told = shown(sealed(PASSPORT), {"verified", "pieces"})
    assert check(told)[0] == 0
    alterations()[what](told)
    ended, said = check(told)
    assert ended == 1, said


def test_a_root_or_a_key_that_one_knows_must_be_the_files(check: Check) -> None:
    told = shown(sealed(PASSPORT), {"verified"})
    assert check(told, "--root", "00" * 32)[0] == 1
    assert check(told, "--key", "22" * 32)[0] == 1
    assert check({"kind": "something else"})[0] == 2
    assert check_passport.main(["/nowhere/at/all.json"]) == 2


def test_a_leaf_tells_nothing_without_its_salt() -> None:
    """Of two passports that say the same, no leaf is the same: nobody finds a hidden field by trying values."""
    ours, theirs = (
        Field("owner", "恒达铜业", bytes(16), is_open=False),
        Field("owner", "恒达铜业", b"\1" * 16, is_open=False),
    )
    assert ours.leaf != theirs.leaf
    assert ours.leaf == Field("owner", "恒达铜业", bytes(16), is_open=True).leaf


def test_a_curve_is_a_field_of_its_own_and_what_is_not_known_is_none() -> None:
    told = flattened(
        {
            "climate": {"humidity": {"lowest": "55"}, "temperature": {"lowest": "18"}},
            "pieces": None,
            "inspections": [],
            "weighings": 0,
        }
    )
    assert told == {"climate.humidity": {"lowest": "55"}, "climate.temperature": {"lowest": "18"}, "weighings": 0}


@pytest.mark.parametrize(("names", "field"), [([], "fields"), (["borrower"], "fields")])
def test_nothing_and_what_is_not_there_cannot_be_shown(names: list[str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_shown(names, {"owner"})
    assert refused.value.field == field


@pytest.mark.parametrize("reader", ["", "  ", "x" * 121])
def test_a_reader_has_a_name(reader: str) -> None:
    with pytest.raises(Invalid):
        require_reader(reader)
    assert require_reader("  Wenzhou   Cable ") == "Wenzhou Cable"
