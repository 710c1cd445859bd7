"""Pages of goods of several owners in one tank, silo or heap: opened on a site, looked at by its holders, measured by the supervisor."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.language import unit
from frontend.pages import render
from frontend.tenants.telling import told
from marketplace.exact import half_up
from marketplace.inventory import actions
from marketplace.inventory.bulks import holdings as bulks
from marketplace.inventory.places import queries as place_queries
from marketplace.quantity import UNITS
from tenants import record
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace


@pages.look("/sites/<uuid:site_id>/bulks/new")
def new_bulk(ws: Workspace, site_id: UUID) -> Any:
    ws.may("manage_sites")
    taken = {one.bin_id for one in bulks.bulks_at(ws, site_id)}
    return render(
        "inventory/bulks/new_bulk.html",
        site=place_queries.find_site(ws, site_id),
        bins=[one for one in place_queries.free_bins(ws, site_id) if one.id not in taken],
        supervisors=organisations_of_kind(ws.session, Kind.SUPERVISOR),
        units=[(code, unit(code)) for code in UNITS],
    )


@pages.act("/sites/<uuid:site_id>/bulks", again="new_bulk")
def open_bulk(ws: Workspace, site_id: UUID) -> Any:
    bulk = actions.open_bulk(
        ws,
        site_id,
        bin_id=entered.chosen("bin_id"),
        name=entered.words("name", longest=60),
        product_name=entered.words("product_name", longest=120),
        grade=entered.words("grade", longest=60),
        hs_code=entered.words("hs_code", longest=20),
        unit=entered.words("unit"),
        price_code=entered.words("price_code", longest=40),
        supervisor_id=entered.chosen("supervisor_id"),
    )
    return redirect(url_for(".show_bulk", bulk_id=bulk.id))


@pages.look("/bulks/<uuid:bulk_id>")
def show_bulk(ws: Workspace, bulk_id: UUID) -> Any:
    bulk = bulks.find_bulk(ws, bulk_id)
    holdings = bulks.holdings_of(ws, bulk)
    return render(
        "inventory/bulks/bulk.html",
        bulk=bulk,
        whole=bulks.whole_of(ws, bulk),
        holdings=[{"lot": one.lot, "share": half_up(one.share, 4)} for one in holdings],
        firms=names_of(ws, (bulk.tenant_id, bulk.supervisor_id, *(one.lot.tenant_id for one in holdings))),
        events=told(record.events_of(ws, bulk.id)),
        units=shown.units_like(bulk.unit),
        may={
            "measure": bulk.supervisor_id == ws.tenant_id and ws.can("report_loss"),
            "close": bulk.tenant_id == ws.tenant_id and not holdings and not bulk.closed_at and ws.can("manage_sites"),
        },
    )


@pages.act("/bulks/<uuid:bulk_id>/measurements", again="show_bulk")
def measure_bulk(ws: Workspace, bulk_id: UUID) -> Any:
    actions.measure_bulk(ws, bulk_id, found=entered.quantity("found"), because=entered.words("because"))
    return redirect(url_for(".show_bulk", bulk_id=bulk_id))


@pages.act("/bulks/<uuid:bulk_id>/closing", again="show_bulk")
def close_bulk(ws: Workspace, bulk_id: UUID) -> Any:
    bulk = actions.close_bulk(ws, bulk_id)
    return redirect(url_for(".show_site", site_id=bulk.site_id))
