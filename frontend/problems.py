"""Refusals at the door: the only place (with its API twin here) that knows which kind of refusal is which HTTP status."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from frontend.language import locale, translate_into
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable

PROBLEM_JSON = "application/problem+json"
STATUS: dict[type[Refused], int] = {NotFound: 404, NotAllowed: 403, Invalid: 422, Conflict: 409, Unavailable: 503}


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(refused, kind)), 400)


def reason(refused: Refused, language: str | None = None) -> str:
    """The refusal in the reader's language, or in the one named."""
    return translate_into(language or locale(), refused.because, **refused.facts)


def problem(refused: Refused) -> Response:
    """A refusal as problem+json (RFC 9457)."""
    return _as_response(told(refused, locale()))


def told(refused: Refused, language: str) -> dict[str, Any]:
    """What problem+json says of a refusal in this language."""
    because = reason(refused, language)
    errors = [{"field": refused.field, "reason": because}] if refused.field else []
    return _body(status_of(refused), refused.code, because, errors)


def as_problem(status: int, code: str, detail: str, *, errors: list[dict[str, Any]] | None = None) -> Response:
    """problem+json with the fields of ours: `code` for programs, `errors` naming each field at fault."""
    return _as_response(_body(status, code, detail, errors))


def _body(status: int, code: str, detail: str, errors: list[dict[str, Any]] | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:bailee:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def _as_response(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.status_code, response.mimetype = body["status"], PROBLEM_JSON
    return response


def http_problem(error: HTTPException) -> Response:
    """What Werkzeug refuses before any view runs."""
    response = as_problem(
        error.code or 500, (error.name or "error").lower().replace(" ", "_"), error.description or error.name
    )
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response
