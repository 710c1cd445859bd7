"""A batch by HTTP is the same message as one by MQTT."""

from collections.abc import Callable
from datetime import datetime

import pytest

from integrations.devices.codecs import CONTENT_TYPES
from integrations.devices.envelope import opened, unframed
from integrations.devices.http import SIGNATURE_HEADER, batch_from_http, signature_header
from integrations.devices.intake import Incoming
from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tenants.errors import Refused


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_the_same_message_by_either_door(
    content_type: str, device: SimulatedDevice, weights: Callable[[int], list[Sample]], noon: datetime
) -> None:
    device.content_type = content_type
    payload = device.batch(weights(3))
    _, signature, body = unframed(payload)
    headers = {
        "content-TYPE": f" {content_type.upper()} ; charset=utf-8",
        SIGNATURE_HEADER: signature_header(signature),
    }
    incoming = batch_from_http(headers, body, device_id=device.device_id)
    assert incoming == Incoming(device.device_id, payload)
    assert opened(incoming, device.public_key, noon).content_type == content_type


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "unsupported_type"),
        ({"Content-Type": "text/plain"}, "unsupported_type"),
        ({"Content-Type": "application/json"}, "malformed"),
        ({"Content-Type": "application/json", SIGNATURE_HEADER: "AAAA"}, "malformed"),
        ({"Content-Type": "application/json", SIGNATURE_HEADER: "*" * 88}, "malformed"),
        ({"Content-Type": "application/json", SIGNATURE_HEADER: "é"}, "malformed"),
    ],
)
def test_requests_that_are_refused(headers: dict[str, str], code: str, device: SimulatedDevice) -> None:
    with pytest.raises(Refused) as caught:
        batch_from_http(headers, b"{}", device_id=device.device_id)
    assert caught.value.code == code
