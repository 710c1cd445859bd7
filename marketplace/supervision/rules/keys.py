"""Which public keys may stand for a device, and how people tell one from another.

Ed25519 has keys under which a signature proves nothing: the points of small order and their odd spellings verify signatures that nobody made
(Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020, section 3; RFC 8032, section 5.1.3 for the canonical spelling). They are refused
once, when a device is enrolled; verification by libsodium refuses them a second time.

That the device holds the secret half needs no ceremony of its own: the id given at enrolment is our challenge, and the first batch that names it
under the key's signature is the answer. Until then the device has said nothing and counts for nothing.
"""

import base64
import binascii
from hashlib import sha256

from nacl.bindings import crypto_core_ed25519_is_valid_point

from tenants.errors import Invalid

KEY_BYTES = 32


def public_key_from_text(text: str) -> bytes:
    """A key as people paste it: 64 hexadecimal digits, or base64 with or without padding. Refuses anything else."""
    written = "".join(text.split()).replace(":", "")
    try:
        raw = bytes.fromhex(written) if len(written) == 2 * KEY_BYTES else _from_base64(written)
    except (ValueError, binascii.Error) as unreadable:
        raise Invalid(
            "key_unreadable", "A public key is 64 hexadecimal digits, or base64.", field="public_key"
        ) from unreadable
    return checked_public_key(raw)


def checked_public_key(raw: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key that is safe to enrol.

    Refuses any other length, a spelling that is not canonical, bytes that are no point of the curve, and points outside the large prime-order subgroup
    (small or mixed order: no honest device makes one).
    """
    if len(raw) != KEY_BYTES:
        raise Invalid(
            "malformed_key",
            "An Ed25519 public key has 32 bytes; this one has %(length)s.",
            field="public_key",
            length=len(raw),
        )
    if not crypto_core_ed25519_is_valid_point(raw):
        raise Invalid(
            "weak_key", "This is not a safe Ed25519 public key: anybody could sign in its name.", field="public_key"
        )
    return raw


def fingerprint(public_key: bytes) -> str:
    """What people compare with the device's label: the first 16 bytes of the key's SHA-256, in groups of four digits."""
    digits = sha256(public_key).hexdigest()[:32].upper()
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def _from_base64(written: str) -> bytes:
    padded = written.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
