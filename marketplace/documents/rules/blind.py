"""What the blind index compares: identities of papers and goods, written alike however people wrote them.

Only what names one thing in the world is an identity: an invoice of a seller, a receipt of a warehouse, a ticket of a scale, a long serial among goods of one
customs heading, a vehicle's VIN (ISO 3779), the very bytes of a file. What is short or generic ("1", "A-2") names nothing and would ring false.
"""

import re
import unicodedata
from dataclasses import dataclass

from marketplace.documents.rules.content import Paper

SHORTEST = 6
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
PAPER_KINDS: dict[Paper, str] = {
    Paper.VAT_INVOICE: "INVOICE",
    Paper.GOODS_RECEIPT: "RECEIPT",
    Paper.WEIGHBRIDGE_TICKET: "TICKET",
    Paper.BILL_OF_LADING: "BILL_OF_LADING",
    Paper.QUALITY_CERTIFICATE: "CERTIFICATE",
}
# What a warning says appears elsewhere.
WORDS = {
    "INVOICE": "The same invoice",
    "RECEIPT": "The same goods receipt",
    "TICKET": "The same weighbridge ticket",
    "BILL_OF_LADING": "The same bill of lading",
    "CERTIFICATE": "The same certificate",
    "SERIAL": "An item of the same serial number",
    "VIN": "The same vehicle",
    "BATCH": "The same batch",
    "FILE": "The same file",
}


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One name of a paper or of goods: what kind, and the text that is hashed."""

    kind: str
    text: str


def normal(written: str) -> str:
    """Letters and digits alone, in capitals: `INV-2026/017`, `inv 2026 017` and full-width letters are one number."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", written).upper() if sign.isalnum())


def of_paper(paper: Paper, number: str, issuer: str) -> Identity | None:
    """A paper by its number and who issued it; None for a kind that proves no goods, a number or an issuer that is not known."""
    kind, short, who = PAPER_KINDS.get(paper), normal(number), normal(issuer)
    return Identity(kind, f"{who}|{short}") if kind and short and who else None


def of_item(serial: str, hs_code: str) -> Identity | None:
    """A coil, drum or machine by its serial among goods of one heading (the first six digits), a vehicle by its VIN; None for a serial too short to be one."""
    short = normal(serial)
    if _VIN.fullmatch(short):
        return Identity("VIN", short)
    return Identity("SERIAL", f"{hs_code[:6]}|{short}") if len(short) >= SHORTEST else None


def of_batch(batch: str, hs_code: str, grade: str) -> Identity | None:
    """A producer's batch or heat number among goods of one heading and grade; None for one too short."""
    short = normal(batch)
    return Identity("BATCH", f"{hs_code[:6]}|{normal(grade)}|{short}") if len(short) >= SHORTEST else None


def of_ticket(site: str, ticket: str) -> Identity | None:
    """A pass over a site's scale by its ticket."""
    short = normal(ticket)
    return Identity("TICKET", f"{site}|{short}") if short else None


def of_file(paper: Paper, sha256: str) -> Identity | None:
    """A file by the bytes that came, where it proves goods or shows them: general terms and forms are everybody's."""
    return Identity("FILE", sha256) if paper in PAPER_KINDS or paper == Paper.PHOTO else None
