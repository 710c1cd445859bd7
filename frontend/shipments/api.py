"""Calls about goods on the move."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, PageQuery, QuantityShape, Shape
from marketplace.quantity import Quantity
from marketplace.shipments import actions, queries, routes
from marketplace.shipments.models import Shipment
from marketplace.supervision import actions as supervision
from tenants.workspace import Workspace

api = Api("shipments")
Word = Annotated[str, Field(min_length=1, max_length=200)]
Seals = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)]


class Plan(Shape):
    """What is to be moved, by whom, to whom."""

    lot_id: UUID
    quantity: QuantityShape
    carrier_id: UUID
    consignee: Word
    consignee_id: UUID | None = None
    to_place: Word
    deliver_by: Moment


class Booking(Shape):
    """Vehicle and driver; `container`: its number by ISO 6346, where the goods go in one."""

    vehicle: Word
    driver: Word
    container: Annotated[str, Field(max_length=20)] = ""


class HandOut(Shape):
    """The weight over the scale, the seals put on, and the release order where the goods are pledged."""

    weighed: QuantityShape
    seals: Seals = Field(default_factory=list)
    release_order_id: UUID | None = None


class Step(Shape):
    """A step on the way: depart, reach_milestone or arrive."""

    step: Annotated[str, Field(pattern="^(depart|reach_milestone|arrive)$")]
    place: Word
    note: Annotated[str, Field(max_length=500)] = ""


class Delivery(Shape):
    """What the receiver signs for."""

    received: QuantityShape
    receiver: Word
    seals_seen: Seals | None = None


class Reason(Shape):
    """Why."""

    because: Word


class ShipmentView(Shape):
    """A shipment as its parties see it."""

    id: UUID
    number: str
    status: str
    lot_id: UUID
    product_name: str
    quantity: QuantityShape
    carrier: str
    warehouse: str
    consignee: str
    from_place: str
    to_place: str
    deliver_by: Moment
    vehicle: str | None
    driver: str | None
    container: str | None
    release_order_id: UUID | None
    handed_over: QuantityShape | None
    seals: list[str] | None
    received: QuantityShape | None
    receiver: str | None
    exception: str | None


class ShipmentPage(Shape):
    """Shipments, newest first; `next` is the cursor of the page after."""

    items: list[ShipmentView]
    next: UUID | None


class WayPlan(Shape):
    """The way of goods: a line for each waypoint (latitude, longitude, `stop` where the vehicle may stand), the corridor's width, when it is left and arrived."""

    waypoints: Annotated[str, Field(min_length=1, max_length=4000)]
    width_m: int
    leaves_at: Moment
    arrives_by: Moment


class WayAcceptance(Shape):
    """The supervisor's own device that rides with the goods."""

    tracker_id: UUID


class WayView(Shape):
    """A plan of the way; what was accepted judges from then on."""

    version: int
    waypoints: str
    width_m: int
    leaves_at: Moment
    arrives_by: Moment
    planned_by: str
    planned_for: str
    planned_at: Moment
    accepted_by: str | None
    accepted_at: Moment | None
    tracker_id: UUID | None


class WayList(Shape):
    """All plans of a shipment's way, the latest first."""

    items: list[WayView]


class Pickup(Shape):
    """The carrier's countersignature: nothing to add."""


@api.look("/shipments", takes=PageQuery, gives=ShipmentPage)
def list_shipments(ws: Workspace, body: PageQuery) -> ShipmentPage:
    """Shipments in which the caller takes part."""
    rows = queries.list_shipments(ws, cursor=body.cursor, limit=body.limit)
    return ShipmentPage(
        items=[view(row) for row in rows], next=rows[-1].shipment_id if len(rows) == body.limit else None
    )


@api.look("/shipments/<uuid:shipment_id>", gives=ShipmentView)
def show_shipment(ws: Workspace, shipment_id: UUID) -> ShipmentView:
    """One shipment."""
    return view(queries.find_shipment(ws, shipment_id))


@api.act("/shipments", takes=Plan, gives=ShipmentView, status=201)
def plan_shipment(ws: Workspace, body: Plan) -> ShipmentView:
    """Order a carrier to move goods."""
    asked = body.model_dump() | {"quantity": quantity(body.quantity)}
    return view(actions.plan_shipment(ws, **asked))


@api.act("/shipments/<uuid:shipment_id>/booking", takes=Booking, gives=ShipmentView)
def book_shipment(ws: Workspace, shipment_id: UUID, body: Booking) -> ShipmentView:
    """Name vehicle and driver."""
    return view(actions.book(ws, shipment_id, vehicle=body.vehicle, driver=body.driver, container=body.container))


@api.act("/shipments/<uuid:shipment_id>/handout", takes=HandOut, gives=ShipmentView)
def hand_out(ws: Workspace, shipment_id: UUID, body: HandOut) -> ShipmentView:
    """Weigh the goods out."""
    weighed, order_id = quantity(body.weighed), body.release_order_id
    return view(actions.hand_out(ws, shipment_id, weighed=weighed, seals=body.seals, order_id=order_id))


@api.act("/shipments/<uuid:shipment_id>/pickup", takes=Pickup, gives=ShipmentView)
def pick_up(ws: Workspace, shipment_id: UUID, body: Pickup) -> ShipmentView:
    """Countersign: the goods are in the carrier's custody."""
    return view(actions.pick_up(ws, shipment_id))


@api.act("/shipments/<uuid:shipment_id>/milestones", takes=Step, gives=ShipmentView)
def reach_milestone(ws: Workspace, shipment_id: UUID, body: Step) -> ShipmentView:
    """Report a step on the way."""
    return view(actions.reach_milestone(ws, shipment_id, step=body.step, place=body.place, note=body.note))


@api.act("/shipments/<uuid:shipment_id>/delivery", takes=Delivery, gives=ShipmentView)
def deliver(ws: Workspace, shipment_id: UUID, body: Delivery) -> ShipmentView:
    """Sign for what arrived."""
    received, seen = quantity(body.received), body.seals_seen
    return view(actions.deliver(ws, shipment_id, received=received, receiver=body.receiver, seals_seen=seen))


@api.act("/shipments/<uuid:shipment_id>/cancellation", takes=Reason, gives=ShipmentView)
def cancel(ws: Workspace, shipment_id: UUID, body: Reason) -> ShipmentView:
    """Call a shipment off before its goods are handed out."""
    return view(actions.cancel(ws, shipment_id, because=body.because))


@api.look("/shipments/<uuid:shipment_id>/routes", gives=WayList)
def list_routes(ws: Workspace, shipment_id: UUID) -> WayList:
    """The plans of the way, and which were accepted."""
    queries.find_shipment(ws, shipment_id)
    return WayList(items=[way_view(one) for one in queries.routes_of(ws, shipment_id)])


@api.act("/shipments/<uuid:shipment_id>/routes", takes=WayPlan, gives=WayView, status=201)
def plan_route(ws: Workspace, shipment_id: UUID, body: WayPlan) -> WayView:
    """Plan the way; the supervisor accepts it."""
    return way_view(queries.PlannedRoute(routes.plan_route(ws, shipment_id, **body.model_dump()), None))


@api.act("/shipments/<uuid:shipment_id>/route-acceptance", takes=WayAcceptance, gives=WayView)
def accept_route(ws: Workspace, shipment_id: UUID, body: WayAcceptance) -> WayView:
    """Accept the latest plan, watched by a tracker."""
    supervision.accept_route(ws, shipment_id, tracker_id=body.tracker_id)
    ws.session.flush()
    return way_view(queries.routes_of(ws, shipment_id)[0])


@api.act("/shipments/<uuid:shipment_id>/explanation", takes=Reason, gives=ShipmentView)
def explain_exception(ws: Workspace, shipment_id: UUID, body: Reason) -> ShipmentView:
    """Say what happened on the way: the journey goes on."""
    return view(routes.explain_exception(ws, shipment_id, because=body.because))


def way_view(planned: queries.PlannedRoute) -> WayView:
    """A plan of the way in the API's shape."""
    route, taken = planned.route, planned.acceptance
    names = ("version", "waypoints", "width_m", "leaves_at", "arrives_by", "planned_by", "planned_for", "planned_at")
    told = {name: getattr(route, name) for name in names}
    told |= {name: getattr(taken, name, None) for name in ("accepted_by", "accepted_at", "tracker_id")}
    return WayView(**told)


def quantity(shape: QuantityShape) -> Quantity:
    """A quantity from its shape; refuses an unknown unit."""
    return Quantity.of(shape.amount, shape.unit)


def view(row: Shipment) -> ShipmentView:
    """A shipment in the API's shape."""
    return ShipmentView(
        id=row.shipment_id,
        quantity=shape(row.planned_quantity),
        handed_over=shape(row.handed_over_quantity) if row.handed_over_quantity is not None else None,
        received=shape(row.received_quantity) if row.received_quantity is not None else None,
        **{name: getattr(row, name) for name in PLAIN},
    )


PLAIN = (
    "number", "status", "lot_id", "product_name", "carrier", "warehouse", "consignee", "from_place", "to_place",
    "deliver_by", "vehicle", "driver", "container", "release_order_id", "seals", "receiver", "exception",
)  # fmt: skip


def shape(value: Quantity) -> QuantityShape:
    """A quantity in the API's shape."""
    return QuantityShape(amount=f"{value.amount:.3f}", unit=value.unit)
