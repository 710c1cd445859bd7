"""Pages of goods on the move: the board, one journey with its signatures, planning."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import home
from frontend.language import ZONE, translate
from frontend.pages import Pages, render
from frontend.tenants.views import told
from marketplace.inventory.queries import find_lot, list_lots
from marketplace.pledges.queries import release_orders
from marketplace.quantity import Quantity
from marketplace.shipments import actions, queries
from marketplace.shipments.models import Shipment
from marketplace.shipments.rules import ShipmentState
from tenants import record
from tenants.errors import Invalid
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

pages = Pages("shipments", __name__)
JOURNEY = (
    ("PLANNED", "Planned"), ("BOOKED", "Booked"), ("PICKED_UP", "Picked up"), ("IN_TRANSIT", "In transit"),
    ("ARRIVED", "Arrived"), ("DELIVERED", "Delivered"),
)  # fmt: skip


@pages.look("/shipments")
def list_shipments(ws: Workspace) -> Any:
    rows = queries.list_shipments(ws, status=request.args.get("status") or None, text=request.args.get("q") or None)
    return render("shipments/shipments.html", shipments=rows, query=request.args.to_dict())


@pages.look("/shipments/new")
def new_shipment(ws: Workspace) -> Any:
    chosen = request.args.get("lot")
    lots = [lot for lot in list_lots(ws, limit=200) if lot.verified_qty]
    carriers = [(firm.id, firm.name) for firm in organisations_of_kind(ws.session, Kind.LOGISTICS)]
    soon = (ws.now + timedelta(days=2)).astimezone(ZONE)
    return render(
        "shipments/new_shipment.html", lots=lots, chosen=chosen, carriers=carriers, receivers=_receivers(ws), soon=soon
    )


def _receivers(ws: Workspace) -> list[tuple[UUID, str]]:
    """The firms that buy goods, and could sign for them themselves."""
    firms = [*organisations_of_kind(ws.session, Kind.BUYER), *organisations_of_kind(ws.session, Kind.CORE_ENTERPRISE)]
    return sorted({(firm.id, firm.name) for firm in firms}, key=lambda one: one[1])


@pages.act("/shipments", again="new_shipment")
def plan_shipment(ws: Workspace) -> Any:
    lot = find_lot(ws, _id("lot_id"))
    shipment = actions.plan_shipment(
        ws,
        lot_id=lot.id,
        quantity=Quantity.of(request.form.get("quantity", ""), lot.unit),
        carrier_id=_id("carrier_id"),
        consignee=request.form.get("consignee", ""),
        consignee_id=_id("consignee_id") if request.form.get("consignee_id") else None,
        to_place=request.form.get("to_place", ""),
        deliver_by=_moment("deliver_by"),
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment.shipment_id))


@pages.look("/shipments/<uuid:shipment_id>")
def show_shipment(ws: Workspace, shipment_id: UUID) -> Any:
    shipment = queries.find_shipment(ws, shipment_id)
    at_warehouse = ws.tenant_id == shipment.warehouse_id
    return render(
        "shipments/shipment.html",
        shipment=shipment,
        steps=_steps(shipment),
        milestones=queries.milestones_of(ws, shipment_id),
        events=told(record.events_of(ws, shipment_id)),
        orders=release_orders(ws, lot_id=shipment.lot_id, open_only=True) if at_warehouse else [],
        at_warehouse=at_warehouse,
        is_carrier=ws.tenant_id == shipment.carrier_id,
        is_receiver=ws.tenant_id in (shipment.carrier_id, shipment.consignee_id),
        is_late=shipment.status not in ("DELIVERED", "CLOSED") and shipment.deliver_by < ws.now,
    )


@pages.act("/shipments/<uuid:shipment_id>/booking", again="show_shipment")
def book(ws: Workspace, shipment_id: UUID) -> Any:
    actions.book(ws, shipment_id, vehicle=request.form.get("vehicle", ""), driver=request.form.get("driver", ""))
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/handout", again="show_shipment")
def hand_out(ws: Workspace, shipment_id: UUID) -> Any:
    shipment = queries.find_shipment(ws, shipment_id)
    actions.hand_out(
        ws,
        shipment_id,
        weighed=Quantity.of(request.form.get("weighed", ""), shipment.unit),
        seals=request.form.get("seals", "").split(","),
        order_id=_id("order_id") if request.form.get("order_id") else None,
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/pickup")
def pick_up(ws: Workspace, shipment_id: UUID) -> Any:
    actions.pick_up(ws, shipment_id)
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/milestones", again="show_shipment")
def reach_milestone(ws: Workspace, shipment_id: UUID) -> Any:
    form = request.form
    actions.reach_milestone(
        ws, shipment_id, step=form.get("step", ""), place=form.get("place", ""), note=form.get("note", "")
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/delivery", again="show_shipment")
def deliver(ws: Workspace, shipment_id: UUID) -> Any:
    shipment, form = queries.find_shipment(ws, shipment_id), request.form
    actions.deliver(
        ws,
        shipment_id,
        received=Quantity.of(form.get("received", ""), shipment.unit),
        receiver=form.get("receiver", ""),
        seals_seen=[seal for seal in form["seals_seen"].split(",") if seal.strip()] if "seals_seen" in form else None,
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@home.needs
def shipments_to_move(ws: Workspace) -> list[home.Need]:
    """What waits for the carrier, the warehouse, the receiver."""
    if not {Kind.LOGISTICS, Kind.WAREHOUSE_OPERATOR} & ws.member.kinds:
        return []
    rows = queries.list_shipments(ws, limit=200)
    to_book = sum(row.status == ShipmentState.PLANNED and row.carrier_id == ws.tenant_id for row in rows)
    to_weigh = sum(
        row.status == ShipmentState.BOOKED and row.handed_over is None and row.warehouse_id == ws.tenant_id
        for row in rows
    )
    late = sum(row.deliver_by < ws.now and row.status in ("BOOKED", "PICKED_UP", "IN_TRANSIT") for row in rows)
    return [
        home.Need(translate("Shipments to book"), "/shipments?status=PLANNED", to_book, "watch", icon="truck"),
        home.Need(translate("Shipments to weigh out"), "/shipments?status=BOOKED", to_weigh, "watch", icon="scale"),
        home.Need(translate("Shipments behind their time"), "/shipments", late, "danger", icon="truck"),
    ]


def _steps(shipment: Shipment) -> list[dict[str, str]]:
    order = [code for code, _ in JOURNEY]
    if shipment.status in order:
        reached = order.index(shipment.status)
    else:
        reached = len(order) - 1 if shipment.received is not None else 0
    failed = shipment.status in (ShipmentState.DISPUTED, ShipmentState.CANCELLED)
    return [
        {
            "label": translate(word),
            "status": "done"
            if n < reached
            else (
                "failed"
                if failed and n == reached
                else "done"
                if code == "DELIVERED" and n == reached
                else "now"
                if n == reached
                else "next"
            ),
        }
        for n, (code, word) in enumerate(JOURNEY)
    ]


def _id(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def _moment(name: str) -> datetime:
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=ZONE)
    except ValueError as wrong:
        raise Invalid("date_wrong", "Give a date and a time.", field=name) from wrong
