"""What a phone says with a picture, and the proof that its key said it.

The text is signed to the letter by ECDSA over P-256 with SHA-256 (FIPS 186-5), the one curve that every browser makes keys of which cannot be taken out
again (Web Cryptography, section 14). It names the picture by its hash and the statement before it by its own, so that none is left out unseen.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from marketplace.stocktakes.rules.challenges import Place
from tenants.errors import Invalid

FORM = "bailee-capture-1"
FIELDS = {"form", "challenge", "photo", "label", "counted", "taken_at", "place", "live", "previous"}
MOST_CHARACTERS = 2_000
POINT_BYTES = 65  # an uncompressed point: 4, x, y
HALF = 32


@dataclass(frozen=True, slots=True)
class Said:
    """What a phone said: which challenge its picture answers, the picture's hash, the label it scanned, how much was counted, when and where."""

    challenge_id: UUID
    photo: str
    path: str
    counted: Decimal
    taken_at: datetime
    place: Place | None
    live: bool
    previous: str


def read_statement(text: str) -> Said:
    """The statement in its parts. Refuses, at `statement`, what is not of the form."""
    try:
        said = json.loads(text, parse_float=Decimal) if len(text) <= MOST_CHARACTERS else None
        if not isinstance(said, dict) or set(said) != FIELDS or said["form"] != FORM:
            raise ValueError
        return Said(
            challenge_id=UUID(said["challenge"]),
            photo=hash_in(said["photo"]),
            path=_path(said["label"]),
            counted=_amount(said["counted"]),
            taken_at=moment_in(said["taken_at"]),
            place=place_in(said["place"]),
            live=said["live"] is True,
            previous=hash_in(said["previous"]) if said["previous"] else "",
        )
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as unreadable:
        raise Invalid("statement_unreadable", "The phone's statement cannot be read.", field="statement") from unreadable  # fmt: skip


def hash_of(text: str) -> str:
    """SHA-256 of the statement as signed, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def public_key_from_text(text: str) -> bytes:
    """A P-256 point of 65 bytes in base64. Refuses what is no point of the curve."""
    try:
        raw = base64.b64decode(text, validate=True)
        if len(raw) != POINT_BYTES:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except (ValueError, binascii.Error) as wrong:
        raise Invalid("key_unreadable", "This is no public key of the curve P-256.", field="public_key") from wrong
    return raw


def fingerprint(public_key: bytes) -> str:
    """What people compare: the first eight bytes of the key's SHA-256, in groups of four digits."""
    digits = sha256(public_key).hexdigest()[:16].upper()
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def require_signed(public_key: bytes, text: str, signature: str) -> bytes:
    """The signature's bytes (r and s, 32 each), given in base64. Refuses, at `signature`, one that this key did not make of this text."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    try:
        raw = base64.b64decode(signature, validate=True)
        if len(raw) != 2 * HALF:
            raise ValueError
        pair = utils.encode_dss_signature(int.from_bytes(raw[:HALF]), int.from_bytes(raw[HALF:]))
        key.verify(pair, text.encode(), ec.ECDSA(SHA256()))
    except (ValueError, binascii.Error, InvalidSignature) as wrong:
        raise Invalid("signature_wrong", "The signature is not that of this phone's key.", field="signature") from wrong
    return raw


def hash_in(written: Any) -> str:
    """A SHA-256 in hexadecimal digits. Refuses, as a value, what is none; so do those below."""
    if not re.fullmatch("[0-9a-f]{64}", written):
        raise ValueError
    return str(written)


def _path(written: Any) -> str:
    """The path of the label's link, from whichever address the label carries."""
    found = re.search(r"/01/\d{14}/(10|21)/\S{1,90}$", written)
    return found.group(0) if found else ""


def _amount(written: Any) -> Decimal:
    if not re.fullmatch(r"\d{1,15}(\.\d{1,3})?", written):
        raise ValueError
    return Decimal(written)


def moment_in(written: Any) -> datetime:
    """A moment with its zone, in this century: what lies further off is no clock's, and overflows where a minute is added."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None or not 2000 <= moment.year < 2100:
        raise ValueError
    return moment


def place_in(written: Any) -> Place | None:
    """Where the phone said it was, or none."""
    if written is None:
        return None
    place = Place(*(float(written[name]) for name in ("latitude", "longitude", "accuracy")))
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180 and 0 <= place.accuracy < 1e7):
        raise ValueError
    return place
