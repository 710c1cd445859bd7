"""The device door by HTTP: `POST /api/v1/devices/{id}/batches`. No session and no token: the signature under the enrolled key is the credential."""

from typing import Any, cast
from uuid import UUID

from apiflask import APIBlueprint
from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from werkzeug.wrappers import Response

from integrations.devices.http import SIGNATURE_HEADER, batch_from_http
from integrations.devices.intake import Outcome, Verdict, refused
from integrations.devices.refusals import SENTENCES, UNKNOWN_DEVICE
from integrations.gateway import taker_of
from tenants.errors import Refused

STATUS = {
    "unknown_device": 404,
    "bad_signature": 401,
    "wrong_device": 401,
    "oversized": 413,
    "picture_too_large": 413,
    "unsupported_type": 415,
    "conflict": 409,
}
CONFLICT_SAYS = "Another message of this device has this place in its history."
door = APIBlueprint("device_door", __name__, url_prefix="/api/v1", tag="supervision")


class Receipt(BaseModel):
    """What became of a batch: `stored`, or `duplicate` where it was stored before."""

    verdict: str


RESPONSES: Any = {
    201: {"description": "Stored.", "content": {"application/json": {"schema": Receipt.model_json_schema()}}},
    200: {"description": "Stored before.", "content": {"application/json": {"schema": Receipt.model_json_schema()}}},
    400: {"description": "The message is malformed."},
    401: {"description": "The signature does not belong to this message and this device."},
    404: {"description": "No device of this name is enrolled."},
    409: {"description": CONFLICT_SAYS},
    413: {"description": "The message is too large."},
    415: {"description": "The content type is not understood."},
    422: {"description": "The message says something that no device can mean."},
    503: {"description": "Not stored now: send it again."},
}


@door.post("/devices/<uuid:device_id>/batches")
@door.doc(
    summary="Take one signed batch of readings, or one signed frame of a camera",
    description="The body is what the device signed, byte for byte (of a frame: its statement, a zero byte, the picture); no token is needed. See the device door's description of body and signature.",
    operation_id="supervision_take_batch",
    responses=RESPONSES,
)
def take_batch(device_id: UUID) -> ResponseReturnValue:
    """One batch by HTTP, in the same form as by MQTT."""
    try:
        incoming = batch_from_http(dict(request.headers), request.get_data(), device_id=device_id)
    except Refused as reason:
        return _answer(refused(reason))
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    [outcome] = taker_of(app)([incoming])
    return _answer(outcome)


take_batch.is_public = True  # type: ignore[attr-defined]


def _answer(outcome: Outcome) -> ResponseReturnValue:
    if outcome.verdict is Verdict.LATER:
        return _problem(503, "later", "It could not be stored now. Send it again.")
    if outcome.verdict is Verdict.REFUSED:
        says = {"unknown_device": UNKNOWN_DEVICE, "conflict": CONFLICT_SAYS}.get(outcome.code) or SENTENCES[
            outcome.code
        ]
        return _problem(STATUS.get(outcome.code, 422), outcome.code, says.split(" %(")[0].rstrip(":"))
    status = 201 if outcome.verdict is Verdict.STORED else 200
    return Receipt(verdict=str(outcome.verdict)).model_dump(), status


def _problem(status: int, code: str, detail: str) -> Response:
    body = {
        "type": f"urn:bailee:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }
    response = cast("Response", current_app.json.response(body))
    response.status_code, response.mimetype = status, "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = SIGNATURE_HEADER
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
