"""A batch by HTTP: `POST /api/v1/devices/{id}/batches`, body = the signed bytes.

Content-Type: application/json                     one of the four content types; parameters are ignored
Bailee-Signature: <base64 of the 64 bytes>         what `envelope.seal` made over media type and body
"""

import base64
import binascii
from collections.abc import Mapping
from uuid import UUID

from integrations.devices.envelope import framed
from integrations.devices.intake import Incoming
from integrations.devices.refusals import malformed

SIGNATURE_HEADER = "Bailee-Signature"


def batch_from_http(headers: Mapping[str, str], body: bytes, *, device_id: UUID) -> Incoming:
    """The message of one request, in the same form as one from MQTT; `device_id` is the one in the URL.

    `headers` may be any mapping, matched without regard to case. Refuses a missing or misshapen signature and an
    unknown content type; the rest is decided by `envelope.opened`.
    """
    named = {name.lower(): value for name, value in headers.items()}
    content_type = named.get("content-type", "").partition(";")[0].strip().lower()
    return Incoming(device_id, framed(content_type, _signature(named.get(SIGNATURE_HEADER.lower(), "")), body))


def _signature(header: str) -> bytes:
    try:
        return base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed("signature") from error


def signature_header(signature: bytes) -> str:
    """The header's value for a signature."""
    return base64.b64encode(signature).decode()
