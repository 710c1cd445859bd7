"""Pages of goods on the move: the board, one journey with its signatures, planning."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered, home
from frontend.inventory.sheets import csv_file
from frontend.language import ZONE, translate
from frontend.pages import render
from frontend.shipments import route_views, showing
from frontend.shipments.blueprint import pages
from frontend.tenants.views import told
from marketplace.inventory.queries import MOST_ROWS, find_lot, list_lots
from marketplace.pledges.queries import release_orders
from marketplace.quantity import Quantity
from marketplace.shipments import actions, queries
from marketplace.shipments.models import Shipment
from marketplace.shipments.routes import routes_waiting
from marketplace.shipments.rules import ShipmentState
from tenants import record
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

PAGE = 50
COLUMNS = (
    "number", "status", "lot_number", "product_name", "quantity", "handed_over", "received", "unit", "from_place", "to_place", "consignor",
    "carrier", "consignee", "vehicle", "driver", "container", "deliver_by", "picked_up_at", "delivered_at",
)  # fmt: skip


@pages.look("/shipments")
def list_shipments(ws: Workspace) -> Any:
    sort = request.args.get("sort", "")
    rows = _found(ws, limit=PAGE + 1 if not sort else MOST_ROWS)
    pageable = not sort and len(rows) > PAGE
    shown = rows[:PAGE] if not sort else rows
    return render(
        "shipments/shipments.html",
        shipments=[(row, showing.turn_of(ws, row), showing.is_late(ws, row)) for row in shown],
        counts=queries.count_shipments(ws),
        next_cursor=rows[PAGE - 1].shipment_id if pageable else None,
        query=request.args.to_dict(),
    )


@pages.look("/shipments.csv")
def export_shipments(ws: Workspace) -> Any:
    rows = _found(ws, limit=MOST_ROWS)
    return csv_file("shipments.csv", COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in rows))


def _found(ws: Workspace, *, limit: int) -> list[Shipment]:
    status = request.args.get("status") or None
    late = status == "LATE"
    return queries.list_shipments(
        ws,
        status=None if late else status,
        late=late,
        text=request.args.get("q") or None,
        sort=request.args.get("sort", ""),
        cursor=_cursor(),
        limit=limit,
    )


def _cursor() -> UUID | None:
    try:
        return UUID(request.args.get("cursor", ""))
    except ValueError:
        return None


@pages.look("/shipments/new")
def new_shipment(ws: Workspace) -> Any:
    ws.may("plan_shipment")
    released: dict[UUID, Decimal] = {}
    for order in release_orders(ws, open_only=True, limit=MOST_ROWS):
        released[order.lot_id] = released.get(order.lot_id, Decimal(0)) + order.remaining
    lots = [lot for lot in list_lots(ws, limit=MOST_ROWS) if lot.verified_qty]
    return render(
        "shipments/new_shipment.html",
        lots=[(lot, Quantity(lot.free_qty + released.get(lot.id, Decimal(0)), lot.unit)) for lot in lots],
        chosen=request.args.get("lot"),
        carriers=[(firm.id, firm.name) for firm in organisations_of_kind(ws.session, Kind.LOGISTICS)],
        receivers=_receivers(ws),
        soon=(ws.now + timedelta(days=2)).astimezone(ZONE).replace(minute=0),
    )


def _receivers(ws: Workspace) -> list[tuple[UUID, str]]:
    """The firms that buy goods, and could sign for them themselves."""
    firms = [*organisations_of_kind(ws.session, Kind.BUYER), *organisations_of_kind(ws.session, Kind.CORE_ENTERPRISE)]
    return sorted({(firm.id, firm.name) for firm in firms}, key=lambda one: one[1])


@pages.act("/shipments", again="new_shipment")
def plan_shipment(ws: Workspace) -> Any:
    lot = find_lot(ws, entered.chosen("lot_id"))
    shipment = actions.plan_shipment(
        ws,
        lot_id=lot.id,
        quantity=Quantity.of(request.form.get("quantity", ""), lot.unit),
        carrier_id=entered.chosen("carrier_id"),
        consignee=request.form.get("consignee", ""),
        consignee_id=entered.chosen_or_none("consignee_id"),
        to_place=request.form.get("to_place", ""),
        deliver_by=entered.moment("deliver_by"),
    )
    return redirect(url_for(".show_shipment", shipment_id=shipment.shipment_id))


@pages.look("/shipments/<uuid:shipment_id>")
def show_shipment(ws: Workspace, shipment_id: UUID) -> Any:
    shipment = queries.find_shipment(ws, shipment_id)
    milestones, events = queries.milestones_of(ws, shipment_id), record.events_of(ws, shipment_id)
    at_warehouse, is_carrier = ws.tenant_id == shipment.warehouse_id, ws.tenant_id == shipment.carrier_id
    is_consignor = ws.tenant_id == shipment.consignor_id
    return render(
        "shipments/shipment.html",
        shipment=shipment,
        steps=showing.steps_of(shipment, milestones, events),
        notes=showing.notes_of(milestones),
        handovers=showing.handovers_of(shipment),
        difference=showing.difference_of(shipment),
        turn=showing.turn_of(ws, shipment),
        events=told(events),
        orders=release_orders(ws, lot_id=shipment.lot_id, open_only=True) if at_warehouse else [],
        at_warehouse=at_warehouse,
        is_carrier=is_carrier,
        is_receiver=ws.tenant_id in (shipment.carrier_id, shipment.consignee_id),
        is_late=showing.is_late(ws, shipment),
        road=route_views.road_of(ws, shipment),
        wrong=route_views.wrong_of(shipment),
        sees_goods=at_warehouse or is_consignor,
        may_cancel=(is_carrier or is_consignor)
        and shipment.status in (ShipmentState.PLANNED, ShipmentState.BOOKED)
        and shipment.handed_over is None,
    )


@pages.act("/shipments/<uuid:shipment_id>/booking", again="show_shipment")
def book(ws: Workspace, shipment_id: UUID) -> Any:
    told = {name: request.form.get(name, "") for name in ("vehicle", "driver", "container")}
    actions.book(ws, shipment_id, **told)
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@pages.act("/shipments/<uuid:shipment_id>/handout", again="show_shipment")
def hand_out(ws: Workspace, shipment_id: UUID) -> Any:
    shipment = queries.find_shipment(ws, shipment_id)
    actions.hand_out(
        ws,
        shipment_id,
        weighed=Quantity.of(request.form.get("weighed", ""), shipment.unit),
        seals=request.form.get("seals", "").split(","),
        order_id=entered.chosen_or_none("order_id"),
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


@pages.act("/shipments/<uuid:shipment_id>/cancellation", again="show_shipment")
def cancel(ws: Workspace, shipment_id: UUID) -> Any:
    actions.cancel(ws, shipment_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_shipment", shipment_id=shipment_id))


@home.needs
def shipments_to_move(ws: Workspace) -> list[home.Need]:
    """What waits for the carrier, the warehouse, the receiver, the supervisor."""
    if not {Kind.LOGISTICS, Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR} & ws.member.kinds:
        return []
    rows = queries.list_shipments(ws, limit=200)
    to_book = sum(row.status == ShipmentState.PLANNED and row.carrier_id == ws.tenant_id for row in rows)
    to_weigh = sum(
        row.status == ShipmentState.BOOKED and row.handed_over is None and row.warehouse_id == ws.tenant_id
        for row in rows
    )
    to_explain = sum(row.exception is not None and row.carrier_id == ws.tenant_id for row in rows)
    late = sum(showing.is_late(ws, row) for row in rows)
    return [
        home.Need(translate("Shipments to book"), "/shipments?status=PLANNED", to_book, "watch", icon="truck"),
        home.Need(translate("Shipments to weigh out"), "/shipments?status=BOOKED", to_weigh, "watch", icon="scale"),
        home.Need(translate("Journeys to explain"), "/shipments?status=EXCEPTION", to_explain, "danger", icon="route"),
        *_routes_to_accept(ws),
        home.Need(translate("Shipments behind their time"), "/shipments?status=LATE", late, "danger", icon="truck"),
    ]


def _routes_to_accept(ws: Workspace) -> list[home.Need]:
    """Plans of goods' ways that wait for this supervisor's word: to the very one where there is one."""
    waiting = routes_waiting(ws) if ws.can("accept_route") else []
    where = f"/shipments/{waiting[0]}" if len(waiting) == 1 else "/shipments"
    return [home.Need(translate("Ways of goods to accept"), where, len(waiting), "watch", icon="route")]
