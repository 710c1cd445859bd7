"""Pages of lots: the list and its export, one lot with everything known of it, declaring one."""

import json
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.inventory.sheets import csv_file
from frontend.language import translate, unit
from frontend.pages import public_root, render
from frontend.tenants.telling import told
from marketplace.documents import actions as documents
from marketplace.documents.queries import documents_of
from marketplace.documents.rules.content import Paper
from marketplace.inventory import actions, queries
from marketplace.inventory.bulks import holdings as bulks
from marketplace.inventory.conversions import descent
from marketplace.inventory.items import pieces as items
from marketplace.inventory.life import life_of
from marketplace.inventory.models import Lot
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.receipts import queries as receipt_queries
from marketplace.pledges.shortages.queries import shortages_of_lots
from marketplace.quantity import UNITS
from tenants import approvals, record
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

PAGE = 50
COLUMNS = (
    "number", "status", "product_name", "grade", "hs_code", "unit", "documented_qty", "weighed_qty", "verified_qty", "reserved_qty", "pledged_qty",
    "free_qty", "departed_qty", "site_name", "bin_code", "reference", "origin", "declared_at", "received_at", "verified_at",
)  # fmt: skip


@pages.look("/lots")
def list_lots(ws: Workspace) -> Any:
    sort = request.args.get("sort") or "-declared"
    lots = _found(ws, sort=sort, limit=PAGE + 1)
    pageable = sort == "-declared" and len(lots) > PAGE
    return render(
        "inventory/lots.html",
        lots=lots[:PAGE],
        owners=names_of(ws, (lot.tenant_id for lot in lots)),
        counts=queries.count_lots(ws),
        states=[str(state) for state in shown.STATES],
        next_cursor=lots[PAGE - 1].id if pageable else None,
        query=request.args.to_dict(),
    )


@pages.look("/lots.csv")
def export_lots(ws: Workspace) -> Any:
    lots = _found(ws, sort=request.args.get("sort") or "-declared", limit=queries.MOST_ROWS)
    return csv_file("lots.csv", COLUMNS, ([getattr(lot, name) for name in COLUMNS] for lot in lots))


@pages.look("/lots/new")
def new_lot(ws: Workspace) -> Any:
    ws.may("declare_lot")
    return render(
        "inventory/new_lot.html",
        products=place_queries.list_products(ws),
        sites=place_queries.list_sites(ws),
        supervisors=organisations_of_kind(ws.session, Kind.SUPERVISOR),
        units=[(code, unit(code)) for code in UNITS],
        papers=[str(kind) for kind in Paper if kind is not Paper.PHOTO],
    )


@pages.act("/lots", again="new_lot")
def declare_lot(ws: Workspace) -> Any:
    lot = actions.declare_lot(
        ws,
        product_id=entered.chosen("product_id"),
        quantity=entered.quantity("quantity"),
        site_id=entered.chosen("site_id"),
        supervisor_id=entered.chosen("supervisor_id"),
        reference=entered.words("reference", longest=100),
        origin=entered.words("origin", longest=100),
        pieces=entered.whole_or_none("pieces"),
        batch=entered.words("batch", longest=20),
        produced_on=entered.day_or_none("produced_on"),
        expires_on=entered.day_or_none("expires_on"),
    )
    _add_paper(ws, lot)
    flash(translate("Lot %(number)s is declared. The warehouse expects it within 72 hours.", number=lot.number), "ok")
    return redirect(url_for(".show_lot", lot_id=lot.id))


@pages.look("/lots/<uuid:lot_id>")
def show_lot(ws: Workspace, lot_id: UUID) -> Any:
    lot = queries.find_lot(ws, lot_id)
    waiting = [one for one in approvals.waiting(ws) if one.subject_id == lot.id]
    return render(
        "inventory/lot.html",
        lot=lot,
        figures=shown.figures_of(lot),
        parts=shown.parts_of(lot),
        way=shown.way_of(lot),
        may=shown.may(ws, lot),
        firms=names_of(ws, (lot.tenant_id, lot.warehouse_id, lot.supervisor_id)),
        identity=queries.identity_of(ws, lot.id),
        items=[{"item": one, "state": items.standing_of(lot, one)} for one in items.items_of(ws, lot.id)],
        bulk=bulks.bulk_of(ws, lot),
        weighings=queries.weighings_of(ws, lot.id),
        inspections=queries.inspections_of(ws, lot.id),
        assays=queries.assays_of(ws, lot.id),
        documents=documents_of(ws, lot.id),
        events=told(record.events_of(ws, lot.id)),
        waiting=waiting,
        receipts=receipt_queries.receipts_of_lot(ws, lot.id),
        family=descent.family_of(ws, lot.id),
        plan=descent.plan_for(ws, lot.id),
        shortages=shortages_of_lots(ws, [lot.id]),
    )


@pages.look("/lots/<uuid:lot_id>/epcis.json")
def download_life(ws: Workspace, lot_id: UUID) -> Any:
    """The lot's life in EPCIS 2.0, as far as the viewer may know it."""
    number = queries.find_lot(ws, lot_id).number
    text = json.dumps(life_of(ws, lot_id, house=public_root()), ensure_ascii=False, indent=1)
    named = {"Content-Disposition": f'attachment; filename="{number}-epcis.json"'}
    return Response(text, mimetype="application/ld+json", headers=named)


def _found(ws: Workspace, *, sort: str, limit: int) -> list[Lot]:
    return queries.list_lots(
        ws,
        status=request.args.get("status") or None,
        text=request.args.get("q") or None,
        cursor=_cursor(),
        limit=limit,
        sort=sort,
    )


def _cursor() -> UUID | None:
    try:
        return UUID(request.args.get("cursor", ""))
    except ValueError:
        return None


def _add_paper(ws: Workspace, lot: Lot) -> None:
    sent = entered.upload("paper")
    if sent:
        name, content, media_type = sent
        kind = entered.words("paper_kind") or Paper.OTHER
        documents.add_document(ws, object_id=lot.id, kind=kind, name=name, content=content, media_type=media_type)
