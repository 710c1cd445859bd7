"""The device door: `flask --app wsgi gateway` takes signed batches from an MQTT broker, and `POST /api/v1/devices/{id}/batches` takes one by HTTP.

Neither has a session: the signature under the enrolled key is the credential. A message is acknowledged after what it says is committed, never before.
"""

import signal
import threading
from types import FrameType
from typing import Any, cast
from uuid import UUID

import click
import structlog
from apiflask import APIBlueprint
from flask import Flask, current_app, request
from flask.cli import with_appcontext
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from werkzeug.wrappers import Response

from integrations.devices.http import SIGNATURE_HEADER, batch_from_http
from integrations.devices.intake import Outcome, Verdict, refused
from integrations.devices.mqtt import Gateway
from integrations.devices.refusals import SENTENCES, UNKNOWN_DEVICE
from integrations.reading_hints import ReadingHints
from integrations.taking import Taker
from tenants.errors import Refused

log = structlog.get_logger()
REPORT_SECONDS = 60.0
STATUS = {
    "unknown_device": 404,
    "bad_signature": 401,
    "wrong_device": 401,
    "oversized": 413,
    "unsupported_type": 415,
    "conflict": 409,
}
CONFLICT_SAYS = "Another message of this device has this place in its history."
door = APIBlueprint("device_door", __name__, url_prefix="/api/v1", tag="supervision")


class Receipt(BaseModel):
    """What became of a batch: `stored`, or `duplicate` where it was stored before."""

    verdict: str


RESPONSES: Any = {
    201: {"description": "Stored.", "content": {"application/json": {"schema": Receipt}}},
    200: {"description": "Stored before.", "content": {"application/json": {"schema": Receipt}}},
    400: {"description": "The message is malformed."},
    401: {"description": "The signature does not belong to this message and this device."},
    404: {"description": "No device of this name is enrolled."},
    409: {"description": CONFLICT_SAYS},
    413: {"description": "The message is too large."},
    415: {"description": "The content type is not understood."},
    422: {"description": "The message says something that no device can mean."},
    503: {"description": "Not stored now: send it again."},
}


def taker_of(app: Flask) -> Taker:
    """The application's one taker; open pages are told where there is a line to tell them by."""
    made = app.extensions.get("device_taker")
    if made is None:
        valkey = app.config.get("VALKEY_URL")
        made = app.extensions["device_taker"] = Taker(app, ReadingHints(valkey) if valkey else None)
    return cast("Taker", made)


@door.post("/devices/<uuid:device_id>/batches")
@door.doc(
    summary="Take one signed batch of readings",
    description="The body is what the device signed, byte for byte; no token is needed. See the device door's description of body and signature.",
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


@click.command("gateway")
@with_appcontext
def gateway_command() -> None:
    """Take devices' messages from the MQTT broker until told to stop."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    stopping = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _stopper(stopping))
    gateway = Gateway(app.config["MQTT_URL"], taker_of(app))
    gateway.start()
    log.info("gateway started")
    before: dict[str, int] = {}
    while not stopping.wait(REPORT_SECONDS):
        before = _report(gateway, before)
    gateway.stop()
    _report(gateway, before)


def _stopper(stopping: threading.Event) -> Any:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    return stop


def _report(gateway: Gateway, before: dict[str, int]) -> dict[str, int]:
    """Say what came in since the last report, where anything did."""
    now = gateway.counters()
    moved = {name: count - before.get(name, 0) for name, count in now.items() if count != before.get(name, 0)}
    if moved:
        log.info("gateway", **moved)
    return now
