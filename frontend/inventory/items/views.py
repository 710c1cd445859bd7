"""Pages of a lot kept item by item: its list, read and declared; its items, weighed in one by one; and those that are missing."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend import entered
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.inventory.sheets import csv_file
from frontend.language import locale, said, translate
from frontend.pages import render
from marketplace.inventory import actions, queries
from marketplace.inventory.items import pieces as items
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.models import Lot
from marketplace.inventory.places import queries as place_queries
from tenants.errors import Invalid
from tenants.workspace import Workspace

HEADINGS = {"serial": "Serial number", "quantity": "Quantity", "unit": "Unit", "tag": "Tag"}
CHINESE = {"serial": "序列号", "quantity": "数量", "unit": "单位", "tag": "电子标签"}


@pages.look("/lots/<uuid:lot_id>/items")
def show_items(ws: Workspace, lot_id: UUID) -> Any:
    lot = queries.find_lot(ws, lot_id)
    rows = [_shown(lot, one) for one in items.items_of(ws, lot.id)]
    return render(
        "inventory/items/items.html",
        lot=lot,
        rows=rows,
        announced=[row for row in rows if row["state"] == "ANNOUNCED"],
        there=[row for row in rows if row["state"] in ("THERE", "PLEDGED")],
        bins=place_queries.free_bins(ws, lot.site_id) if lot.received_at is None else [],
        units=shown.units_like(lot.unit),
        may=shown.may(ws, lot),
        headings=_headings(),
    )


@pages.act("/lots/<uuid:lot_id>/item-lists", again="show_items")
def read_items(ws: Workspace, lot_id: UUID) -> Any:
    sent, typed = entered.upload("file"), request.form.get("typed", "").strip()
    if sent is None and not typed:
        raise Invalid("file_missing", "Choose a file.", field="file")
    name, content = (sent[0], sent[1]) if sent else ("", f"serial,quantity,tag\n{typed}\n".encode())
    kept = actions.read_items(ws, lot_id, name=name, content=content)
    return redirect(url_for(".show_item_list", list_id=kept.id))


@pages.look("/item-lists/<uuid:list_id>")
def show_item_list(ws: Workspace, list_id: UUID) -> Any:
    kept = queries.find_item_list(ws, list_id)
    assert kept.lot_id is not None
    wrong = [row for row in kept.rows if row["errors"]]
    lot = queries.find_lot(ws, kept.lot_id)
    return render(
        "inventory/items/item_list.html", kept=kept, lot=lot, wrong=len(wrong), columns=_headings(), told=_told
    )


@pages.act("/item-lists/<uuid:list_id>/declaration")
def declare_items(ws: Workspace, list_id: UUID) -> Any:
    lot = actions.declare_items(ws, list_id)
    flash(translate("%(count)s items are declared.", count=lot.pieces), "ok")
    return redirect(url_for(".show_items", lot_id=lot.id))


@pages.act("/lots/<uuid:lot_id>/item-receipts", again="show_items")
def receive_item(ws: Workspace, lot_id: UUID) -> Any:
    item = actions.receive_item(
        ws,
        lot_id,
        entered.chosen("item_id"),
        gross=entered.quantity("gross"),
        tare=entered.quantity("tare"),
        bin_id=entered.chosen_or_none("bin_id"),
        ticket=entered.words("ticket", longest=60),
        vehicle=entered.words("vehicle", longest=20),
    )
    flash(translate("Item %(serial)s is weighed in.", serial=item.serial), "ok")
    return redirect(url_for(".show_items", lot_id=lot_id))


@pages.act("/lots/<uuid:lot_id>/missing-items", again="show_items")
def miss_items(ws: Workspace, lot_id: UUID) -> Any:
    actions.miss_items(ws, lot_id, items=[entered.chosen("missing_id")], because=entered.words("because"))
    return redirect(url_for(".show_items", lot_id=lot_id))


@pages.look("/lots/items-template.csv")
def items_template(ws: Workspace) -> Response:
    ws.may("declare_lot")
    return csv_file("items.csv", list(_headings().values()), [["C-26-0117-01", "10.250", "t", ""]])


def _headings() -> dict[str, str]:
    return CHINESE if locale() == "zh" else HEADINGS


def _shown(lot: Lot, item: LotItem) -> dict[str, Any]:
    """An item with where it stands."""
    return {"item": item, "id": item.id, "state": items.standing_of(lot, item)}


def _told(error: dict[str, Any]) -> str:
    return said({"word": error["because"], "facts": error["facts"]})
