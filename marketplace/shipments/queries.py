"""Looking at shipments: each party sees those in which it takes part."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.shipments.models import Milestone, RouteAcceptance, Shipment, ShipmentRoute
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

UNDER_WAY = ("PLANNED", "BOOKED", "PICKED_UP", "IN_TRANSIT", "ARRIVED", "EXCEPTION")
SORTS = {"number": Shipment.number, "quantity": Shipment.quantity, "deliver_by": Shipment.deliver_by}


def find_shipment(ws: Workspace, shipment_id: UUID, *, lock: bool = False) -> Shipment:
    """A shipment of the viewer's. Locked, it is read anew: whoever had the lock before may have changed what this transaction saw of it."""
    wanted = select(Shipment).where(Shipment.shipment_id == shipment_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("shipment_unknown", "There is no such shipment.")
    return found


def list_shipments(
    ws: Workspace,
    *,
    status: str | None = None,
    late: bool = False,
    text: str | None = None,
    sort: str = "",
    cursor: UUID | None = None,
    limit: int = 50,
) -> list[Shipment]:
    """Shipments that the viewer takes part in, newest first. `status`: one, or several between commas; `late`: past their time and not delivered.

    `cursor` is the last id of the page before, in the order of no `sort`.
    """
    wanted = rooms.granted(ws, Shipment, Shipment.shipment_id, kind="shipment")
    if status:
        wanted = wanted.where(Shipment.status.in_(status.split(",")))
    if late:
        wanted = wanted.where(_late(ws))
    if text:
        named = (Shipment.number, Shipment.product_name, Shipment.lot_number, Shipment.carrier, Shipment.consignee)
        wanted = wanted.where(or_(*(column.icontains(text, autoescape=True) for column in named)))
    if cursor:
        wanted = wanted.where(Shipment.shipment_id < cursor)
    return list(ws.session.scalars(wanted.order_by(*_order(sort)).limit(limit)))


def count_shipments(ws: Workspace) -> dict[str, int]:
    """How many of the viewer's shipments stand where, and under LATE how many are past their time."""
    mine = rooms.granted(ws, Shipment, Shipment.shipment_id, kind="shipment")
    rows = ws.session.execute(mine.with_only_columns(Shipment.status, func.count()).group_by(Shipment.status))
    late = ws.session.scalar(mine.where(_late(ws)).with_only_columns(func.count()))
    return {status: count for status, count in rows} | {"LATE": late or 0}  # noqa: C416 (rows are no pairs to mypy)


def _late(ws: Workspace) -> ColumnElement[bool]:
    return Shipment.status.in_(UNDER_WAY) & (Shipment.deliver_by < ws.now)


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    """The order asked for; of equals the newest first. What cannot be sorted by is ignored."""
    column = SORTS.get(sort.removeprefix("-"))
    newest = Shipment.shipment_id.desc()
    if column is None:
        return (newest,)
    return (column.desc() if sort.startswith("-") else column.asc(), newest)


def milestones_of(ws: Workspace, shipment_id: UUID) -> list[Milestone]:
    """What happened on the way, first to last."""
    return list(
        ws.session.scalars(select(Milestone).where(Milestone.shipment_id == shipment_id).order_by(Milestone.id))
    )


@dataclass(frozen=True)
class PlannedRoute:
    """A plan of the way, and the supervisor's word on it, if it was given."""

    route: ShipmentRoute
    acceptance: RouteAcceptance | None


def routes_of(ws: Workspace, shipment_id: UUID) -> list[PlannedRoute]:
    """All plans of a shipment's way, the latest first."""
    taken = (RouteAcceptance.shipment_id == ShipmentRoute.shipment_id) & (
        RouteAcceptance.version == ShipmentRoute.version
    )
    wanted = select(ShipmentRoute, RouteAcceptance).outerjoin(RouteAcceptance, taken)
    rows = ws.session.execute(
        wanted.where(ShipmentRoute.shipment_id == shipment_id).order_by(ShipmentRoute.version.desc())
    )
    return [PlannedRoute(route, acceptance) for route, acceptance in rows]
