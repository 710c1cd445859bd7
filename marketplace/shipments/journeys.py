"""Journeys as devices are judged by them: which corridor held for a tracker's goods, from when to when. All by times that were written once, so that history told
again is the same history.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.shipments.corridors import Corridor, corridor_from
from marketplace.shipments.models import RouteAcceptance, Shipment, ShipmentRoute
from marketplace.shipments.rules import ShipmentState
from tenants.workspace import Workspace

UNLOADING = timedelta(hours=1)


@dataclass(frozen=True)
class Journey:
    """Goods on the road under one plan of their way. `since`: picked up, and the plan accepted; `until`: another plan was, or they were delivered."""

    shipment_id: UUID
    lot_id: UUID
    tracker_id: UUID
    corridor: Corridor
    arrives_by: datetime
    since: datetime
    until: datetime | None = None

    def is_under_way(self, at: datetime) -> bool:
        """Whether the corridor judged then."""
        return self.since <= at and (self.until is None or at < self.until)

    def excuses(self, at: datetime) -> bool:
        """Whether the goods were not expected at their site: while they travel, and until the tracker is taken off."""
        return self.since <= at and (self.until is None or at < self.until + UNLOADING)


def journeys_of(ws: Workspace, lot_ids: Collection[UUID]) -> list[Journey]:
    """All that began, in the order in which they were accepted."""
    rows = ws.session.execute(
        select(ShipmentRoute, RouteAcceptance, Shipment)
        .join(RouteAcceptance, (RouteAcceptance.shipment_id == ShipmentRoute.shipment_id) & (RouteAcceptance.version == ShipmentRoute.version))
        .join(Shipment, Shipment.shipment_id == ShipmentRoute.shipment_id)
        .where(RouteAcceptance.lot_id.in_(lot_ids), Shipment.picked_up_at.is_not(None))
        .order_by(ShipmentRoute.shipment_id, ShipmentRoute.version.desc())
    ).all()  # fmt: skip
    found: list[Journey] = []
    replaced: dict[UUID, datetime] = {}
    for route, accepted, shipment in rows:
        assert shipment.picked_up_at is not None, "as it was asked for"
        since = max(shipment.picked_up_at, accepted.accepted_at)
        ends = [end for end in (replaced.get(route.shipment_id), shipment.delivered_at) if end]
        replaced[route.shipment_id] = accepted.accepted_at
        if not ends or since < min(ends):
            corridor, until = corridor_from(route.waypoints, route.width_m), min(ends, default=None)
            found.append(Journey(route.shipment_id, accepted.lot_id, accepted.tracker_id, corridor, route.arrives_by, since, until))  # fmt: skip
    return found[::-1]


def trackers_of(ws: Workspace, *, lot_id: UUID | None = None, shipment_id: UUID | None = None) -> list[UUID]:
    """The trackers that ride with these goods and were not handed over with them yet; of one shipment: all that ever rode with it."""
    taken = select(RouteAcceptance.tracker_id).distinct()
    if shipment_id:
        return list(ws.session.scalars(taken.where(RouteAcceptance.shipment_id == shipment_id)))
    under_way = taken.join(Shipment, Shipment.shipment_id == RouteAcceptance.shipment_id)
    wanted = under_way.where(
        RouteAcceptance.lot_id == lot_id, Shipment.delivered_at.is_(None), Shipment.status != ShipmentState.CANCELLED
    )
    return list(ws.session.scalars(wanted))
