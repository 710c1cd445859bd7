"""The signed envelope: what is signed is what is read, and nothing else passes."""

import dataclasses
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from integrations.devices.codecs import CBOR, CONTENT_TYPES, JSON, SENML_JSON
from integrations.devices.envelope import LIMITS, Limits, framed, lateness, opened, receipt_digest, seal, unframed
from integrations.devices.intake import Incoming, refused
from integrations.devices.refusals import CODES
from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample, SignedBatch
from tenants.errors import Refused

Weights = Callable[[int], list[Sample]]


def read(device: SimulatedDevice, payload: bytes, at: datetime, **limits: Any) -> SignedBatch:
    return opened(Incoming(device.device_id, payload), device.public_key, at, dataclasses.replace(LIMITS, **limits))


def code_of(device: SimulatedDevice, payload: bytes, at: datetime, **limits: Any) -> str:
    with pytest.raises(Refused) as caught:
        read(device, payload, at, **limits)
    assert caught.value.code in CODES
    assert caught.value.in_english()
    return caught.value.code


def signed(device: SimulatedDevice, body: bytes, content_type: str = JSON) -> bytes:
    """A body of any shape under a good signature: what a faulty or hostile device may send."""
    return framed(content_type, seal(content_type, body, device.key), body)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_a_batch_is_read_as_it_was_signed(
    content_type: str, device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    device.content_type = content_type
    first, second = (read(device, device.batch(weights(100)), noon) for _ in range(2))
    said = [(s.metric, s.value, s.unit, s.at) for s in first.samples]
    assert said == [(s.metric, s.value, s.unit, s.at) for s in weights(100)]
    assert (first.device_id, first.boot, first.sequence, first.sent_at) == (device.device_id, 1, 0, noon)
    assert (first.previous, second.previous) == (None, first.digest)
    assert second.digest == sha256(second.body).digest() == device.previous
    assert second.sequence == 1


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_every_flipped_bit_is_refused(
    content_type: str, device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    device.content_type = content_type
    payload = device.batch(weights(2))
    for place in range(len(payload)):
        tampered = bytearray(payload)
        tampered[place] ^= 1 << (place % 8)
        assert code_of(device, bytes(tampered), noon) in {"bad_signature", "malformed"}
    assert code_of(device, payload + b" ", noon) == "bad_signature"
    assert code_of(device, payload[:-1], noon) == "bad_signature"


def test_a_body_cannot_be_passed_off_as_another_content_type(
    device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    _, signature, body = unframed(device.batch(weights(1)))
    assert code_of(device, framed(SENML_JSON, signature, body), noon) == "bad_signature"
    assert code_of(device, framed(CBOR, signature, body), noon) == "bad_signature"


def test_a_signature_over_the_body_alone_is_no_signature(
    device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    _, _, body = unframed(device.batch(weights(1)))
    assert code_of(device, framed(JSON, device.key.sign(body).signature, body), noon) == "bad_signature"


def test_another_key_and_no_key_are_refused(device: SimulatedDevice, weights: Weights, noon: datetime) -> None:
    incoming = Incoming(device.device_id, device.batch(weights(1)))
    for key, code in ((bytes(SigningKey.generate().verify_key), "bad_signature"), (None, "unknown_device")):
        with pytest.raises(Refused) as caught:
            opened(incoming, key, noon)
        assert caught.value.code == code


def test_a_device_cannot_write_the_history_of_another(
    device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    incoming = Incoming(uuid4(), device.batch(weights(1)))
    with pytest.raises(Refused) as caught:
        opened(incoming, device.public_key, noon)
    assert refused(caught.value).label == "refused:wrong_device"


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(minutes=4, seconds=59), None),
        (timedelta(minutes=5, seconds=1), "skewed"),
        (timedelta(days=3), "skewed"),
    ],
)
def test_a_clock_ahead_of_ours(
    ahead: timedelta, code: str | None, device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    payload = device.batch(weights(1))
    if code:
        assert code_of(device, payload, noon - ahead) == code
    else:
        assert read(device, payload, noon - ahead).sequence == 0


def test_a_late_batch_is_taken_and_known_to_be_late(device: SimulatedDevice, weights: Weights, noon: datetime) -> None:
    batch = read(device, device.batch(weights(3)), noon + timedelta(days=2))
    assert lateness(batch, noon + timedelta(days=2)) == timedelta(days=2)


def test_a_clock_that_fell_back_to_1970_is_refused(device: SimulatedDevice, weights: Weights, noon: datetime) -> None:
    body = json.dumps(
        {
            "device": str(device.device_id),
            "boot": 1,
            "seq": 0,
            "sent_at": 1000,
            "previous": None,
            "readings": [{"metric": "weight", "unit": "kg", "points": [[1000, 1]]}],
        }
    ).encode()
    assert code_of(device, signed(device, body), noon) == "skewed"


def test_a_clock_set_right_within_a_batch_is_no_reason(
    device: SimulatedDevice, weights: Weights, noon: datetime
) -> None:
    payload = device.batch(weights(1), sent_at=noon - timedelta(minutes=6))
    assert read(device, payload, noon).sent_at == noon - timedelta(minutes=6)


def test_a_sending_from_our_future_is_refused(device: SimulatedDevice, weights: Weights, noon: datetime) -> None:
    assert code_of(device, device.batch(weights(1), sent_at=noon + timedelta(minutes=6)), noon) == "skewed"


def test_size_is_refused_before_anything_else(device: SimulatedDevice, noon: datetime) -> None:
    payload = framed(JSON, b"\0" * 64, b"x" * (LIMITS.body_bytes_max + 1))
    assert code_of(device, payload, noon) == "oversized"
    assert code_of(device, payload[:-1], noon) == "bad_signature"


@pytest.mark.parametrize("payload", [b"", b"\1", b"\1" + b"0" * 64, b"\0" + b"0" * 65, b"\5" + b"0" * 65, b"\xff" * 70])
def test_frames_that_are_none(payload: bytes, device: SimulatedDevice, noon: datetime) -> None:
    assert code_of(device, payload, noon) == "malformed"


def test_too_many_samples(device: SimulatedDevice, weights: Weights, noon: datetime) -> None:
    payload = device.batch(weights(6))
    assert code_of(device, payload, noon, samples_max=5) == "too_many"
    assert len(read(device, payload, noon, samples_max=6).samples) == 6


def test_a_forged_copy_has_a_receipt_of_its_own(device: SimulatedDevice, weights: Weights) -> None:
    payload = device.batch(weights(1))
    forged = payload[:1] + b"\0" * 64 + payload[65:]
    assert receipt_digest(forged) != receipt_digest(payload)


@given(payload=st.binary(max_size=400), key=st.sampled_from([b"\x07" * 32, None]))
def test_no_payload_does_anything_but_be_refused(payload: bytes, key: bytes | None) -> None:
    public = bytes(SigningKey(key).verify_key) if key else None
    with pytest.raises(Refused) as caught:
        opened(Incoming(UUID(int=1), payload), public, datetime.fromisoformat("2026-03-01T12:00:00Z"), Limits())
    assert caught.value.code in CODES
