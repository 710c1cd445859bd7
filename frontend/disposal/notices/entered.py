"""Others who are given notice of a sale, as a form enters them: one name a line."""

from flask import request

from marketplace.disposal.rules.notices import Capacity, Outsider

FIELDS = {"outside_claimants": Capacity.CLAIMANT, "outside_guarantors": Capacity.GUARANTOR}


def outsiders_typed() -> tuple[Outsider, ...]:
    """Claimants, then guarantors."""
    lines = [(line.strip(), capacity) for name, capacity in FIELDS.items() for line in request.form.get(name, "").splitlines()]  # fmt: skip
    return tuple(Outsider(line, capacity) for line, capacity in lines if line)
