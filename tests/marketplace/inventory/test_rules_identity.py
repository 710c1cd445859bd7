"""Check digits, links and URNs: any scanner reads the lot, no mistyped key passes."""

import string
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace.inventory.rules.identity import (
    LotIdentity,
    carried_in,
    check_digit,
    digital_link,
    gtin_14,
    require_container,
    require_key,
    with_check_digit,
)
from tenants.errors import Invalid
from tenants.organisations import checked_codes

CSET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
batches = st.text(CSET_82, min_size=1, max_size=20).filter(lambda text: text not in {".", ".."})


def test_e35_check_digits() -> None:
    assert with_check_digit("690123456789") == "6901234567892"
    assert with_check_digit("36901234000000001") == "369012340000000017"
    assert with_check_digit("690123400001") == "6901234000016"
    assert require_key("GTIN", "6901234567892") == "6901234567892"
    assert require_key("SSCC", "369012340000000017") == "369012340000000017"
    assert require_key("GLN", "6901234000016") == "6901234000016"
    assert require_container("CSQU3054383") == "CSQU3054383"
    assert checked_codes("91350100M000100Y43", None) == ("91350100M000100Y43", None)


def test_a_ticket_names_a_plate_as_typed_and_a_container_by_its_number() -> None:
    assert [carried_in(one) for one in ("", " 浙B·7A213 ", "csqu 3054383")] == ["", "浙B·7A213", "CSQU3054383"]


def test_links_of_lots_items_and_assets() -> None:
    assert digital_link(LotIdentity(gtin="6901234567892", batch="CU-25/03")) == (
        "https://id.gs1.org/01/06901234567892/10/CU-25%2F03"
    )
    assert digital_link(LotIdentity(gtin="6901234567892", serial="1001"), "https://bank.example/goods/") == (
        "https://bank.example/goods/01/06901234567892/21/1001"
    )
    assert digital_link(LotIdentity(giai="6901234A1")) == "https://id.gs1.org/8004/6901234A1"


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (lambda: require_key("GTIN", "6901234567893"), "gs1_check_digit"),
        (lambda: require_key("GTIN", "690123456789"), "gs1_check_digit"),
        (lambda: require_key("GTIN", "69012345678"), "gs1_length"),
        (lambda: require_key("SSCC", "6901234567892"), "gs1_length"),
        (lambda: require_key("GLN", "69012340000x6"), "gs1_digits"),
        (lambda: require_key("GLN", "690123400001６"), "gs1_digits"),
        (lambda: require_container("CSQU3054384"), "container_number"),
        (lambda: checked_codes("91350100M000100Y44", None), "uscc_wrong"),
        (lambda: checked_codes(None, "213800WAVVOPS85N2206"), "lei_wrong"),
        (lambda: LotIdentity(), "identity_incomplete"),
        (lambda: LotIdentity(gtin="6901234567892"), "identity_incomplete"),
        (lambda: LotIdentity(gtin="6901234567892", batch="1", serial="2"), "identity_incomplete"),
        (lambda: LotIdentity(gtin="6901234567892", batch="铜"), "gs1_characters"),
        (lambda: LotIdentity(gtin="6901234567892", batch=""), "gs1_characters"),
        (lambda: LotIdentity(gtin="6901234567892", batch=".."), "gs1_characters"),
        (lambda: LotIdentity(gtin="6901234567892", batch="x" * 21), "gs1_characters"),
        (lambda: LotIdentity(gtin="6901234567892", serial="x" * 21), "gs1_characters"),
        (lambda: LotIdentity(giai="x" * 31), "gs1_characters"),
        (lambda: carried_in("CSQU3054384"), "container_number"),
    ],
)
def test_refuses_unsound_keys(refused: Callable[[], object], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        refused()
    assert refusal.value.code == code


def test_a_sound_lei_passes() -> None:
    assert checked_codes(None, "213800WAVVOPS85N2205") == (None, "213800WAVVOPS85N2205")


def test_the_longest_names_pass() -> None:
    assert LotIdentity(gtin="6901234567892", batch="x" * 20).batch == "x" * 20
    assert LotIdentity(gtin="6901234567892", serial="x" * 20).serial == "x" * 20
    assert LotIdentity(giai="x" * 30).giai == "x" * 30


@given(batches)
def test_a_printed_link_reads_back(batch: str) -> None:
    for key, identity in (
        ("10", LotIdentity(gtin="6901234567892", batch=batch)),
        ("21", LotIdentity(gtin="6901234567892", serial=batch)),
    ):
        assert _read(digital_link(identity)) == ["01", "06901234567892", key, batch]
        assert _read(digital_link(identity, "https://wms.example/goods/x")) == [
            "goods",
            "x",
            "01",
            "06901234567892",
            key,
            batch,
        ]
    asset = LotIdentity(giai="6901234" + batch)
    assert _read(digital_link(asset, "https://wms.example/x")) == ["x", "8004", "6901234" + batch]


def _read(link: str) -> list[str]:
    """The steps of a link as a scanner reads them."""
    return [unquote(part) for part in urlsplit(link).path.strip("/").split("/")]


@given(st.text(string.digits, min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(body: str, place: int, by: int) -> None:
    sound = with_check_digit(body)
    broken = sound[:place] + str((int(sound[place]) + by) % 10) + sound[place + 1 :]
    assume(broken != sound)
    with pytest.raises(Invalid):
        require_key("GTIN", broken)


@given(st.text(string.digits, min_size=7, max_size=7))
def test_padding_keeps_the_check_digit(body: str) -> None:
    assert check_digit(gtin_14(with_check_digit(body))[:-1]) == check_digit(body)
