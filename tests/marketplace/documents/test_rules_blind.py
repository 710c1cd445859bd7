"""What names one thing in the world, however written; and what is too short or generic to name anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.documents.rules.blind import WORDS, Identity, normal, of_batch, of_file, of_item, of_paper, of_ticket
from marketplace.documents.rules.content import Paper


@given(number=st.text(alphabet="ABC123", min_size=1, max_size=12), joint=st.sampled_from([" ", "-", "/", "", ". "]))
def test_a_number_is_one_however_it_is_written(number: str, joint: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert normal(joint.join(number).lower()) == normal(wide) == number


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (of_paper(Paper.VAT_INVOICE, "inv-2026/017", "91360000705766448x"), Identity("INVOICE", "91360000705766448X|INV2026017")),
        (of_paper(Paper.VAT_INVOICE, "INV-1", ""), None),
        (of_paper(Paper.VAT_INVOICE, "-", "Jiangxi"), None),
        (of_paper(Paper.INSURANCE_POLICY, "P-1", "Insurer"), None),
        (of_item("C-26-0117", "7403110000"), Identity("SERIAL", "740311|C260117")),
        (of_item("A-2", "7403110000"), None),
        (of_item("LSVAA49J132047371", "870323"), Identity("VIN", "LSVAA49J132047371")),
        (of_batch("H 4711 / 9", "7403110000", "Cu-CATH-1"), Identity("BATCH", "740311|CUCATH1|H47119")),
        (of_batch("1", "7403110000", ""), None),
        (of_ticket("site", "T 1"), Identity("TICKET", "site|T1")),
        (of_ticket("site", " "), None),
        (of_file(Paper.OTHER, "ab"), None),
        (of_file(Paper.PHOTO, "ab"), Identity("FILE", "ab")),
    ],
)  # fmt: skip
def test_identities(found: Identity | None, wanted: Identity | None) -> None:
    assert found == wanted
    assert found is None or found.kind in WORDS


def test_one_serial_under_two_headings_is_two_things() -> None:
    assert of_item("C-26-0117", "7403110000") != of_item("C-26-0117", "7601100000")
