"""Pages of readings: a lot's live values and charts, its export, the gate, and the floor plan of a site with live bins."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend.language import ZONE, quantity, translate
from frontend.pages import render
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import chart_of_lot, figure, hours_asked, lot_watch, metric_words
from marketplace.inventory.models import Lot
from marketplace.inventory.place_queries import BinUse, find_site, floor_of
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from marketplace.supervision import actions, queries
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from marketplace.supervision.watching.judging import CLIMATES
from tenants.errors import Invalid
from tenants.workspace import Workspace

EXPORT_MOST = 200_000
HELD = ("RESERVED", "PLEDGED", "IN_DISPOSAL", "FROZEN")


@pages.look("/lots/<uuid:lot_id>/readings")
def show_readings(ws: Workspace, lot_id: UUID) -> Any:
    lot = find_lot(ws, lot_id)
    return render(
        "supervision/readings.html",
        lot=lot,
        watch=lot_watch(lot_id),
        climates=queries.climates_of(ws, lot_id),
        work=queries.expected_work(ws, lot_id),
        keeps=ws.tenant_id in (lot.warehouse_id, lot.supervisor_id) and ws.tenant_id != lot.tenant_id,
    )


@pages.look("/lots/<uuid:lot_id>/readings/<metric>.json")
def chart_lot(ws: Workspace, lot_id: UUID, metric: str) -> Any:
    return chart_of_lot(ws, lot_id, metric, ws.now - timedelta(hours=hours_asked()), ws.now)


@pages.look("/lots/<uuid:lot_id>/readings/<metric>.csv")
def export_readings(ws: Workspace, lot_id: UUID, metric: str) -> Any:
    lot = find_lot(ws, lot_id)
    points = queries.series(ws, lot_id, metric, ws.now - timedelta(hours=hours_asked()), ws.now, limit=EXPORT_MOST)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", metric, metric_words(metric).unit])
    writer.writerows((at.isoformat(), value) for at, value in points)
    name = f"{lot.number}-{metric}.csv"
    return Response(
        out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


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
        starts_at=_moment("starts_at"),
        ends_at=_moment("ends_at"),
        because=form.get("because", ""),
    )
    return redirect("/approvals")


@pages.act("/lots/<uuid:lot_id>/climate", again="show_readings")
def set_climate(ws: Workspace, lot_id: UUID) -> Any:
    minutes = request.form.get("minutes", "10").strip()
    if not minutes.isascii() or not minutes.isdecimal() or len(minutes) > 4:
        raise Invalid("lasting_wrong", "Give a whole number.", field="minutes")
    metric, lasting = request.form.get("metric", ""), int(minutes) * 60
    actions.set_climate(ws, lot_id, metric=metric, low=_limit("low"), high=_limit("high"), lasting_seconds=lasting)
    return redirect(url_for(".show_readings", lot_id=lot_id))


@pages.look("/sites/<uuid:site_id>/plan")
def show_plan(ws: Workspace, site_id: UUID) -> Any:
    site = find_site(ws, site_id)
    uses = floor_of(ws, site_id)
    lots = [use.lot for use in uses if use.lot]
    alarms = queries.alarms_among(ws, [*(lot.id for lot in lots), site_id])
    latest = queries.latest_among(ws, [lot.id for lot in lots])
    heard = max((row.received_at for rows in latest.values() for row in rows), default=None)
    return render(
        "supervision/plan.html",
        site=site,
        plan={"width": float(site.width), "height": float(site.depth), "gates": _gates(site.width, site.depth, alarms)},
        bins=[_bin(ws, use, alarms, latest.get(use.lot.id, []) if use.lot else []) for use in uses],
        alarms=alarms,
        lots=lots,
        devices=queries.devices_at(ws, site_id),
        sequence=int(heard.timestamp() * 1000) if heard else 0,
    )


def _gates(width: Decimal, depth: Decimal, alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """The site's door, in the middle of its southern wall; open while a door alarm holds."""
    is_open = any(alarm.type in ("door_open", "door_left_open") and alarm.is_active for alarm in alarms)
    return [{"x": float(width) / 2 - 2, "y": float(depth) - 0.25, "w": 4, "label": translate("Gate"), "open": is_open}]


def _bin(ws: Workspace, use: BinUse, alarms: Sequence[Alarm], latest: Sequence[LatestReading]) -> dict[str, Any]:
    """A bin as the plan draws it: its lot, its newest values, and what is wrong with it."""
    lot, place = use.lot, use.bin
    about = [alarm for alarm in alarms if lot and alarm.about_id == lot.id]
    shape = {
        "x": float(place.x),
        "y": float(place.y),
        "w": float(place.width),
        "h": float(place.height),
        "id": str(place.id),
        "label": place.code,
    }
    if lot is None:
        return shape | {
            "state": "empty",
            "href": "#",
            "title": place.code,
            "lines": [[translate("Lot"), translate("None that you may see")]],
        }
    lines = [[translate("Lot"), f"{lot.number} · {lot.product_name}"], [translate("Verified"), quantity(lot.verified)]]
    lines += [
        [
            translate(metric_words(row.metric).label),
            f"{figure(row.metric, row.value)} {metric_words(row.metric).unit}".strip(),
        ]
        for row in latest
    ]
    lines += [[translate("Alarm"), f"{alarm.number} · {translate(alarm.severity.capitalize())}"] for alarm in about]
    return shape | {
        "state": _state(ws, about, latest),
        "fill": _fill(lot),
        "href": f"/lots/{lot.id}",
        "title": f"{place.code} · {lot.number}",
        "lines": lines,
        "alarm": bool(about),
        "under": [lot.number, quantity(lot.verified or lot.weighed or lot.documented), *_newest(latest)],
        "lock": lot.status in HELD,
    }


def _newest(latest: Sequence[LatestReading]) -> list[str]:
    """Temperature and humidity on one short line, where they are measured."""
    climate = [row for row in latest if row.metric in CLIMATES]
    shown = [f"{figure(row.metric, row.value)} {metric_words(row.metric).unit}" for row in climate]
    return [" · ".join(shown)] if shown else []


def _state(ws: Workspace, about: Sequence[Alarm], latest: Sequence[LatestReading]) -> str:
    """What is not heard is unknown, never fine."""
    if any(alarm.severity in ("CRITICAL", "MAJOR") for alarm in about):
        return "danger"
    silent = any(ws.now - row.at > SILENT_AFTER_INTERVALS * timedelta(seconds=row.interval_seconds) for row in latest)
    return "watch" if about or silent or not latest else "ok"


def _fill(lot: Lot) -> float:
    """How much of what was declared is there."""
    if not lot.documented_qty or lot.verified_qty is None:
        return 0.0 if lot.weighed_qty is None else 1.0
    return float(min(Decimal(1), lot.verified_qty / lot.documented_qty))


def _limit(name: str) -> Decimal | None:
    text = request.form.get(name, "").strip()
    try:
        limit = Decimal(text) if text else None
    except InvalidOperation as wrong:
        raise Invalid("number_wrong", "Give a number.", field=name) from wrong
    if limit is not None and not limit.is_finite():
        raise Invalid("number_wrong", "Give a number.", field=name)
    return limit


def _moment(name: str) -> datetime:
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=ZONE)
    except ValueError as wrong:
        raise Invalid("date_wrong", "Give a date and a time.", field=name) from wrong
