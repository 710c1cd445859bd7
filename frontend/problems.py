"""Refusals at the door: the only place (with its API twin here) that knows which kind of refusal is which HTTP status."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from frontend.language import translate
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable

STATUS: dict[type[Refused], int] = {NotFound: 404, NotAllowed: 403, Invalid: 422, Conflict: 409, Unavailable: 503}


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(refused, kind)), 400)


def reason(refused: Refused) -> str:
    """The refusal in the reader's language."""
    return translate(refused.because, **refused.facts)


def problem(refused: Refused) -> Response:
    """A refusal as problem+json (RFC 9457)."""
    errors = [{"field": refused.field, "reason": reason(refused)}] if refused.field else []
    return as_problem(status_of(refused), refused.code, reason(refused), errors=errors)


def as_problem(status: int, code: str, detail: str, *, errors: list[dict[str, Any]] | None = None) -> Response:
    """problem+json with the fields of ours: `code` for programs, `errors` naming each field at fault."""
    body: dict[str, Any] = {
        "type": f"urn:bailee:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def http_problem(error: HTTPException) -> Response:
    """What Werkzeug refuses before any view runs."""
    response = as_problem(
        error.code or 500, (error.name or "error").lower().replace(" ", "_"), error.description or error.name
    )
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response
