"""The way of goods on the road: the carrier's plan, the supervisor's word on it, and what the carrier says when something went wrong."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.language import ZONE, translate
from frontend.shipments.blueprint import pages
from frontend.shipments.road_map import road_map
from marketplace.shipments import queries, routes
from marketplace.shipments.journeys import journeys_of
from marketplace.shipments.models import Shipment
from marketplace.shipments.rules import ExceptionKind
from marketplace.supervision import actions
from marketplace.supervision.devices.attaching import trackers_for
from marketplace.supervision.watching.journeying import way_driven
from tenants import rooms
from tenants.workspace import Workspace

USUAL_WIDTH_M = 2000
EXCEPTION_WORDS = {
    ExceptionKind.ROUTE_DEVIATION: "The goods left their corridor",
    ExceptionKind.DOOR_OPENED: "The door was opened where no stop was planned",
    ExceptionKind.LONG_STOP: "The goods stood where no stop was planned",
    ExceptionKind.LATE: "The goods did not arrive in time",
}


def road_of(ws: Workspace, shipment: Shipment) -> dict[str, Any]:
    """What the page of a shipment shows of its way: the plan in force or the latest, the way driven as far as one may see it, and what one may do."""
    planned = queries.routes_of(ws, shipment.shipment_id)
    waiting = planned[0] if planned and planned[0].acceptance is None else None
    mine, is_open = rooms.my_roles(ws, shipment.shipment_id), shipment.status in routes.OPEN_TO_PLANS
    may_accept = is_open and waiting is not None and "supervisor" in mine and ws.can("accept_route")
    accepted = next((one for one in planned if one.acceptance), None)
    shown = waiting if may_accept else accepted or waiting
    return {
        "shown": shown,
        "waiting": waiting,
        "map": road_map(shown.route, _driven(ws, shipment)) if shown else None,
        "may_plan": is_open and bool({"logistics", "supervisor"} & mine) and ws.can("plan_route"),
        "may_accept": may_accept,
        "trackers": [(one.id, one.name) for one in trackers_for(ws, shipment.lot_id)] if may_accept else [],
        "usual": _usual(ws, shipment, planned),
    }


def _driven(ws: Workspace, shipment: Shipment) -> list[Any]:
    mine = (one for one in journeys_of(ws, [shipment.lot_id]) if one.shipment_id == shipment.shipment_id)
    return [point for journey in mine for point in way_driven(ws, journey, ws.now)]


def _usual(ws: Workspace, shipment: Shipment, planned: list[queries.PlannedRoute]) -> dict[str, str]:
    """What the form starts from: the plan before, else the shipment's own date."""
    before = planned[0].route if planned else None
    leaves_at = before.leaves_at if before else ws.now + timedelta(hours=1)
    arrives_by = before.arrives_by if before else shipment.deliver_by
    return {
        "waypoints": before.waypoints if before else "",
        "width_m": str(before.width_m if before else USUAL_WIDTH_M),
        "leaves_at": f"{leaves_at.astimezone(ZONE):%Y-%m-%dT%H:%M}",
        "arrives_by": f"{arrives_by.astimezone(ZONE):%Y-%m-%dT%H:%M}",
    }


def wrong_of(shipment: Shipment) -> str | None:
    """What went wrong on the way and waits for the carrier's word."""
    return translate(EXCEPTION_WORDS[ExceptionKind(shipment.exception)]) if shipment.exception else None


@pages.act("/shipments/<uuid:shipment_id>/routes", again="show_shipment")
def plan_route(ws: Workspace, shipment_id: UUID) -> Any:
    routes.plan_route(
        ws,
        shipment_id,
        waypoints=request.form.get("waypoints", ""),
        width_m=entered.whole("width_m"),
        leaves_at=entered.moment("leaves_at"),
        arrives_by=entered.moment("arrives_by"),
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/route-acceptance", again="show_shipment")
def accept_route(ws: Workspace, shipment_id: UUID) -> Any:
    actions.accept_route(ws, shipment_id, tracker_id=entered.chosen("tracker_id"))
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/explanation", again="show_shipment")
def explain_exception(ws: Workspace, shipment_id: UUID) -> Any:
    routes.explain_exception(ws, shipment_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))
