"""What may come in as a document: known kinds of paper in file formats that are what they say they are.

The format is told by the bytes, never by the name or the browser's word for it. Archives that would swell, office files with programs in them and
everything unknown stay outside (OWASP ASVS 5.0, 5.2 and 5.3).
"""

import io
import re
import unicodedata
import zipfile
from enum import StrEnum

from tenants.errors import Invalid

MOST_BYTES = 16 * 1024 * 1024
MOST_BYTES_UNPACKED = 200 * 1024 * 1024
LONGEST_NAME = 150


class Paper(StrEnum):
    """Kinds of trade paper (domain model, section 2)."""

    CONTRACT = "contract"
    TERM_SHEET = "term_sheet"
    PURCHASE_ORDER = "purchase_order"
    VAT_INVOICE = "vat_invoice"
    PAYMENT_PROOF = "payment_proof"
    DELIVERY_NOTE = "delivery_note"
    GOODS_RECEIPT = "goods_receipt"
    WEIGHBRIDGE_TICKET = "weighbridge_ticket"
    BILL_OF_LADING = "bill_of_lading"
    QUALITY_CERTIFICATE = "quality_certificate"
    INSURANCE_POLICY = "insurance_policy"
    CONTROL_EVIDENCE = "control_evidence"
    PROOF_OF_DELIVERY = "proof_of_delivery"
    PHOTO = "photo"
    OTHER = "other"


# What prices and payments are is for the parties of the loan alone (domain model, section 8: supervisor, warehouse and carrier see goods, not money).
CONFIDENTIAL = frozenset({Paper.CONTRACT, Paper.PURCHASE_ORDER, Paper.VAT_INVOICE, Paper.PAYMENT_PROOF})
CONFIDENTIAL_AUDIENCE = ",bank,borrower,core,owner,"
PARTIES_AUDIENCE = ",bank,borrower,"  # the price of money is not the core enterprise's to read
EVERYBODY = "*"

ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/xml": ".xml",
    "application/json": ".json",
    "text/csv": ".csv",
    "text/plain": ".txt",
}
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
_OFFICE = {"xl/workbook.xml": "spreadsheetml.sheet", "word/document.xml": "wordprocessingml.document"}


def audience_for(kind: Paper) -> str:
    """Who on the object may read a paper of this kind, as stored."""
    if kind is Paper.TERM_SHEET:
        return PARTIES_AUDIENCE
    return CONFIDENTIAL_AUDIENCE if kind in CONFIDENTIAL else EVERYBODY


def kind_of(written: str) -> Paper:
    """The kind of paper; refuses one that is not on the list."""
    try:
        return Paper(written)
    except ValueError as unknown:
        raise Invalid("document_kind_unknown", "Choose a kind of document from the list.", field="kind") from unknown


def media_type_of(content: bytes, name: str) -> str:
    """What the bytes are. Refuses an empty or too large file and every format that is not on the list; `name` only tells CSV and JSON from other text."""
    if not content:
        raise Invalid("file_empty", "The file is empty.", field="file")
    if len(content) > MOST_BYTES:
        raise Invalid("file_too_large", "A file has at most %(most)s MB.", field="file", most=MOST_BYTES // 1024**2)
    found = _by_magic(content) or _office(content) or _text(content, name)
    if found is None:
        raise Invalid(
            "file_format_unknown",
            "Send PDF, JPEG, PNG, WebP, Excel, Word, XML, CSV or plain text; this file is none of them.",
            field="file",
        )
    return found


def safe_name(name: str, media_type: str) -> str:
    """The file's name without folders, signs that steer a screen or a shell, or an ending that its bytes belie."""
    stem = re.split(r"[/\\]", name)[-1]
    stem = "".join(
        sign for sign in unicodedata.normalize("NFC", stem) if unicodedata.category(sign)[0] not in "CZ" or sign == " "
    )
    stem = re.sub(r'[<>:"|?*%;]', "_", stem).strip()
    ending = ENDINGS[media_type]
    base = stem[: -len(ending)] if stem.lower().endswith(ending) else re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    return (base.strip(" .")[: LONGEST_NAME - len(ending)].strip(" .") or "document") + ending


def _by_magic(content: bytes) -> str | None:
    if content[:1024].lstrip()[:5] == b"%PDF-":
        return "application/pdf"
    if content[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _office(content: bytes) -> str | None:
    if content[:4] != b"PK\x03\x04":
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if sum(parts.values()) > MOST_BYTES_UNPACKED:
        raise Invalid("file_swells", "This file would swell beyond measure when opened.", field="file")
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise Invalid("file_has_macros", "Files with macros are not taken.", field="file")
    kind = next((office for name, office in _OFFICE.items() if name in parts), None)
    return f"application/vnd.openxmlformats-officedocument.{kind}" if kind else None


def _text(content: bytes, name: str) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            written = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(unicodedata.category(sign) == "Cc" and sign not in "\t\r\n" for sign in written):
            return None
        if written.lstrip()[:5] == "<?xml":
            return "application/xml"
        if re.match(r"\s*<(!doctype|html|script|svg)", written, re.IGNORECASE):
            return None
        if name.lower().endswith(".json") and written.lstrip()[:1] in ("{", "["):
            return "application/json"
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    return None
