"""Looking at shipments: each party sees those in which it takes part."""

from uuid import UUID

from sqlalchemy import select

from marketplace.shipments.models import Milestone, Shipment
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace


def find_shipment(ws: Workspace, shipment_id: UUID, *, lock: bool = False) -> Shipment:
    """A shipment of the viewer's."""
    wanted = select(Shipment).where(Shipment.shipment_id == shipment_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("shipment_unknown", "There is no such shipment.")
    return found


def list_shipments(
    ws: Workspace, *, status: str | None = None, text: str | None = None, cursor: UUID | None = None, limit: int = 50
) -> list[Shipment]:
    """Shipments that the viewer takes part in, newest first."""
    wanted = rooms.granted(ws, Shipment, Shipment.shipment_id, kind="shipment")
    if status:
        wanted = wanted.where(Shipment.status == status)
    if text:
        wanted = wanted.where(
            Shipment.number.icontains(text, autoescape=True) | Shipment.product_name.icontains(text, autoescape=True)
        )
    if cursor:
        wanted = wanted.where(Shipment.shipment_id < cursor)
    return list(ws.session.scalars(wanted.order_by(Shipment.shipment_id.desc()).limit(limit)))


def milestones_of(ws: Workspace, shipment_id: UUID) -> list[Milestone]:
    """What happened on the way, first to last."""
    return list(
        ws.session.scalars(select(Milestone).where(Milestone.shipment_id == shipment_id).order_by(Milestone.id))
    )
