"""Electronic invoices: read to the cent, refused where they do not add up, and harmless where they were meant to harm."""

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.documents.rules.ubl import BYTES_MAX, read_e_invoice
from tenants.errors import Invalid
from tests.marketplace.documents.makers import an_e_invoice

FOLDER = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "ubl" / "examples"
EXAMPLES = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []


def refused(content: bytes) -> Invalid:
    with pytest.raises(Invalid) as found:
        read_e_invoice(content)
    assert found.value.field == "file"
    return found.value


def test_an_invoice_is_read_in_figures() -> None:
    said = read_e_invoice(an_e_invoice())
    assert (said.number, str(said.dated), said.order, said.account) == (
        "INV-7",
        "2026-03-05",
        "PO-1",
        "6222000012345678",
    )
    assert (str(said.seller), said.seller.code, str(said.buyer)) == (
        "Jiangxi Copper",
        "91360000705766448X",
        "Huaxia Cable",
    )
    (line,) = said.lines
    assert (line.line, line.goods_code, line.quantity, line.unit, line.price) == ("1", "7403110000", Decimal("500.000"), "TNE", Decimal("19850"))  # fmt: skip
    assert (line.amount, line.tax, said.payable) == (992_500_000, 129_025_000, 1_121_525_000)
    assert str(said.total) == "CNY 11215250.00"


@pytest.mark.skipif(not EXAMPLES, reason=f"the examples of UBL invoices are not at {FOLDER}")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_published_examples_are_read_and_add_up(example: Path) -> None:
    """Written by others for others; a figure changed in any of their totals is found."""
    content = example.read_bytes()
    said = read_e_invoice(content)
    assert said.number
    assert said.lines
    places = list(
        re.finditer(rb"<cbc:(TaxExclusiveAmount|TaxInclusiveAmount|LineExtensionAmount)[^>]*>(-?\d+)", content)
    )
    assert places
    for place in places:
        changed = content[: place.end()] + b"1" + content[place.end() :]
        assert refused(changed).code == "invoice_does_not_add_up"


def test_a_credit_note_takes_back() -> None:
    said = read_e_invoice(an_e_invoice(credit=True))
    assert (said.lines[0].quantity, said.lines[0].amount, said.payable) == (Decimal(-500), -992_500_000, -1_121_525_000)


@given(st.integers(1, 10**6), st.integers(1, 10**7), st.integers(0, 30))
def test_what_adds_up_is_taken_and_a_cent_more_is_not(quantity: int, price: int, rate: int) -> None:
    made = {"quantity": Decimal(quantity).scaleb(-3), "price": Decimal(price).scaleb(-2), "rate": rate}
    said = read_e_invoice(an_e_invoice(**made))
    assert said.payable == (said.lines[0].amount or 0) + said.lines[0].tax
    for term in ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount"):
        assert refused(an_e_invoice(**made, off=(term, Decimal("0.01")))).code == "invoice_does_not_add_up"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "xml_unreadable"),
        (b"<Invoice>", "xml_unreadable"),
        (b"\x00\x01\x02", "xml_unreadable"),
        (b"<Invoice/>", "invoice_not_ubl"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "xml_harmful"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml_harmful"),
        (b"<a>" * 5_000, "xml_too_deep"),
        (b"<a>" + b"<b/>" * 150_000 + b"</a>", "xml_too_deep"),
        (b"<a>" + b" " * BYTES_MAX + b"</a>", "file_too_large"),
        (an_e_invoice().replace(b"<cbc:ID>INV-7</cbc:ID>", b""), "invoice_term_missing"),
        (an_e_invoice().replace(b"2026-03-05", b"5 March"), "invoice_day"),
        (an_e_invoice().replace(b">CNY<", b">XXX<"), "currency_unknown"),
        (an_e_invoice().replace(b'PayableAmount currencyID="CNY"', b'PayableAmount currencyID="USD"'), "invoice_currency"),
        (an_e_invoice().replace(b"9925000.00</cbc:TaxExclusive", b"NaN</cbc:TaxExclusive"), "invoice_figure"),
        (an_e_invoice().replace(b"9925000.00</cbc:TaxExclusive", b"1e999999999</cbc:TaxExclusive"), "invoice_figure"),
        (an_e_invoice().replace(b"9925000.00</cbc:TaxExclusive", b"9925000.001</cbc:TaxExclusive"), "invoice_too_fine"),
        (an_e_invoice(rate=13).replace(b"<cbc:Percent>13", b"<cbc:Percent>9"), "invoice_does_not_add_up"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_refused_and_why(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as found:
        read_e_invoice(content)
    assert found.value.code == code


def test_a_billion_laughs_are_not_heard() -> None:
    bomb = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;">' % (98 + n, 97 + n, 97 + n, 97 + n) for n in range(20)) + b"]><l>&u;</l>"  # fmt: skip
    assert refused(bomb).code == "xml_harmful"
