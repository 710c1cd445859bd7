"""Pages of devices: the register, one device with its chain and chart, where it watches, its label. How they are taken on is in `enrolment_views`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import segno
from flask import redirect, request, url_for

from frontend import entered
from frontend.language import translate
from frontend.pages import render
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import HOURS, RANGES, UNSHOWN, chart_data, hours_asked, kind_word, metric_words, shown
from marketplace.inventory.places.queries import bins_of, list_sites, zones_of
from marketplace.inventory.queries import list_lots
from marketplace.supervision import actions, queries
from marketplace.supervision.devices.keys import retired_keys
from marketplace.supervision.devices.profiles import is_calibrated
from marketplace.supervision.devices.targets import IN_HALLS
from marketplace.supervision.rules.keys import fingerprint
from marketplace.supervision.seals.file import newest_seal
from tenants.errors import Invalid
from tenants.workspace import Workspace

LIVE_LOTS = ("DECLARED", "RECEIVED", "VERIFIED", "RESERVED", "PLEDGED", "FROZEN", "IN_DISPOSAL")


@pages.look("/devices")
def list_devices(ws: Workspace) -> Any:
    wanted = request.args.get("state", "")
    rows = queries.list_devices(ws, text=request.args.get("q") or None)
    standings = [(row, row.standing(ws.now)) for row in rows]
    counts: dict[str, int] = {}
    for _, standing in standings:
        counts[standing] = counts.get(standing, 0) + 1
    return render(
        "supervision/devices.html",
        devices=[(row, standing) for row, standing in standings if wanted in ("", standing)],
        counts=counts,
        places=_places(ws, [row for row, _ in standings]),
        query=request.args.to_dict(),
        total=len(rows),
    )


@pages.look("/devices/<uuid:device_id>")
def show_device(ws: Workspace, device_id: UUID) -> Any:
    row = queries.watched_device(ws, device_id)
    device, state = row.device, row.state
    hours = hours_asked(timedelta(seconds=device.interval_seconds))
    metrics = [(metric, metric_words(metric)) for metric in queries.metrics_of(ws, device_id) if metric not in UNSHOWN]
    return render(
        "supervision/device.html",
        row=row,
        device=device,
        state=state,
        standing=row.standing(ws.now),
        kind=kind_word(device.kind),
        fingerprint=_fingerprint(device.public_key),
        next_fingerprint=_fingerprint(device.next_key),
        gateway=queries.watched_device(ws, device.gateway_id).device if device.gateway_id else None,
        retired=[(one, fingerprint(one.public_key)) for one in retired_keys(ws, device_id)],
        calibrated=is_calibrated(device.kind, device.calibrated_until, ws.now.date()),
        latest=[shown(ws, each) for each in _newest(queries.latest_of_device(ws, device_id))],
        metrics=metrics,
        hours=hours,
        ranges=[(each, RANGES[each]) for each in HOURS],
        attachments=queries.attachments_of(ws, device_id),
        place_names=queries.place_names(ws, queries.attachments_of(ws, device_id)),
        place=_places(ws, [row]).get(device_id),
        batches=queries.batches_of(ws, device_id, limit=12),
        fates=queries.fates_of(ws, device_id),
        sealed=newest_seal(ws, "device", device_id),
        alarms=queries.alarms_of_device(ws, device_id),
        sequence=int(state.heard_at.timestamp() * 1000) if state.heard_at else 0,
    )


@pages.look("/devices/<uuid:device_id>/readings/<metric>.json")
def chart_device(ws: Workspace, device_id: UUID, metric: str) -> Any:
    queries.watched_device(ws, device_id)
    start = ws.now - timedelta(hours=hours_asked())
    return chart_data(metric, queries.chart_of_device(ws, device_id, metric, start, ws.now))


@pages.look("/devices/<uuid:device_id>/attachment")
def attach_form(ws: Workspace, device_id: UUID) -> Any:
    ws.may("enrol_device")
    row = queries.watched_device(ws, device_id)
    lots = [
        lot
        for lot in list_lots(ws, limit=200)
        if lot.status in LIVE_LOTS and ws.tenant_id in (lot.warehouse_id, lot.supervisor_id)
    ]
    sites = [
        site for site in list_sites(ws) if site.tenant_id == ws.tenant_id or site.id in {lot.site_id for lot in lots}
    ]
    bins = [(bin_.id, f"{site.name} · {bin_.code}") for site in sites for bin_ in bins_of(ws, site.id)]
    halls = sites if row.device.kind in IN_HALLS else []
    return render(
        "supervision/attach_device.html",
        device=row.device,
        moving=bool(queries.attachments_of(ws, device_id)),
        lots=[(lot.id, f"{lot.number} · {lot.product_name}") for lot in lots],
        bins=bins,
        zones=[(zone.id, f"{site.name} · {zone.code} {zone.name}") for site in halls for zone in zones_of(ws, site.id)],
        sites=[(site.id, site.name) for site in halls],
        chosen=request.args.get("lot"),
    )


@pages.act("/devices/<uuid:device_id>/attachment", again="attach_form")
def attach_device(ws: Workspace, device_id: UUID) -> Any:
    """The first place at once; a move goes to a second person."""
    form = request.form
    place = {
        "lot_id": entered.chosen_or_none("lot_id"),
        "bin_id": entered.chosen_or_none("bin_id"),
        "zone_id": entered.chosen_or_none("zone_id"),
        "site_id": entered.chosen_or_none("site_id"),
        "tare_kg": entered.figure_or_none("tare_kg") or Decimal(0),
    }
    if queries.attachments_of(ws, device_id):
        actions.propose_move(ws, device_id, because=form.get("because", ""), **place)  # type: ignore[arg-type]
        return redirect("/approvals")
    actions.attach_device(ws, device_id, **place)  # type: ignore[arg-type]
    return redirect(url_for(".show_device", device_id=device_id))


@pages.act("/devices/<uuid:device_id>/detachment")
def detach_device(ws: Workspace, device_id: UUID) -> Any:
    actions.detach_device(ws, device_id)
    return redirect(url_for(".show_device", device_id=device_id))


@pages.act("/devices/<uuid:device_id>/revocation", again="show_device")
def revoke_device(ws: Workspace, device_id: UUID) -> Any:
    actions.revoke_device(ws, device_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_device", device_id=device_id))


@pages.act("/devices/<uuid:device_id>/calibration", again="show_device")
def record_calibration(ws: Workspace, device_id: UUID) -> Any:
    until = entered.day_or_none("until")
    if until is None:
        raise Invalid("date_missing", "Give the last day of the calibration.", field="until")
    actions.record_calibration(ws, device_id, until=until, certificate=request.form.get("certificate", ""))
    return redirect(url_for(".show_device", device_id=device_id))


@pages.look("/devices/<uuid:device_id>/label")
def show_label(ws: Workspace, device_id: UUID) -> Any:
    row = queries.watched_device(ws, device_id)
    address = url_for(".show_device", device_id=device_id, _external=True)
    return render(
        "supervision/device_label.html",
        device=row.device,
        kind=kind_word(row.device.kind),
        fingerprint=_fingerprint(row.device.public_key),
        qr=segno.make(address, error="m").svg_data_uri(scale=6, border=2),
    )


def _fingerprint(key: bytes | None) -> str | None:
    return fingerprint(key) if key else None


def _newest(rows: list[Any]) -> list[Any]:
    """One value for each sensor in the device: the newest, whatever it watched."""
    newest: dict[tuple[str, str], Any] = {}
    for row in rows:
        kept = newest.get((row.metric, row.channel))
        if row.metric in UNSHOWN:
            continue
        if kept is None or row.at > kept.at:
            newest[row.metric, row.channel] = row
    return list(newest.values())


def _places(ws: Workspace, rows: list[queries.Watched]) -> dict[UUID, tuple[str, str]]:
    """Where each device sits now: its name and its address."""
    attached = [row.attachment for row in rows if row.attachment]
    names = queries.place_names(ws, attached)
    return {
        one.device_id: (
            translate("All of %(place)s", place=names[one.id]) if one.is_hall else names[one.id],
            f"/lots/{one.lot_id}" if one.lot_id else f"/sites/{one.site_id}/plan",
        )
        for one in attached
    }
