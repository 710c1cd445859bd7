"""Rights of first refusal as a form and a call enter them."""

from flask import request

from frontend.disposal.kinds.entered import length_text
from marketplace.disposal.rules.first_refusals import FirstRefusal

ROWS = (1, 2, 3)  # on the page; a call takes more


def right_named(code: str, order: int, ground: str, evidence: str) -> FirstRefusal:
    """A right in the words that are kept: codes without blanks, in capitals."""
    return FirstRefusal("".join(code.split()).upper(), order, ground.strip(), evidence.strip())


def rights_typed() -> tuple[FirstRefusal, ...]:
    """The rows of the form that name somebody."""
    return tuple(_row(row) for row in ROWS if request.form.get(f"right_code_{row}", "").strip())


def _row(row: int) -> FirstRefusal:
    code, ground, evidence = (request.form.get(f"right_{name}_{row}", "") for name in ("code", "ground", "evidence"))
    order = length_text(request.form.get(f"right_order_{row}", ""), f"right_order_{row}")
    return right_named(code, 1 if order is None else order, ground, evidence)
