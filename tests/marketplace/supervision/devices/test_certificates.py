"""A device's X.509 certificate: its key is read from it, and what is no device's certificate is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from marketplace.supervision.devices.certificates import read_key
from tenants.errors import Refused

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)


def pem(key: Any = KEY, *, authority: bool = False, since: datetime = NOW - DAY, until: datetime = NOW + DAY) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Scale 3")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .sign(key, None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def test_the_key_is_read_from_the_certificate_and_its_end_is_kept() -> None:
    key, certificate = read_key(pem(), now=NOW)
    assert key == KEY.public_key().public_bytes_raw()
    assert certificate is not None
    assert certificate.until == NOW + DAY


def test_a_certificate_pasted_into_one_line_is_the_same() -> None:
    assert read_key(pem().replace("\n", ""), now=NOW) == read_key(pem(), now=NOW)
    assert read_key(pem().replace("\n", " "), now=NOW) == read_key(pem(), now=NOW)


def test_a_bare_key_has_no_certificate() -> None:
    raw = KEY.public_key().public_bytes_raw()
    assert read_key(raw.hex(), now=NOW) == (raw, None)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (pem(ec.generate_private_key(ec.SECP256R1())), "x509_other_key"),
        (pem(authority=True), "x509_authority"),
        (pem(until=NOW), "x509_expired"),
        (pem(since=NOW + timedelta(seconds=1)), "x509_expired"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "x509_unreadable"),
        ("-----BEGIN CERTIFICATE-----", "x509_unreadable"),
        (pem() + pem(), "x509_unreadable"),
    ],
)
def test_what_is_no_device_s_certificate_is_refused(written: str, code: str) -> None:
    with pytest.raises(Refused) as told:
        read_key(written, now=NOW)
    assert told.value.code == code
    assert told.value.field == "public_key"
