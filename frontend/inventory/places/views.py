"""Pages of products and of sites with their bins on a floor plan."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.inventory.blueprint import pages
from frontend.inventory.places.floor_views import zones_shown
from frontend.language import quantity as told_quantity
from frontend.language import translate, unit
from frontend.pages import render
from frontend.supervision.fencing import fence_of_site
from marketplace.inventory import actions, queries
from marketplace.inventory.bulks import holdings as bulks
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.places.models import Site
from marketplace.inventory.places.queries import BinUse
from marketplace.inventory.rules.capacity import ZoneKind
from marketplace.inventory.rules.weighing import TOLERANCE_SHARE
from marketplace.quantity import UNITS, Quantity
from tenants import record
from tenants.workspace import Workspace


@pages.look("/products")
def list_products(ws: Workspace) -> Any:
    return render(
        "inventory/places/products.html",
        products=place_queries.list_products(ws),
        stock=queries.stock_of(ws),
        units=[(code, unit(code)) for code in UNITS],
    )


@pages.act("/products", again="list_products")
def name_product(ws: Workspace) -> Any:
    typed = entered.figure_or_none("tolerance")
    tolerance = TOLERANCE_SHARE if typed is None else typed / 100
    product = actions.name_product(
        ws,
        sku=entered.words("sku", longest=60),
        name=entered.words("name", longest=120),
        grade=entered.words("grade", longest=60),
        hs_code=entered.words("hs_code", longest=20),
        unit=entered.words("unit"),
        price_code=entered.words("price_code", longest=40),
        gtin=entered.words("gtin", longest=14),
        unit_kg=entered.figure_or_none("unit_kg"),
        shelf_life_days=entered.whole_or_none("shelf_life_days"),
        by_dry_weight="by_dry_weight" in request.form,
        tolerance=tolerance,
    )
    flash(translate("%(name)s is in your list.", name=product.name), "ok")
    return redirect(url_for(".list_products"))


@pages.look("/sites")
def list_sites(ws: Workspace) -> Any:
    sites = place_queries.list_sites(ws, text=request.args.get("q") or None)
    return render(
        "inventory/places/sites.html",
        sites=sites,
        operators=names_of(ws, (site.tenant_id for site in sites)),
        mine=ws.tenant_id,
        query=request.args.to_dict(),
    )


@pages.look("/sites/new")
def new_site(ws: Workspace) -> Any:
    ws.may("manage_sites")
    return render("inventory/places/new_site.html")


@pages.act("/sites", again="new_site")
def open_site(ws: Workspace) -> Any:
    site = actions.open_site(
        ws,
        name=entered.words("name", longest=120),
        address=entered.words("address", longest=200),
        city=entered.words("city", longest=60),
        gln=entered.words("gln", longest=13),
        width=entered.figure("width"),
        depth=entered.figure("depth"),
        scale_calibrated_until=entered.end_of_day("scale_calibrated_until"),
        latitude=entered.figure_or_none("latitude"),
        longitude=entered.figure_or_none("longitude"),
    )
    return redirect(url_for(".show_site", site_id=site.id))


@pages.look("/sites/<uuid:site_id>")
def show_site(ws: Workspace, site_id: UUID) -> Any:
    site, uses = place_queries.find_site(ws, site_id), place_queries.floor_of(ws, site_id)
    return render(
        "inventory/places/site.html",
        site=site,
        operator=names_of(ws, [site.tenant_id])[site.tenant_id],
        uses=uses,
        filled=[use for use in uses if use.lot],
        plan={"width": float(site.width), "height": float(site.depth)},
        bins=[_drawn(use) for use in uses],
        is_operator=site.tenant_id == ws.tenant_id,
        calibrated=site.scale_calibrated_until > ws.now,
        arriving=queries.list_lots(ws, status="DECLARED", site_id=site.id),
        bulks=[{"bulk": one, "whole": bulks.whole_of(ws, one)} for one in bulks.bulks_at(ws, site.id)],
        zones=zones_shown(ws, site.id),
        zone_kinds=list(ZoneKind),
        next_place=_next_place(uses, site),
        sequence=record.sequence_of(ws, site.id),
        fence=fence_of_site(ws, site),
    )


@pages.act("/sites/<uuid:site_id>/calibration", again="show_site")
def calibrate_scale(ws: Workspace, site_id: UUID) -> Any:
    actions.calibrate_scale(ws, site_id, until=entered.end_of_day("until"))
    return redirect(url_for(".show_site", site_id=site_id))


@pages.act("/sites/<uuid:site_id>/position", again="show_site")
def place_site(ws: Workspace, site_id: UUID) -> Any:
    actions.place_site(ws, site_id, latitude=entered.figure("latitude"), longitude=entered.figure("longitude"))
    return redirect(url_for(".show_site", site_id=site_id))


def _drawn(use: BinUse) -> dict[str, Any]:
    """A bin as the plan draws it, in metres."""
    place, lot = use.bin, use.lot
    drawn: dict[str, Any] = {
        "id": str(place.id), "label": place.code, "x": float(place.x), "y": float(place.y), "w": float(place.width),
        "h": float(place.height), "state": "empty", "href": f"#bin-{place.code}", "title": place.code,
        "lines": [[translate("Empty"), ""]], "fill": 0, "lock": False,
    }  # fmt: skip
    if lot is None:
        return drawn
    here = lot.verified or lot.weighed or lot.documented
    state = "danger" if lot.is_frozen else "accent" if lot.pledged_qty else "ok" if lot.verified else "watch"
    fill = float(min(Decimal(1), here.amount / lot.documented_qty))
    return drawn | {
        "state": state, "href": f"/lots/{lot.id}", "title": f"{place.code} · {lot.number}", "fill": fill, "lock": lot.pledged_qty > 0, "under": [lot.number, told_quantity(here)],
        "lines": [[lot.product_name, lot.grade], [translate("There"), told_quantity(here)], [translate("Free"), told_quantity(Quantity(lot.free_qty, lot.unit))]],
    }  # fmt: skip


def _next_place(uses: list[BinUse], site: Site) -> dict[str, str]:
    """Where the next bin would lie: beside the last, of its size; or a first one near the corner. Nowhere told where the floor is full."""
    if not uses:
        side = min(Decimal(8), site.width / 2, site.depth / 2).quantize(Decimal("0.1"))
        return {"code": "A-01", "x": "1", "y": "1", "width": str(side), "height": str(side)}
    last = max((use.bin for use in uses), key=lambda one: one.id)
    x, y = last.x + last.width + 1, last.y
    if x + last.width > site.width:
        x, y = min(use.bin.x for use in uses), last.y + last.height + 2
    full = y + last.height > site.depth
    there = {"x": "", "y": ""} if full else {"x": str(x), "y": str(y)}
    return {"code": "", "width": str(last.width), "height": str(last.height), **there}
