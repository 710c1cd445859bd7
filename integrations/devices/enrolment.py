"""The proof that a device holds the secret half of its key. Which keys may stand for a device at all is supervision's
rule (`marketplace.supervision.rules.keys`), offered here to devices' programs too.
"""

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from marketplace.supervision.rules.keys import KEY_BYTES, checked_public_key
from tenants.errors import Invalid

__all__ = ["KEY_BYTES", "check_possession", "checked_public_key", "possession_bytes"]
CHALLENGE_BYTES_MIN = 16
_POSSESSION = b"bailee.device.enrolment.v1\x00"


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
