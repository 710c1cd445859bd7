"""The door of witnesses: `POST /hooks/log/cosignatures` and `/hooks/log/refusals`. No session and no token: the signature under the registered key is the credential.

A refusal is signed by the same key as a cosignature, over other words: a witness's key says nothing but what it saw of the log.
"""

import time
from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from tenants.errors import Conflict, Refused
from tenants.log.actions import keep_cosignature, keep_refusal
from tenants.log.models import Witness
from tenants.log.notes import LONGEST_NOTE, Note, Unreadable
from tenants.log.queries import signer_of
from tenants.workspace import SignedOut, VisitorKey, WitnessKey, Workspace, enter

door = Blueprint("witness_door", __name__, url_prefix="/hooks/log")
Keep = Callable[[Workspace, Witness, Note], None]


@door.post("/cosignatures")
def take_cosignature() -> ResponseReturnValue:
    """A checkpoint of the log with the signature of a registered witness under it."""
    return _taken(lambda ws, witness, note: keep_cosignature(ws, witness, note, world_at=int(time.time())))


@door.post("/refusals")
def take_refusal() -> ResponseReturnValue:
    """A witness's signed words that it refuses what it was shown."""
    return _taken(keep_refusal)


def _taken(keep: Keep) -> ResponseReturnValue:
    if (request.content_length or 0) > LONGEST_NOTE:
        return _problem(413, "oversized", "The message is too large.")
    try:
        note = Note.read(request.get_data().decode())
        with enter(VisitorKey(), read_only=True) as ws:
            witness = signer_of(ws, note)
        if witness is None:
            return _problem(401, "unknown_witness", "No witness that is registered here has signed this.")
        with enter(WitnessKey(witness.public_key)) as ws:
            keep(ws, witness, note)
    except (Unreadable, UnicodeDecodeError) as wrong:
        return _problem(400, "unreadable", str(wrong))
    except SignedOut:
        return _problem(401, "unknown_witness", "No witness that is registered here has signed this.")
    except Refused as refused:
        return _problem(409 if isinstance(refused, Conflict) else 422, refused.code, refused.in_english())
    return {"kept": True}, 201


def _problem(status: int, code: str, detail: str) -> ResponseReturnValue:
    body = {"type": f"urn:bailee:problem:{code}", "title": code.replace("_", " ").capitalize(), "status": status}
    return body | {"code": code, "detail": detail}, status, {"Content-Type": "application/problem+json"}


for view in (take_cosignature, take_refusal):
    view.is_public = True  # type: ignore[attr-defined]
