"""Pages of a lot's steps: weighing in, inspecting, stopping, writing off, letting out."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for

from frontend import entered
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.documents import actions as documents
from marketplace.inventory import actions, queries
from marketplace.inventory.models import Lot
from marketplace.inventory.places import queries as place_queries
from tenants.workspace import Workspace


@pages.look("/lots/<uuid:lot_id>/receipt")
def new_receipt(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("receive_lot")
    lot = queries.find_lot(ws, lot_id)
    return render(
        "inventory/receipt.html",
        lot=lot,
        site=place_queries.find_site(ws, lot.site_id),
        bins=place_queries.free_bins(ws, lot.site_id),
        units=shown.units_like(lot.unit),
        first=lot.received_at is None,
    )


@pages.act("/lots/<uuid:lot_id>/receipt", again="new_receipt")
def receive_lot(ws: Workspace, lot_id: UUID) -> Any:
    told = {"gross": entered.quantity("gross"), "tare": entered.quantity("tare"), **_ticket(ws, lot_id)}
    if queries.find_lot(ws, lot_id).received_at is None:
        lot = actions.receive_lot(ws, lot_id, bin_id=entered.chosen("bin_id"), **told)
    else:
        lot = actions.add_weighing(ws, lot_id, **told)
    flash(translate("Weighed in. Now put the label on the goods."), "ok")
    return _back(lot)


@pages.look("/lots/<uuid:lot_id>/bin")
def new_bin(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("receive_lot")
    lot = queries.find_lot(ws, lot_id)
    return render("inventory/bin.html", lot=lot, bins=place_queries.free_bins(ws, lot.site_id))


@pages.act("/lots/<uuid:lot_id>/bin", again="new_bin")
def name_bin(ws: Workspace, lot_id: UUID) -> Any:
    return _back(actions.name_bin(ws, lot_id, bin_id=entered.chosen("bin_id")))


@pages.look("/lots/<uuid:lot_id>/inspection")
def new_inspection(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("inspect_lot")
    lot = queries.find_lot(ws, lot_id)
    return render(
        "inventory/inspection.html",
        lot=lot,
        figures=shown.figures_of(lot),
        units=shown.units_like(lot.unit),
        weighings=queries.weighings_of(ws, lot.id),
    )


@pages.act("/lots/<uuid:lot_id>/inspection", again="new_inspection")
def inspect_lot(ws: Workspace, lot_id: UUID) -> Any:
    evidence = _photo(ws, lot_id)
    actions.inspect_lot(
        ws,
        lot_id,
        counted=entered.quantity("counted"),
        passed=entered.words("passed") == "yes",
        note=entered.words("note"),
        expires_on=entered.day_or_none("expires_on"),
        moisture=entered.share_or_none("moisture"),
        moisture_certificate=entered.words("moisture_certificate", longest=100),
        evidence=[evidence] if evidence else [],
    )
    flash(translate("Your finding waits for a colleague."), "ok")
    return redirect(url_for(".show_lot", lot_id=lot_id))


@pages.look("/lots/<uuid:lot_id>/assay")
def new_assay(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("inspect_lot")
    return render("inventory/assay.html", lot=queries.find_lot(ws, lot_id), assays=queries.assays_of(ws, lot_id))


@pages.act("/lots/<uuid:lot_id>/assay", again="new_assay")
def propose_assay(ws: Workspace, lot_id: UUID) -> Any:
    evidence = _photo(ws, lot_id)
    actions.propose_assay(
        ws,
        lot_id,
        certificate=entered.words("certificate", longest=100),
        certified_on=entered.day("certified_on"),
        because=entered.words("because"),
        moisture=entered.share_or_none("moisture"),
        expires_on=entered.day_or_none("expires_on"),
        evidence=[evidence] if evidence else [],
    )
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_lot", lot_id=lot_id))


@pages.look("/lots/<uuid:lot_id>/freeze")
def new_freeze(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("freeze_lot")
    return render("inventory/freeze.html", lot=queries.find_lot(ws, lot_id))


@pages.act("/lots/<uuid:lot_id>/freeze", again="new_freeze")
def freeze_lot(ws: Workspace, lot_id: UUID) -> Any:
    return _back(actions.freeze_lot(ws, lot_id, reason=entered.words("reason")))


@pages.act("/lots/<uuid:lot_id>/unfreezing", again="new_freeze")
def unfreeze_lot(ws: Workspace, lot_id: UUID) -> Any:
    actions.unfreeze_lot(ws, lot_id, because=entered.words("because"))
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_lot", lot_id=lot_id))


@pages.look("/lots/<uuid:lot_id>/write-off")
def new_write_off(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("inspect_lot")
    lot = queries.find_lot(ws, lot_id)
    return render("inventory/write_off.html", lot=lot, units=shown.units_like(lot.unit))


@pages.act("/lots/<uuid:lot_id>/write-off", again="new_write_off")
def write_off(ws: Workspace, lot_id: UUID) -> Any:
    what, because = entered.words("what"), entered.words("because")
    evidence = _photo(ws, lot_id)
    proof = [evidence] if evidence else []
    if what == "part":
        left = entered.quantity("left")
        return _back(actions.shrink_verified(ws, lot_id, to=left, because=because, evidence=proof))
    return _back(actions.report_loss(ws, lot_id, damaged=what == "damaged", because=because, evidence=proof))


@pages.look("/lots/<uuid:lot_id>/mending")
def new_mending(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("inspect_lot")
    lot = queries.find_lot(ws, lot_id)
    return render("inventory/mending.html", lot=lot, units=shown.units_like(lot.unit))


@pages.act("/lots/<uuid:lot_id>/mending", again="new_mending")
def propose_mending(ws: Workspace, lot_id: UUID) -> Any:
    left, because, photo = entered.quantity("left"), entered.words("because"), _photo(ws, lot_id)
    actions.propose_mending(ws, lot_id, left=left, because=because, evidence=[photo] if photo else [])
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_lot", lot_id=lot_id))


@pages.look("/lots/<uuid:lot_id>/departure")
def new_departure(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("execute_release")
    lot = queries.find_lot(ws, lot_id)
    return render("inventory/departure.html", lot=lot, figures=shown.figures_of(lot), units=shown.units_like(lot.unit))


@pages.act("/lots/<uuid:lot_id>/departure", again="new_departure")
def let_out(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("execute_release")
    return _back(actions.mark_departed(ws, lot_id, quantity=entered.quantity("quantity")))


def _ticket(ws: Workspace, lot_id: UUID) -> dict[str, Any]:
    return {
        "ticket": entered.words("ticket", longest=60),
        "vehicle": entered.words("vehicle", longest=20),
        "photo_id": _photo(ws, lot_id),
    }


def _photo(ws: Workspace, lot_id: UUID) -> UUID | None:
    sent = entered.upload("photo")
    if sent is None:
        return None
    name, content, media_type = sent
    made = documents.add_document(ws, object_id=lot_id, kind="photo", name=name, content=content, media_type=media_type)
    return made.id


def _back(lot: Lot) -> Any:
    return redirect(url_for(".show_lot", lot_id=lot.id))
