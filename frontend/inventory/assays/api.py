"""Calls about newer certificates of verified goods."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Ratio, Shape
from frontend.inventory.calls import Reason, api
from frontend.pledges.api import Proposed, proposed
from marketplace.inventory import actions, queries
from tenants.workspace import Workspace


class AssayBody(Shape):
    """What a newer certificate says: moisture as a share of the weight, the day of expiry, or both; the rest stays as it is."""

    certificate: Annotated[str, Field(min_length=1, max_length=100)]
    certified_on: date
    because: Reason
    moisture: Annotated[Decimal, Field(ge=0, lt=1, decimal_places=6)] | None = None
    expires_on: date | None = None


class AssayView(Shape):
    """A newer certificate and what it superseded."""

    id: UUID
    certificate: str
    certified_on: date
    moisture: Ratio | None
    was_moisture: Ratio | None
    expires_on: date | None
    was_expires_on: date | None
    because: str
    assayed_by: str
    assayed_at: Moment


class AssayPage(Shape):
    """What newer certificates said of a lot, newest first."""

    items: list[AssayView]


@api.look("/lots/<uuid:lot_id>/assays", gives=AssayPage)
def list_assays(ws: Workspace, lot_id: UUID) -> AssayPage:
    """What newer certificates said of a verified lot."""
    queries.find_lot(ws, lot_id)
    return AssayPage(items=[AssayView.model_validate(one) for one in queries.assays_of(ws, lot_id)])


@api.act("/lots/<uuid:lot_id>/assays", takes=AssayBody, gives=Proposed, status=201)
def propose_assay(ws: Workspace, lot_id: UUID, body: AssayBody) -> Proposed:
    """Put a newer certificate about a verified lot before a colleague of the supervisor."""
    return proposed(actions.propose_assay(ws, lot_id, **body.model_dump()))
