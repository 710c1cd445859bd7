"""Which public keys may stand for a device, and the proof that the device holds the secret half.

Ed25519 has keys under which a signature proves nothing: the eight points of small order and their odd spellings
verify signatures that nobody made (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020, section 3; RFC
8032 section 5.1.3 for the canonical spelling). They are refused once, here, when the supervisor enrols the device;
verification by libsodium refuses them a second time.
"""

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tenants.errors import Invalid

KEY_BYTES = 32
CHALLENGE_BYTES_MIN = 16
_POSSESSION = b"bailee.device.enrolment.v1\x00"


def checked_public_key(raw: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key that is safe to enrol.

    Refuses any other length, a spelling that is not canonical, bytes that are no point of the curve, and points
    outside the large prime-order subgroup (small order or mixed order: no honest device makes one).
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


def possession_bytes(challenge: bytes) -> bytes:
    """What a device signs to prove, at enrolment, that it holds the secret half of its key."""
    return _POSSESSION + challenge


def check_possession(public_key: bytes, challenge: bytes, signature: bytes) -> None:
    """Refuse unless `signature` over our fresh `challenge` (16 bytes or more, used once) was made with the key's
    secret half.

    Without it a stolen label would be enough to enrol somebody else's device.
    """
    assert len(challenge) >= CHALLENGE_BYTES_MIN
    try:
        VerifyKey(checked_public_key(public_key)).verify(possession_bytes(challenge), signature)
    except (BadSignatureError, ValueError) as error:
        raise Invalid("no_possession", "The device did not prove that it holds this key.", field="signature") from error
