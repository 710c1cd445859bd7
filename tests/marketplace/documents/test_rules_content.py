"""What comes in as a document is what its bytes say."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from marketplace.documents.pictures import drawn_anew
from marketplace.documents.rules.content import (
    ENDINGS,
    LONGEST_NAME,
    MOST_BYTES,
    audience_for,
    kind_of,
    media_type_of,
    safe_name,
)
from tenants.errors import Invalid
from tests.marketplace.documents.makers import PDF, a_picture, an_office_file

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (PDF, "a.pdf", "application/pdf"),
        (PDF, "harmless.jpg", "application/pdf"),
        (a_picture(), "a", "image/jpeg"),
        (a_picture("image/png"), "a", "image/png"),
        (a_picture("image/webp"), "a", "image/webp"),
        (an_office_file("xl/workbook.xml", "[Content_Types].xml"), "a.xlsx", SHEET),
        ("批次,数量\n".encode("gb18030"), "a.csv", "text/csv"),
        (b"\xef\xbb\xbfa,b\n", "a.csv", "text/csv"),
        (b"weighed at the gate", "note", "text/plain"),
        (b"<?xml version='1.0'?><Invoice/>", "fapiao.xml", "application/xml"),
    ],
)
def test_bytes_tell_the_format(content: bytes, name: str, media_type: str) -> None:
    assert media_type_of(content, name) == media_type


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"%PDF-" + b"0" * MOST_BYTES, "file_too_large"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "file_format_unknown"),
        (b"\x7fELF\x02\x01\x01\x00", "file_format_unknown"),
        (b"  <html><script>alert(1)</script>", "file_format_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "file_format_unknown"),
        (an_office_file("evil.txt"), "file_format_unknown"),
        (b"PK\x03\x04 but no archive", "file_format_unknown"),
        (an_office_file("xl/vbaProject.bin", "xl/workbook.xml"), "file_has_macros"),
    ],
)
def test_what_stays_outside(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        media_type_of(content, "a.pdf")
    assert refused.value.code == code


def test_an_archive_that_swells_stays_outside() -> None:
    with pytest.raises(Invalid) as refused:
        media_type_of(an_office_file("xl/workbook.xml", swollen=201 * 1024 * 1024), "a.pdf")
    assert refused.value.code == "file_swells"


def test_unknown_kinds_are_refused_at_their_field() -> None:
    with pytest.raises(Invalid) as refused:
        kind_of("love_letter")
    assert refused.value.field == "kind"


def test_prices_are_for_the_parties_of_the_loan() -> None:
    assert ",warehouse," not in audience_for(kind_of("vat_invoice"))
    assert audience_for(kind_of("weighbridge_ticket")) == "*"


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp"])
def test_pictures_lose_everything_but_the_picture(media_type: str) -> None:
    told = a_picture(media_type, exif=True) + b"<script>hidden behind the end</script>"
    assert b"SecretMaker" in told
    kept = drawn_anew(told, media_type)
    assert b"Secret" not in kept
    assert b"script" not in kept
    assert media_type_of(kept, "") == media_type


@pytest.mark.parametrize("broken", [b"\xff\xd8\xff\xe0 no picture", a_picture()[:200], b""])
def test_broken_pictures_are_refused(broken: bytes) -> None:
    with pytest.raises(Invalid):
        drawn_anew(broken, "image/jpeg")


def test_a_picture_that_would_swell_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(Invalid) as refused:
        drawn_anew(out.getvalue(), "image/png")
    assert refused.value.code in {"picture_too_large", "picture_broken"}


@given(st.text(max_size=300), st.sampled_from(sorted(ENDINGS)))
def test_any_name_becomes_a_safe_one(name: str, media_type: str) -> None:
    safe = safe_name(name, media_type)
    assert safe.endswith(ENDINGS[media_type])
    assert 0 < len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\<>:"|?*%;\r\n\x00')
    assert safe.isprintable()
    assert safe_name(safe, media_type) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\invoice.PDF.exe", "invoice.PDF.pdf"),
        ("合同 2026.pdf", "合同 2026.pdf"),
        ("\u202egnp.exe", "gnp.pdf"),
        (".pdf", "document.pdf"),
    ],
)
def test_names_that_would_mislead(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe
