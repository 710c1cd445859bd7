"""Pages of readings: a lot's live values and charts, and the gate. How they are taken away is in `record_views`."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.pages import render
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import chart_of_lot, hours_asked, lot_watch
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from marketplace.supervision import actions, queries
from marketplace.supervision.seals.file import newest_seal
from tenants.errors import Invalid
from tenants.workspace import Workspace


@pages.look("/lots/<uuid:lot_id>/readings")
def show_readings(ws: Workspace, lot_id: UUID) -> Any:
    lot = find_lot(ws, lot_id)
    return render(
        "supervision/readings.html",
        lot=lot,
        watch=lot_watch(lot_id),
        climates=queries.climates_of(ws, lot_id),
        work=queries.expected_work(ws, lot_id),
        sealed=newest_seal(ws, "lot", lot_id),
        keeps=ws.tenant_id in (lot.warehouse_id, lot.supervisor_id) and ws.tenant_id != lot.tenant_id,
    )


@pages.look("/lots/<uuid:lot_id>/readings/<metric>.json")
def chart_lot(ws: Workspace, lot_id: UUID, metric: str) -> Any:
    return chart_of_lot(ws, lot_id, metric, ws.now - timedelta(hours=hours_asked()), ws.now)


@pages.act("/lots/<uuid:lot_id>/gate-exits", again="show_readings")
def record_gate_exit(ws: Workspace, lot_id: UUID) -> Any:
    lot, form = find_lot(ws, lot_id), request.form
    alarm = actions.record_gate_exit(
        ws, lot_id, quantity=Quantity.of(form.get("quantity", "").strip(), lot.unit), vehicle=form.get("vehicle", "")
    )
    return redirect(url_for(".show_alarm", alarm_id=alarm.id) if alarm else url_for(".show_readings", lot_id=lot_id))


@pages.act("/lots/<uuid:lot_id>/handling", again="show_readings")
def announce_handling(ws: Workspace, lot_id: UUID) -> Any:
    hours = request.form.get("hours", "")
    if not hours.isascii() or not hours.isdecimal() or len(hours) > 3:
        raise Invalid("handling_too_long", "Handling is announced for 1 to 12 hours.", field="hours")
    actions.announce_handling(ws, lot_id, hours=int(hours), because=request.form.get("because", ""))
    return redirect(url_for(".show_readings", lot_id=lot_id))


@pages.act("/lots/<uuid:lot_id>/maintenance", again="show_readings")
def propose_maintenance(ws: Workspace, lot_id: UUID) -> Any:
    form = request.form
    actions.propose_maintenance(
        ws,
        lot_id,
        types=form.getlist("types") or ["weight_change", "door_open", "door_left_open"],
        starts_at=entered.moment("starts_at"),
        ends_at=entered.moment("ends_at"),
        because=form.get("because", ""),
    )
    return redirect("/approvals")


@pages.act("/lots/<uuid:lot_id>/climate", again="show_readings")
def set_climate(ws: Workspace, lot_id: UUID) -> Any:
    metric, lasting = request.form.get("metric", ""), entered.whole("minutes", 10) * 60
    actions.set_climate(
        ws,
        lot_id,
        metric=metric,
        low=entered.figure_or_none("low"),
        high=entered.figure_or_none("high"),
        lasting_seconds=lasting,
    )
    return redirect(url_for(".show_readings", lot_id=lot_id))
