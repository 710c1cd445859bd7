"""The code on a device's label: what its maker says of it, signed by the device's own key, so that a scan enrols it whole.

    bailee:device?key=<base64url>&kind=weight&serial=S-0042&accuracy=III&deviation=0.4&interval=60&firmware=<text>&sig=<base64url>

The signature is Ed25519 by `key` over "bailee.device.claim.v1" 00 and all that stands before "&sig=". It proves that whoever made the label held the secret
half, and that nobody altered a word since. It does not prove that the label sits on the device: the first message that names the enrolled id does.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl, urlencode

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.rules.keys import public_key_from_text
from tenants.errors import Invalid

START = "bailee:device?"
PREFIX = b"bailee.device.claim.v1\x00"
LONGEST = 1000
WORDS = frozenset({"key", "kind", "serial", "accuracy", "deviation", "interval", "firmware"})
INTERVAL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Claim:
    """What a label says of its device; see `Device` for the meaning of each."""

    public_key: bytes
    kind: str
    serial: str = ""
    accuracy: str = ""
    deviation: Decimal = Decimal(0)
    interval_seconds: int = INTERVAL_SECONDS
    firmware: str = ""


def claim_from_text(text: str) -> Claim:
    """What a scanned label says. Refuses what is no such label, is altered, or names a weak key."""
    written = text.strip()
    said, _, signature = written.partition("&sig=")
    if not written.startswith(START) or not signature or len(written) > LONGEST:
        raise _unreadable()
    words = _words(said)
    key = public_key_from_text(words.get("key", ""))
    _check_signature(key, said, signature)
    if words.get("kind") not in PROFILES:
        raise Invalid("kind_unknown", "This kind of device is not known.", field="claim")
    return Claim(
        key, words["kind"], words.get("serial", ""), words.get("accuracy", ""),
        _deviation(words), _interval(words), words.get("firmware", ""),
    )  # fmt: skip


def label_of(key: SigningKey, *, kind: str, **words: str) -> str:
    """The text that a maker puts into the code: the other side of `claim_from_text`."""
    said = START + urlencode({"key": _base64(bytes(key.verify_key)), "kind": kind, **words})
    return f"{said}&sig={_base64(key.sign(PREFIX + said.encode()).signature)}"


def _words(said: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(said.removeprefix(START), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise _unreadable() from error
    words = dict(pairs)
    if len(words) != len(pairs) or not words.keys() <= WORDS:
        raise _unreadable()
    return words


def _check_signature(key: bytes, said: str, signature: str) -> None:
    try:
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        VerifyKey(key).verify(PREFIX + said.encode(), raw)
    except (BadSignatureError, ValueError) as error:
        raise Invalid("claim_altered", "This label was altered: its signature does not hold.", field="claim") from error


def _deviation(words: Mapping[str, str]) -> Decimal:
    try:
        return Decimal(words.get("deviation", "0"))
    except InvalidOperation as error:
        raise _unreadable() from error


def _interval(words: Mapping[str, str]) -> int:
    written = words.get("interval", str(INTERVAL_SECONDS))
    if not (written.isascii() and written.isdecimal() and len(written) <= 6):
        raise _unreadable()
    return int(written)


def _unreadable() -> Invalid:
    return Invalid("claim_unreadable", "This is not the code of a device's label.", field="claim")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
