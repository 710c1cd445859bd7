"""A frame: a picture with a signed statement about it, through the same doors as a batch of readings.

The statement is a JSON object in the form of a batch's head:

    {"device": "0198c0de-...", "boot": 3, "seq": 417, "sent_at": "2026-03-01T08:00:05Z", "previous": "9f86d0...",
     "taken_at": "2026-03-01T08:00:00Z", "picture": "<SHA-256 of the picture, 64 hex digits>"}

It is what the camera signs, so that it can be checked for ever, also when the picture has been let go; `previous` is the SHA-256 of the statement (or batch)
before. The message's body is the statement, one zero byte, and the picture: a JPEG or a PNG. JSON holds no zero byte, so the parts cannot be shifted.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from integrations.devices.codecs import instant, read_head
from integrations.devices.envelope import LIMITS, Limits, Voice, check_clock, check_named, check_signature, unframed
from integrations.devices.intake import Incoming
from integrations.devices.notations import read_json
from integrations.devices.refusals import malformed, refusal
from marketplace.cameras.ports import SignedFrame

MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
DEPTH_MAX = 2
HEX_DIGITS = 64
PARTED_BY = b"\x00"


@dataclass(frozen=True, slots=True)
class FrameContents:
    """What a statement says, not yet vouched for by a signature."""

    device_id: UUID
    boot: int
    sequence: int
    sent_at: datetime
    previous: bytes | None
    signer: UUID | None
    taken_at: datetime
    picture: bytes


def opened_frame(incoming: Incoming, voice: Voice, received_at: datetime, limits: Limits = LIMITS) -> SignedFrame:
    """The frame inside a message, once its signature holds and the picture is the one that was signed. Refuses with one of `refusals.CODES`."""
    content_type, signature, body = unframed(incoming.payload, limits)
    statement, _, picture = body.partition(PARTED_BY)
    renewed = check_signature(voice, content_type, signature, statement)
    said = frame_contents(statement)
    check_named(said.device_id, said.signer, incoming.device_id, voice)
    check_clock((said.sent_at, said.taken_at), received_at, limits)
    if sha256(picture).digest() != said.picture:
        raise refusal("wrong_picture", field="picture")
    media_type = next((kind for begin, kind in MAGIC.items() if picture.startswith(begin)), None)
    if media_type is None:
        raise refusal("picture_broken", field="picture")
    return SignedFrame(
        said.device_id, said.boot, said.sequence, said.sent_at, said.taken_at, said.previous, picture, said.picture.hex(), media_type,
        statement, signature, content_type, renewed,
    )  # fmt: skip


def frame_contents(statement: bytes) -> FrameContents:
    """Read a statement. Refuses whatever is not exactly of the form above."""
    said = read_json(statement, DEPTH_MAX)
    if not isinstance(said, dict):
        raise malformed("body")
    device_id, boot, sequence, sent_at, previous, signer = read_head(said)
    return FrameContents(device_id, boot, sequence, sent_at, previous, signer, instant(said.get("taken_at"), "taken_at"), _digest(said.get("picture")))  # fmt: skip


def frame_body(said: FrameContents, picture: bytes) -> tuple[bytes, bytes]:
    """The statement, and the whole body with the picture behind it."""
    head = {
        "device": str(said.device_id), "boot": said.boot, "seq": said.sequence, "sent_at": said.sent_at.isoformat(),
        "previous": said.previous.hex() if said.previous else None, "taken_at": said.taken_at.isoformat(), "picture": said.picture.hex(),
    } | ({"signer": str(said.signer)} if said.signer else {})  # fmt: skip
    statement = json.dumps(head, separators=(",", ":")).encode()
    return statement, statement + PARTED_BY + picture


def _digest(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != HEX_DIGITS or not value.isascii():
        raise malformed("picture")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise malformed("picture") from error
