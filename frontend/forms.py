"""What the forms of one page know of each other: which of them was sent, and under which ids their fields stand."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import g, request


def sent_to(action: str, fixed: Mapping[str, Any] | None = None) -> bool:
    """Whether what was refused came from the form at this address; of several at one address, from that with these fixed fields.

    A form without an address goes to the page's own.
    """
    entered = g.get("entered", {})
    return action.partition("?")[0] in ("", request.path) and all(
        entered.get(name) == str(value) for name, value in (fixed or {}).items()
    )


def open_form(action: str, fixed: Mapping[str, Any], answers: str | None = None) -> str:
    """The fields that follow are of this form, until it is closed. `answers`: a second address whose refusals it tells. Writes nothing."""
    told = answers is not None and sent_to(answers)
    g.form_was_sent, g.form_ids = told or sent_to(action, fixed), {}
    return ""


def close_form() -> str:
    """The form is written. Writes nothing."""
    g.pop("form_was_sent")
    g.pop("form_ids")
    return ""


def was_sent() -> bool:
    """Whether the form that is being written is the one that was refused. Fields outside of any form macro are their page's only form."""
    return bool(g.get("form_was_sent", True))


def apart(name: str) -> str:
    """The name that a field's id is made of: its own, and numbered where the page has shown a field of that name before."""
    shown: Counter[str] = g.setdefault("fields_shown", Counter())
    shown[name] += 1
    written = name if shown[name] == 1 else f"{name}-{shown[name]}"
    g.get("form_ids", {}).setdefault(name, written)
    return written


def place_of(name: str) -> str:
    """What the id of a field of the form that is being written is made of."""
    return str(g.get("form_ids", {}).get(name, name))


def idempotency_key() -> str:
    """A fresh key for a form, or the one that was sent, so that a corrected form is a new request and a repeated one is not."""
    return str(uuid4())


FOR_TEMPLATES = {
    one.__name__: one for one in (apart, close_form, idempotency_key, open_form, place_of, sent_to, was_sent)
}
