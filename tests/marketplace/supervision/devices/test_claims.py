"""The code on a device's label: what an honest maker wrote is read back, and what anybody altered is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from marketplace.supervision.devices.claims import PREFIX, START, claim_from_text, label_of
from tenants.errors import Refused

KEY = SigningKey(b"\x05" * 32)
LABEL = label_of(
    KEY, kind="weight", serial="S/0042 台秤", accuracy="III", deviation="0.4", interval="60", firmware="F-1"
)


def code_of(text: str) -> str:
    with pytest.raises(Refused) as told:
        claim_from_text(text)
    return told.value.code


def test_a_label_says_all_that_its_maker_wrote() -> None:
    claim = claim_from_text(f"  {LABEL}\n")
    assert claim.public_key == bytes(KEY.verify_key)
    assert (claim.kind, claim.serial, claim.accuracy, claim.firmware) == ("weight", "S/0042 台秤", "III", "F-1")
    assert (claim.deviation, claim.interval_seconds) == (Decimal("0.4"), 60)


@given(place=st.integers(len(START), len(LABEL) - 1), letter=st.sampled_from("0Aa9_%&=~"))
def test_no_letter_of_it_can_be_changed(place: int, letter: str) -> None:
    altered = LABEL[:place] + letter + LABEL[place + 1 :]
    if altered == LABEL:
        return
    try:
        claim = claim_from_text(altered)
    except Refused:
        return
    # The last letter of a base64 text may have spare bits: another spelling of the same signature, never another claim.
    assert claim == claim_from_text(LABEL)
    assert place == len(LABEL) - 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "claim_unreadable"),
        ("https://example.test/devices/1", "claim_unreadable"),
        (f"{START}kind=weight", "claim_unreadable"),
        (LABEL.replace("serial=", "colour="), "claim_unreadable"),
        (LABEL.replace("accuracy=III", "kind=door"), "claim_unreadable"),
        (LABEL + "x" * 1000, "claim_unreadable"),
        (LABEL.replace("accuracy=III", "accuracy=I"), "claim_altered"),
        (LABEL[:-8], "claim_altered"),
        (label_of(KEY, kind="drone"), "kind_unknown"),
        (label_of(KEY, kind="weight", interval="soon"), "claim_unreadable"),
        (label_of(KEY, kind="weight", deviation="much"), "claim_unreadable"),
        (f"{START}key={'00' * 32}&kind=weight&sig=AA", "weak_key"),
    ],
)
def test_what_is_no_label_is_refused(text: str, code: str) -> None:
    assert code_of(text) == code


def test_a_signature_for_a_label_serves_nothing_else() -> None:
    """The prefix keeps it from being a batch's signature, or a challenge's."""
    said, _, _ = LABEL.partition("&sig=")
    bare = KEY.sign(said.encode()).signature.hex()
    assert PREFIX.endswith(b"\x00")
    assert code_of(f"{said}&sig={bare}") == "claim_altered"
