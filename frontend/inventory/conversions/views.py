"""Pages of lots that become other lots: planning a split, merge or transformation, and carrying it out."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.inventory import actions, queries
from marketplace.inventory.conversions import descent
from marketplace.inventory.conversions.models import Conversion
from marketplace.inventory.models import Lot
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.places.models import Bin
from marketplace.inventory.rules.conversion import ConversionKind, ConversionState
from tenants import approvals, rooms
from tenants.errors import Invalid
from tenants.workspace import Workspace

PARTS = 6
OUTPUTS = 4


@pages.look("/conversions")
def list_conversions(ws: Workspace) -> Any:
    plans = [(plan, descent.lines_of(ws, plan.id)) for plan in descent.open_conversions(ws)]
    return render("inventory/conversions/conversions.html", plans=plans)


@pages.look("/lots/<uuid:lot_id>/conversion")
def new_conversion(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("convert_lot")
    lot = queries.find_lot(ws, lot_id)
    return render(
        "inventory/conversions/new_conversion.html",
        lot=lot,
        figures=shown.figures_of(lot),
        units=shown.units_like(lot.unit),
        parts=range(1, PARTS + 1),
        outputs=range(1, OUTPUTS + 1),
        alike=descent.mergeable_with(ws, lot),
        products=[one for one in place_queries.list_products(ws) if one.unit == lot.unit],
    )


@pages.act("/lots/<uuid:lot_id>/split", again="new_conversion")
def propose_split(ws: Workspace, lot_id: UUID) -> Any:
    names = [f"part_{n}" for n in range(1, PARTS + 1)]
    unit = queries.find_lot(ws, lot_id).unit
    parts = [entered.quantity(name, unit) for name in names if request.form.get(name, "").strip()]
    return _planned(actions.propose_split(ws, lot_id, parts=parts, reason=entered.words("reason")))


@pages.act("/lots/<uuid:lot_id>/merge", again="new_conversion")
def propose_merge(ws: Workspace, lot_id: UUID) -> Any:
    others = [_id(value) for value in request.form.getlist("lots")]
    return _planned(actions.propose_merge(ws, [lot_id, *others], reason=entered.words("reason")))


@pages.act("/lots/<uuid:lot_id>/transformation", again="new_conversion")
def propose_transformation(ws: Workspace, lot_id: UUID) -> Any:
    unit = queries.find_lot(ws, lot_id).unit
    chosen = [n for n in range(1, OUTPUTS + 1) if request.form.get(f"product_{n}")]
    outputs = [(entered.chosen(f"product_{n}"), entered.quantity(f"output_{n}", unit)) for n in chosen]
    loss, reason = entered.quantity("loss", unit), entered.words("reason")
    return _planned(actions.propose_transformation(ws, [lot_id], outputs=outputs, loss=loss, reason=reason))


@pages.look("/conversions/<uuid:conversion_id>")
def show_conversion(ws: Workspace, conversion_id: UUID) -> Any:
    plan = descent.find_conversion(ws, conversion_id)
    parents, children = lots_of(ws, plan)
    is_open = plan.status == ConversionState.PROPOSED
    here = plan.warehouse_id == ws.tenant_id and is_open and ws.can("carry_out_conversion")
    mine = rooms.my_roles(ws, plan.id)
    return render(
        "inventory/conversions/conversion.html",
        plan=plan,
        parents=parents,
        children=children,
        consents=descent.consents_of(ws, plan.id),
        firms=names_of(ws, [plan.tenant_id, plan.warehouse_id, plan.supervisor_id]),
        bins=[(one.id, one.code) for one in _bins(ws, plan, parents)] if here else [],
        units=shown.units_like(plan.unit),
        may_carry_out=here,
        may_consent=is_open and "bank" in mine and ws.can("propose_approval"),
        may_close=is_open and (here or (plan.tenant_id == ws.tenant_id and ws.can("convert_lot"))),
        proposed=[one for one in approvals.waiting(ws) if one.subject_id == plan.id],
    )


@pages.act("/conversions/<uuid:conversion_id>/consent", again="show_conversion")
def consent_to_conversion(ws: Workspace, conversion_id: UUID) -> Any:
    actions.consent_to_conversion(ws, conversion_id)
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_conversion", conversion_id=conversion_id))


@pages.act("/conversions/<uuid:conversion_id>/execution", again="show_conversion")
def carry_out_conversion(ws: Workspace, conversion_id: UUID) -> Any:
    plan = descent.find_conversion(ws, conversion_id)
    weighed = plan.kind == ConversionKind.TRANSFORM
    places = {child.id: _place(child.id, weighed=weighed) for child in lots_of(ws, plan)[1]}
    actions.carry_out_conversion(ws, conversion_id, places=places)
    flash(translate("Done. Now put the new labels on the goods."), "ok")
    return redirect(url_for(".show_conversion", conversion_id=conversion_id))


@pages.act("/conversions/<uuid:conversion_id>/closing", again="show_conversion")
def close_conversion(ws: Workspace, conversion_id: UUID) -> Any:
    actions.close_conversion(ws, conversion_id, because=entered.words("because"))
    return redirect(url_for(".show_conversion", conversion_id=conversion_id))


def lots_of(ws: Workspace, plan: Conversion) -> tuple[list[Lot], list[Lot]]:
    """Old and new lots of a plan, as far as the viewer sees them."""
    lines = descent.lines_of(ws, plan.id)
    seen = {
        one.id: one for one in queries.lots_by_id(ws, {x for line in lines for x in (line.parent_id, line.child_id)})
    }
    old, new = dict.fromkeys(one.parent_id for one in lines), dict.fromkeys(one.child_id for one in lines)
    return [seen[one] for one in old if one in seen], [seen[one] for one in new if one in seen]


def _bins(ws: Workspace, plan: Conversion, parents: list[Lot]) -> list[Bin]:
    """Bins that are free, and those that the old lots will leave."""
    left = {lot.bin_id for lot in parents}
    free = {one.id for one in place_queries.free_bins(ws, plan.site_id)}
    return [one for one in place_queries.bins_of(ws, plan.site_id) if one.id in free | left]


def _place(lot_id: UUID, *, weighed: bool) -> actions.Place:
    bin_id = entered.chosen(f"bin_{lot_id}")
    if not weighed:
        return actions.Place(bin_id)
    return actions.Place(bin_id, entered.quantity(f"gross_{lot_id}"), entered.quantity(f"tare_{lot_id}"))


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field="lots") from wrong


def _planned(plan: Conversion) -> Any:
    flash(
        translate(
            "Planned. The warehouse carries it out within 72 hours, once every bank that holds part of it consents."
        ),
        "ok",
    )
    return redirect(url_for(".show_conversion", conversion_id=plan.id))
