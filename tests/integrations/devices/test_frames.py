"""A frame at the door: what is signed is the statement, the picture must be the one it names, and every other case has its refusal."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from integrations.devices.codecs import FRAME
from integrations.devices.envelope import LIMITS, Voice, framed, seal, unframed
from integrations.devices.frames import FrameContents, frame_body, frame_contents, opened_frame
from integrations.devices.intake import Incoming
from integrations.devices.simulator import SimulatedDevice
from marketplace.cameras.ports import SignedFrame
from tenants.errors import Refused

PICTURE = b"\xff\xd8\xff a picture \x00 with zeros"
LATER = timedelta(minutes=6)
CAMERA = UUID("0198c0de-0000-7000-8000-000000000001")


def opening(device: SimulatedDevice, payload: bytes, at: datetime) -> SignedFrame:
    return opened_frame(Incoming(device.device_id, payload), Voice(device.public_key), at)


def refusal_of(device: SimulatedDevice, payload: bytes, at: datetime) -> str:
    with pytest.raises(Refused) as caught:
        opening(device, payload, at)
    return caught.value.code


def resigned(device: SimulatedDevice, body: bytes) -> bytes:
    """Any body, its statement signed by the camera's own key."""
    return framed(FRAME, seal(FRAME, body.partition(b"\x00")[0], device.key), body)


def test_a_frame_is_opened_as_it_was_signed_and_takes_its_place_in_the_chain(device: SimulatedDevice, noon: datetime) -> None:  # fmt: skip
    device.previous = b"\x05" * 32
    frame = opening(device, device.frame(PICTURE, noon - timedelta(seconds=2), noon), noon)
    assert (frame.picture, frame.media_type) == (PICTURE, "image/jpeg")
    assert frame.sha256 == sha256(PICTURE).hexdigest()
    assert (frame.boot, frame.sequence, frame.previous) == (1, 0, b"\x05" * 32)
    assert (frame.sent_at, frame.taken_at) == (noon, noon - timedelta(seconds=2))
    assert device.previous == frame.digest == sha256(frame.statement).digest()
    assert device.sequence == 1


def test_another_picture_under_the_same_statement_is_refused(device: SimulatedDevice, noon: datetime) -> None:
    assert refusal_of(device, device.frame(PICTURE, noon) + b"!", noon) == "wrong_picture"


def test_a_picture_signed_by_a_stranger_is_refused(device: SimulatedDevice, noon: datetime) -> None:
    forged = replace(device, key=SigningKey(b"\x08" * 32)).frame(PICTURE, noon)
    assert refusal_of(device, forged, noon) == "bad_signature"


def test_a_batch_is_no_frame_under_the_same_signature(device: SimulatedDevice, noon: datetime) -> None:
    _, signature, body = unframed(device.frame(PICTURE, noon))
    with pytest.raises(Refused, match="bad_signature"):
        opening(device, framed(FRAME, seal("application/json", body.partition(b"\x00")[0], device.key), body), noon)
    assert len(signature) == 64


@pytest.mark.parametrize("taken", [LATER, -timedelta(days=401)])
def test_a_clock_that_is_wrong_is_refused(device: SimulatedDevice, noon: datetime, taken: timedelta) -> None:
    assert refusal_of(device, device.frame(PICTURE, noon + taken, noon), noon) == "skewed"


def test_what_is_neither_jpeg_nor_png_is_refused(device: SimulatedDevice, noon: datetime) -> None:
    assert refusal_of(device, device.frame(b"GIF89a", noon), noon) == "picture_broken"


def test_an_oversized_frame_is_refused_before_anything_is_verified(device: SimulatedDevice, noon: datetime) -> None:
    payload = device.frame(PICTURE + bytes(LIMITS.frame_bytes_max), noon)
    assert refusal_of(device, payload, noon) == "oversized"
    assert opening(device, device.frame(PICTURE + bytes(300_000), noon), noon).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "body", [b"", b"\x00" + PICTURE, b"[]\x00" + PICTURE, b"{}\x00" + PICTURE, b'{"device":1}\x00']
)
def test_a_statement_that_cannot_be_read_is_refused(device: SimulatedDevice, noon: datetime, body: bytes) -> None:
    assert refusal_of(device, resigned(device, body or b" "), noon) == "malformed"


def test_a_camera_speaks_for_itself_alone(device: SimulatedDevice, noon: datetime) -> None:
    other = replace(device, device_id=device.tenant_id)
    assert refusal_of(device, other.frame(PICTURE, noon), noon) == "wrong_device"
    assert refusal_of(device, replace(device, signer=device.tenant_id).frame(PICTURE, noon), noon) == "wrong_signer"


@given(boot=st.integers(0, 2**31 - 1), sequence=st.integers(0, 2**63 - 1), ago=st.integers(0, 10**6), previous=st.none() | st.binary(min_size=32, max_size=32))  # fmt: skip
def test_a_statement_reads_back_as_it_was_written(boot: int, sequence: int, ago: int, previous: bytes | None) -> None:
    at = datetime.fromisoformat("2026-03-01T12:00:00+00:00") - timedelta(milliseconds=ago)
    said = FrameContents(CAMERA, boot, sequence, at, previous, None, at, sha256(PICTURE).digest())
    statement, body = frame_body(said, PICTURE)
    assert frame_contents(statement) == said
    assert body.partition(b"\x00")[2] == PICTURE
