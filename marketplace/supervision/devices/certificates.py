"""A device's X.509 certificate, where it has one: for brokers that let devices in by TLS (RFC 8410 for Ed25519 keys in certificates).

It names the same key that signs the messages, so it adds no trust to them: the door still asks for the key that was enrolled. Which authorities a broker
trusts is the broker's own configuration.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidKey, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from marketplace.supervision.rules.keys import checked_public_key, public_key_from_text
from tenants.errors import Invalid

PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The key that it names, its bytes (DER), and the end of its validity."""

    public_key: bytes
    der: bytes
    until: datetime


def read_key(text: str, *, now: datetime) -> tuple[bytes, Certificate | None]:
    """A key as people paste it, alone or inside a certificate."""
    if "CERTIFICATE" not in text:
        return public_key_from_text(text), None
    found = certificate_from_pem(text, now=now)
    return found.public_key, found


def certificate_from_pem(pem: str, *, now: datetime) -> Certificate:
    """Read one certificate, its line breaks kept or lost. Refuses one of another kind of key, one of an authority, and one that is not in force."""
    armour = PEM.fullmatch(pem.strip())
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(armour[1] if armour else ""))
        key = found.public_key()
    except (ValueError, TypeError, InvalidKey, UnsupportedAlgorithm) as error:
        raise _unreadable() from error
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid("x509_other_key", "The certificate is not for an Ed25519 key.", field="public_key")
    if _is_authority(found):
        raise Invalid("x509_authority", "This is the certificate of an authority, not of a device.", field="public_key")
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        raise Invalid("x509_expired", "The certificate is not in force today.", field="public_key")
    return Certificate(
        checked_public_key(key.public_bytes_raw()), found.public_bytes(Encoding.DER), found.not_valid_after_utc
    )


def _is_authority(found: x509.Certificate) -> bool:
    try:
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except ValueError as error:
        raise _unreadable() from error


def _unreadable() -> Invalid:
    return Invalid("x509_unreadable", "This is not an X.509 certificate in PEM form.", field="public_key")
