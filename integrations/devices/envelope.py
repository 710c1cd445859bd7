"""The signed envelope: how a batch is sealed by a device and opened by us.

The signature is Ed25519 (RFC 8032) by the device's enrolled key over

    "bailee.device.batch.v1" 00 <content type> 00 <body>

with the bare media type in lower case (`application/json`, no parameters) and the body's exact bytes. The prefix
keeps a signature made for one purpose from serving another; no content type holds a zero byte, so the parts cannot be
shifted against each other.

Over MQTT a message is one frame:  <kind: 1 byte> <signature: 64 bytes> <body>, kind being 1 JSON, 2 SenML JSON, 3
CBOR, 4 SenML CBOR, 5 a camera's frame (see `frames`). HTTP carries the same three parts as header, header and body (see `http`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from integrations.devices.codecs import CBOR, FRAME, JSON, SENML_CBOR, SENML_JSON, contents
from integrations.devices.intake import Incoming
from integrations.devices.refusals import malformed, refusal
from marketplace.supervision.readings.ports import SignedBatch

PREFIX = b"bailee.device.batch.v1\x00"
SIGNATURE_BYTES = 64
KINDS = {1: JSON, 2: SENML_JSON, 3: CBOR, 4: SENML_CBOR, 5: FRAME}
_KIND_OF = {content_type: kind for kind, content_type in KINDS.items()}
_HEAD = 1 + SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may weigh, and how far its clock may be out.

    `ahead_max` is how far in the future of our clock an event may lie (security.md section 4: 5 minutes); `age_max`
    bounds how old a stored-and-forwarded event may be, so that a clock at 1970 cannot open partitions there.
    """

    body_bytes_max: int = 256 * 1024
    frame_bytes_max: int = (
        500_000  # just below what the embedded broker carries, so that both doors take the same frames
    )
    depth_max: int = 8
    samples_max: int = 10_000
    ahead_max: timedelta = timedelta(minutes=5)
    age_max: timedelta = timedelta(days=400)


LIMITS = Limits()


def signed_bytes(content_type: str, body: bytes) -> bytes:
    """The exact bytes that the signature covers."""
    return PREFIX + content_type.encode("ascii") + b"\x00" + body


def seal(content_type: str, body: bytes, key: SigningKey) -> bytes:
    """The device's signature over a body of this content type: 64 bytes."""
    return key.sign(signed_bytes(content_type, body)).signature


def framed(content_type: str, signature: bytes, body: bytes) -> bytes:
    """One MQTT payload. Refuses a content type that has no kind, and a signature of another length."""
    if content_type not in _KIND_OF:
        raise refusal("unsupported_type", content_type=content_type)
    if len(signature) != SIGNATURE_BYTES:
        raise malformed("signature")
    return bytes((_KIND_OF[content_type],)) + signature + body


def unframed(payload: bytes, limits: Limits = LIMITS) -> tuple[str, bytes, bytes]:
    """Content type, signature and body of an MQTT payload."""
    most = limits.frame_bytes_max if is_frame(payload) else limits.body_bytes_max
    if len(payload) > _HEAD + most:
        raise refusal("oversized", bytes=len(payload) - _HEAD, bytes_max=most)
    if len(payload) <= _HEAD or payload[0] not in KINDS:
        raise malformed("frame")
    return KINDS[payload[0]], payload[1:_HEAD], payload[_HEAD:]


def is_frame(payload: bytes) -> bool:
    """Whether a message is a camera's frame, by its first byte."""
    return payload[:1] == bytes((_KIND_OF[FRAME],))


def receipt_digest(payload: bytes) -> bytes:
    """What names a message in its receipt: SHA-256 of the whole frame.

    The signature is in it, so a forger's refused copy of a good body cannot make the device drop the good one.
    """
    return sha256(payload).digest()


@dataclass(frozen=True, slots=True)
class Voice:
    """Who may sign in a device's name: its own key, the one that it may change to, or the key of the gateway `signer` above it."""

    public_key: bytes | None
    next_key: bytes | None = None
    signer: UUID | None = None


def opened(
    incoming: Incoming, voice: Voice | bytes | None, received_at: datetime, limits: Limits = LIMITS
) -> SignedBatch:
    """The batch inside a message, once its signature holds under a key that may speak for the device.

    `voice` is what was enrolled for `incoming.device_id`, its key alone where it has but one (None: no such device).
    Nothing of the body is parsed before the signature is verified. A gateway that signs for a sensor must name itself
    in it. Refuses with one of `refusals.CODES`; an old batch is not refused but late (see `lateness`).
    """
    voice = voice if isinstance(voice, Voice) else Voice(voice)
    if is_frame(incoming.payload):
        raise malformed("frame")
    content_type, signature, body = unframed(incoming.payload, limits)
    renewed = check_signature(voice, content_type, signature, body)
    said = contents(body, content_type, depth_max=limits.depth_max, samples_max=limits.samples_max)
    check_named(said.device_id, said.signer, incoming.device_id, voice)
    check_clock((max(said.sent_at, said.samples.last_at), said.samples.first_at), received_at, limits)
    return SignedBatch(
        said.device_id,
        said.boot,
        said.sequence,
        said.sent_at,
        said.previous,
        said.samples,
        body,
        signature,
        content_type,
        renewed,
    )


def check_signature(voice: Voice, content_type: str, signature: bytes, body: bytes) -> bool:
    """Refuse what nobody signed who may; whether it was the next key."""
    if voice.public_key is None:
        raise refusal("unknown_device")
    covered = signed_bytes(content_type, body)
    if _holds(voice.public_key, covered, signature):
        return False
    if voice.next_key is None or not _holds(voice.next_key, covered, signature):
        raise refusal("bad_signature")
    return True


def _holds(key: bytes, covered: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(key).verify(covered, signature)
    except BadSignatureError:
        return False
    return True


def check_named(named: UUID, signer: UUID | None, addressed: UUID, voice: Voice) -> None:
    """A device speaks for itself only: else one key could write another's history through its own topic. A gateway that signs for it names itself."""
    if named != addressed:
        raise refusal("wrong_device", field="device")
    if signer != voice.signer:
        raise refusal("wrong_signer", field="signer")


def check_clock(moments: Iterable[datetime], received_at: datetime, limits: Limits) -> None:
    """Refuse times from our future, and events too old to come from a store-and-forward.

    An event after its own sending is no reason: a clock that is set right in the middle of a batch does that.
    """
    for at in moments:
        if not received_at - limits.age_max <= at <= received_at + limits.ahead_max:
            raise refusal("skewed", field="readings", at=at, received_at=received_at)


def lateness(batch: SignedBatch, received_at: datetime) -> timedelta:
    """How long after its last event a batch arrived: beyond 5 minutes it is history, never a live state."""
    return received_at - batch.samples.last_at
