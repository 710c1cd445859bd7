"""Labels: the QR of a lot's GS1 Digital Link on screen and on paper, and the page that anybody who scans it comes to."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import segno
from flask import Response, abort, request

from frontend import paper
from frontend.inventory.blueprint import pages
from frontend.pages import public_root, render
from marketplace.inventory import queries
from marketplace.inventory.models import Lot, LotIdentity
from tenants.workspace import Workspace

MOST_LABELS = 100


@pages.look("/lots/<uuid:lot_id>/label")
def show_label(ws: Workspace, lot_id: UUID) -> Any:
    lot = queries.find_lot(ws, lot_id)
    identity = queries.identity_of(ws, lot.id)
    link = link_of(identity)
    return render("inventory/label.html", lot=lot, identity=identity, link=link, qr=_picture(link))


@pages.look("/lots/<uuid:lot_id>/label.pdf")
def print_label(ws: Workspace, lot_id: UUID) -> Response:
    return _printed(ws, [queries.find_lot(ws, lot_id)])


@pages.look("/lots/labels.pdf")
def print_labels(ws: Workspace) -> Response:
    """The labels of several lots, one a page: those that the list shows."""
    lots = queries.list_lots(
        ws, status=request.args.get("status") or None, text=request.args.get("q") or None, limit=MOST_LABELS
    )
    if not lots:
        abort(404)
    return _printed(ws, lots)


@pages.look("/01/<gtin>/10/<batch>", visitors=True)
def show_identity(ws: Workspace, gtin: str, batch: str) -> Any:
    """What the label names, for anybody; and for those who may see the lot, the way to it."""
    path = f"/01/{gtin}/10/{quote(batch, safe='')}"
    known, lot_id = queries.public_identity(ws, path), queries.lot_of_path(ws, path)
    page = render("inventory/identity.html", known=known, path=path, gtin=gtin, batch=batch, lot_id=lot_id)
    return page, 200 if known else 404


@pages.look("/01/<gtin>/21/<serial>", visitors=True)
def show_item_identity(ws: Workspace, gtin: str, serial: str) -> Any:
    """What the label of one coil, bale or drum names, likewise."""
    path = f"/01/{gtin}/21/{quote(serial, safe='')}"
    known, lot_id = queries.public_identity(ws, path), queries.lot_of_path(ws, path)
    page = render("inventory/identity.html", known=known, path=path, gtin=gtin, serial=serial, lot_id=lot_id)
    return page, 200 if known else 404


def link_of(identity: LotIdentity) -> str:
    """The address in the QR: this installation's resolver, then the GS1 path."""
    return public_root() + identity.path


def _printed(ws: Workspace, lots: list[Lot]) -> Response:
    labels = []
    for lot in lots:
        identity = queries.identity_of(ws, lot.id)
        link = link_of(identity)
        labels.append({"lot": lot, "identity": identity, "link": link, "qr": _drawn(link)})
    name = f"label-{lots[0].number}.pdf" if len(lots) == 1 else "labels.pdf"
    return paper.as_pdf("inventory/label_sheet.html", name, labels=labels)


def _picture(link: str) -> str:
    return str(segno.make(link, error="q", micro=False).svg_data_uri(scale=6, border=4, light="#fff"))


def _drawn(link: str) -> str:
    return str(segno.make(link, error="q", micro=False).svg_inline(scale=4, border=0))
