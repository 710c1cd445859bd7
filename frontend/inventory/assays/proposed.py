"""What a second person of the supervisor decides on where the sentence leaves it out: a newer certificate beside what counts until now."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, Self

from frontend.api import Ratio
from frontend.proposals import Terms, lays_open
from marketplace.inventory.queries import find_lot
from tenants.approvals import Approval
from tenants.workspace import Workspace


class AssayTerms(Terms):
    """A newer certificate before it counts: moisture as a share of the weight, the day of expiry; null stays as it is. `was_`: what counts now."""

    act: Literal["approve_assay"]
    certificate: str
    certified_on: date
    moisture: Ratio | None
    was_moisture: Ratio | None
    expires_on: date | None
    was_expires_on: date | None
    because: str

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        lot = figures["lot"]
        return cls.model_validate(figures | {"was_moisture": lot.moisture, "was_expires_on": lot.expires_on})


@lays_open("approve_assay", "inventory/assays/proposed_assay.html", AssayTerms)
def proposed_assay(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """What the certificate says; what it leaves out stays as it is."""
    told = approval.payload
    moisture = None if told["moisture"] is None else Decimal(told["moisture"])
    days = {name: date.fromisoformat(told[name]) if told[name] else None for name in ("certified_on", "expires_on")}
    words = {name: told[name] for name in ("certificate", "because")}
    return words | days | {"moisture": moisture, "lot": find_lot(ws, approval.subject_id)}
