"""The way of goods on the road: planned by the carrier or the supervisor, accepted by the supervisor, and what the carrier says when it was left.

Whoever drives does not judge how far it may stray: a corridor counts once the supervisor of the goods took it, by another person than planned it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.shipments import events
from marketplace.shipments.corridors import corridor_from
from marketplace.shipments.models import RouteAcceptance, Shipment, ShipmentRoute
from marketplace.shipments.queries import find_shipment, routes_of
from marketplace.shipments.rules import ExceptionKind, ShipmentState, next_state
from tenants import rooms
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

OPEN_TO_PLANS = ("PLANNED", "BOOKED", "PICKED_UP", "IN_TRANSIT", "EXCEPTION")
LONGEST_WINDOW = timedelta(days=31)


def plan_route(
    ws: Workspace, shipment_id: UUID, *, waypoints: str, width_m: int, leaves_at: datetime, arrives_by: datetime
) -> ShipmentRoute:
    """Plan the way of a shipment: waypoints and stops a line each, the width of the corridor in metres, departure and latest arrival.

    A new plan takes the place of the one before once it is accepted. Refuses other firms than carrier and supervisor, what is no corridor (`corridor_from`), a
    window that is over, ends before it begins or lasts more than a month, and goods that have arrived.
    """
    ws.may("plan_route")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if not {"logistics", "supervisor"} & rooms.my_roles(ws, shipment_id):
        raise NotAllowed("not_yours_to_plan", "Only the carrier or the supervisor of the goods plans their way.")
    if shipment.status not in OPEN_TO_PLANS:
        raise Conflict("not_to_be_routed", "These goods have arrived, or do not travel.")
    corridor = corridor_from(waypoints, width_m)
    if arrives_by <= max(leaves_at, ws.now):
        raise Invalid("window_wrong", "Goods arrive after they leave, and not in the past.", field="arrives_by")
    if arrives_by - leaves_at > LONGEST_WINDOW:
        raise Invalid("window_long", "A journey lasts 31 days at most.", field="arrives_by")
    planned = routes_of(ws, shipment_id)
    route = ShipmentRoute(
        shipment_id=shipment_id, version=len(planned) + 1, waypoints=corridor.text, width_m=width_m, leaves_at=leaves_at,
        arrives_by=arrives_by, planned_at=ws.now, planned_by=ws.member.name, planned_for=ws.member.organisation,
    )  # fmt: skip
    ws.session.add(route)
    fact = events.RoutePlanned(
        shipment_id=shipment_id, number=shipment.number, version=route.version, firm=route.planned_for, km=round(corridor.length_m / 1000),
        width_m=width_m, leaves_at=leaves_at, arrives_by=arrives_by, waypoints=route.waypoints,
    )  # fmt: skip
    ws.record(fact, on=shipment_id)
    return route


def accept_route(ws: Workspace, shipment_id: UUID, *, tracker_id: UUID, tracker: str) -> RouteAcceptance:
    """Let goods travel by the latest plan, watched by this tracker. `supervision` asks first whether it rides with them.

    Refuses who does not supervise the goods, whoever planned it, a plan that was accepted already, and goods that have arrived.
    """
    ws.may("accept_route")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if "supervisor" not in rooms.my_roles(ws, shipment_id):
        raise NotAllowed("not_the_supervisor", "Only the supervisor of the goods accepts their way.")
    planned = routes_of(ws, shipment_id)
    if not planned or planned[0].acceptance or shipment.status not in OPEN_TO_PLANS:
        raise Conflict("no_route_waits", "No plan of these goods’ way waits to be accepted.")
    route = planned[0].route
    if (route.planned_by, route.planned_for) == (ws.member.name, ws.member.organisation):
        raise NotAllowed("own_route", "A plan is accepted by another person than made it.")
    acceptance = RouteAcceptance(
        shipment_id=shipment_id, version=route.version, lot_id=shipment.lot_id, tracker_id=tracker_id, accepted_at=ws.now, accepted_by=ws.member.name
    )  # fmt: skip
    ws.session.add(acceptance)
    fact = events.RouteAccepted(
        shipment_id=shipment_id, number=shipment.number, version=route.version, by=ws.member.name, tracker=tracker, tracker_id=tracker_id
    )  # fmt: skip
    ws.record(fact, on=shipment_id)
    return acceptance


def report_exception(ws: Workspace, shipment_id: UUID, kind: ExceptionKind, *, at: datetime) -> None:
    """The tracker says that something is wrong: the journey waits for the carrier's word. What stands wrong already, or is over, stays as it is."""
    shipment = find_shipment(ws, shipment_id, lock=True)
    if shipment.status not in (ShipmentState.PICKED_UP, ShipmentState.IN_TRANSIT):
        return
    shipment.kept_status, shipment.exception = shipment.status, str(kind)
    shipment.status = next_state(ShipmentState(shipment.status), "report_exception")
    wrong = events.saying(events.WRONG[kind])
    fact = events.JourneyWentWrong(shipment_id=shipment_id, number=shipment.number, kind=str(kind), wrong=wrong, at=at)
    ws.record(fact, on=shipment_id)


def explain_exception(ws: Workspace, shipment_id: UUID, *, because: str) -> Shipment:
    """The carrier says what happened, and the journey goes on. It closes no alarm. Refuses a journey on which nothing is wrong, and no reason."""
    ws.may("move_shipment")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if ws.tenant_id != shipment.carrier_id:
        raise NotAllowed("not_the_carrier", "Only the carrier of this shipment reports on it.")
    if shipment.exception is None or shipment.kept_status is None:
        raise Conflict("nothing_to_explain", "Nothing is wrong with this journey.")
    reason = " ".join(because.split())
    if not reason or len(reason) > 500:
        raise Invalid("reason_missing", "Say what happened, with at most 500 characters.", field="because")
    kind, kept = shipment.exception, ShipmentState(shipment.kept_status)
    shipment.status = next_state(ShipmentState.EXCEPTION, "resolve_exception", kept=kept)
    shipment.exception = shipment.kept_status = None
    fact = events.JourneyExplained(
        shipment_id=shipment_id, number=shipment.number, kind=kind, wrong=events.saying(events.WRONG[kind]), because=reason
    )  # fmt: skip
    ws.record(fact, on=shipment_id)
    return shipment


def routes_waiting(ws: Workspace) -> list[UUID]:
    """The shipments whose latest plan waits for the viewer's word as supervisor of the goods."""
    latest = select(func.max(ShipmentRoute.version)).where(ShipmentRoute.shipment_id == Shipment.shipment_id)
    taken = select(func.max(RouteAcceptance.version)).where(RouteAcceptance.shipment_id == Shipment.shipment_id)
    mine = rooms.granted(ws, Shipment.shipment_id, Shipment.shipment_id, kind="shipment", roles={"supervisor"})
    newer = latest.scalar_subquery() > func.coalesce(taken.scalar_subquery(), 0)
    return list(ws.session.scalars(mine.where(Shipment.status.in_(OPEN_TO_PLANS), newer)))
