"""Acts upon a site's floor: zones are opened, bins drawn, one by one or from a file."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, url_for

from frontend import entered
from frontend.inventory.blueprint import pages
from frontend.inventory.sheets import csv_file
from frontend.language import locale, translate
from marketplace.exact import half_up
from marketplace.inventory import actions
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.places.zoning import load_here
from marketplace.inventory.rules.capacity import ZoneKind
from marketplace.quantity import Quantity
from tenants.errors import Invalid
from tenants.workspace import Workspace

HEADINGS = ["Code", "From the west", "From the north", "Width", "Depth", "Zone", "Capacity", "Unit"]
CHINESE = ["库位", "距西", "距北", "宽", "深", "库区", "容量", "单位"]


@pages.act("/sites/<uuid:site_id>/bins", again="show_site")
def draw_bin(ws: Workspace, site_id: UUID) -> Any:
    place = {name: entered.figure(name) for name in ("x", "y", "width", "height")}
    capacity = entered.quantity_or_none("capacity")
    zone_id = entered.chosen_or_none("zone_id")
    actions.draw_bin(ws, site_id, code=entered.words("code", longest=20), zone_id=zone_id, capacity=capacity, **place)
    return redirect(url_for(".show_site", site_id=site_id))


@pages.act("/sites/<uuid:site_id>/bin-files", again="show_site")
def draw_bins(ws: Workspace, site_id: UUID) -> Any:
    sent = entered.upload("file")
    if sent is None:
        raise Invalid("file_missing", "Choose a file.", field="file")
    drawn = actions.draw_bins(ws, site_id, content=sent[1])
    flash(translate("%(count)s bins are drawn.", count=len(drawn)), "ok")
    return redirect(url_for(".show_site", site_id=site_id))


@pages.look("/sites/bin-template.csv")
def bin_template(ws: Workspace) -> Response:
    ws.may("manage_sites")
    headings = CHINESE if locale() == "zh" else HEADINGS
    return csv_file("bins.csv", headings, [["A-01", "1", "1", "8", "12", "", "60000", "kg"]])


@pages.act("/sites/<uuid:site_id>/zones", again="show_site")
def open_zone(ws: Workspace, site_id: UUID) -> Any:
    kind = entered.words("kind")
    if kind not in set(ZoneKind):
        raise Invalid("choice_missing", "Choose one from the list.", field="kind")
    told = {"code": entered.words("zone_code", longest=20), "name": entered.words("zone_name", longest=120)}
    with entered.prefixed("zone_"):
        actions.open_zone(ws, site_id, kind=ZoneKind(kind), capacity=entered.quantity("zone_capacity"), **told)
    return redirect(url_for(".show_site", site_id=site_id))


def zones_shown(ws: Workspace, site_id: UUID) -> list[dict[str, Any]]:
    """The zones of a site with what lies in them, as far as the viewer sees."""
    shown = []
    for zone in place_queries.zones_of(ws, site_id):
        lots = place_queries.lying_in(ws, zone_id=zone.id)
        there = Quantity(half_up(load_here(lots, zone.capacity_unit), 3), zone.capacity_unit)
        capacity = Quantity(zone.capacity, zone.capacity_unit)
        shown.append(
            {
                "zone": zone,
                "lots": len(lots),
                "there": there,
                "capacity": capacity,
                "share": half_up(there.exact / capacity.exact, 4),
            }
        )
    return shown
