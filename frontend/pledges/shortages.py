"""Pages of shortages: report one, see one's own lines or the whole table, object, recount, decide."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.pages import render
from frontend.pledges.blueprint import pages
from frontend.tenants.views import told
from marketplace.disposal.accepting.queries import acceptance_of
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions
from marketplace.pledges.shortages import queries
from marketplace.pledges.shortages.models import ShortageLine, ShortageObjection
from marketplace.pledges.shortages.objecting import own_line
from marketplace.quantity import Quantity
from tenants import approvals, record, rooms
from tenants.workspace import Workspace

NAMES = re.compile(r"[,，;；\n]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line, or an objection to one, with its quantities."""

    row: ShortageLine | ShortageObjection
    claimed: Quantity
    taken: Quantity
    share: Quantity | None


@pages.look("/shortages")
def list_shortages(ws: Workspace) -> Any:
    return render("pledges/shortages.html", shortages=queries.list_shortages(ws, limit=queries.MOST_ROWS))


@pages.look("/shortages/<uuid:shortage_id>")
def show_shortage(ws: Workspace, shortage_id: UUID) -> Any:
    shortage, mine = queries.find_shortage(ws, shortage_id), rooms.my_roles(ws, shortage_id)
    lines, objections = queries.lines_of(ws, shortage_id), queries.objections_of(ws, shortage_id)
    keepers = {shortage.tenant_id, shortage.warehouse_id, shortage.reported_by_id}
    firms, subjects = keepers | {one.tenant_id for one in lines}, {shortage_id, *(one.id for one in objections)}
    own = [one for one in lines if one.tenant_id == ws.tenant_id]
    return render(
        "pledges/shortage.html",
        shortage=shortage,
        part=queries.part_found(shortage),
        mine=mine,
        own=[_shown(one, shortage.unit) for one in own],
        sums=queries.sums_of(own, shortage.unit) if own else None,
        table=[_shown(one, shortage.unit) for one in lines] if "supervisor" in mine else [],
        stopped=queries.lots_of(ws, shortage_id),
        objections=[_shown(one, shortage.unit) for one in objections],
        contested={one.line_id for one in objections},
        bought={one.sale_id for one in own if one.sale_id and acceptance_of(ws, one.sale_id)},
        names=names_of(ws, firms),
        waiting=[one for one in approvals.waiting(ws) if one.subject_id in subjects],
        is_open_to_objections=shortage.status == "OPEN" and ws.now < shortage.objections_until,
        events=told(record.events_of(ws, shortage_id)),
        viewer=ws.tenant_id,
    )


@pages.look("/lots/<uuid:lot_id>/shortages/new")
def new_shortage(ws: Workspace, lot_id: UUID) -> Any:
    return render("pledges/new_shortage.html", lot=find_lot(ws, lot_id), count=request.args.get("count", "")[:40])


@pages.act("/lots/<uuid:lot_id>/shortages", again="new_shortage")
def open_shortage(ws: Workspace, lot_id: UUID) -> Any:
    lot = find_lot(ws, lot_id)
    found = entered.quantity("found", lot.unit)
    made = actions.open_shortage(ws, lot_id, found=found, because=entered.words("because"), evidence=_evidence())
    return redirect(url_for(".show_shortage", shortage_id=made.id))


@pages.act("/shortages/<uuid:shortage_id>/recounts", again="show_shortage")
def recount_shortage(ws: Workspace, shortage_id: UUID) -> Any:
    found = entered.quantity("found", queries.find_shortage(ws, shortage_id).unit)
    actions.recount_shortage(ws, shortage_id, found=found, because=entered.words("because"), evidence=_evidence())
    return redirect(url_for(".show_shortage", shortage_id=shortage_id))


@pages.act("/shortages/<uuid:shortage_id>/found-goods", again="show_shortage")
def propose_found(ws: Workspace, shortage_id: UUID) -> Any:
    more = entered.quantity("found", queries.find_shortage(ws, shortage_id).unit)
    actions.propose_found(ws, shortage_id, more=more, because=entered.words("because"), evidence=_evidence())
    return redirect(url_for(".show_shortage", shortage_id=shortage_id))


@pages.act("/shortages/<uuid:shortage_id>/confirmation", again="show_shortage")
def propose_confirmation(ws: Workspace, shortage_id: UUID) -> Any:
    actions.propose_confirmation(ws, shortage_id)
    return redirect(url_for(".show_shortage", shortage_id=shortage_id))


@pages.act("/shortages/<uuid:shortage_id>/lifting", again="show_shortage")
def propose_lifting(ws: Workspace, shortage_id: UUID) -> Any:
    actions.propose_lifting(ws, shortage_id, because=entered.words("lifted_because"))
    return redirect(url_for(".show_shortage", shortage_id=shortage_id))


@pages.look("/shortage-lines/<uuid:share_id>/objections/new")
def new_objection(ws: Workspace, share_id: UUID) -> Any:
    line, shortage = own_line(ws, share_id)
    return render("pledges/new_objection.html", line=_shown(line, shortage.unit), shortage=shortage)


@pages.act("/shortage-lines/<uuid:share_id>/objections", again="new_objection")
def object_to_share(ws: Workspace, share_id: UUID) -> Any:
    line, shortage = own_line(ws, share_id)
    given = {name: entered.quantity(name, shortage.unit) for name in ("claimed", "taken")}
    actions.object_to_share(ws, line.id, **given, because=entered.words("because", longest=1000), papers=_evidence())
    return redirect(url_for(".show_shortage", shortage_id=shortage.id))


@pages.act("/shortage-objections/<uuid:objection_id>/answer")
def propose_answer(ws: Workspace, objection_id: UUID) -> Any:
    objection = queries.find_objection(ws, objection_id)
    upheld = request.form.get("upheld") == "yes"
    actions.propose_answer(ws, objection_id, upheld=upheld, answer=entered.words("answer", longest=1000))
    return redirect(url_for(".show_shortage", shortage_id=objection.shortage_id))


def _evidence() -> list[str]:
    """Numbers of counts, weighings, inspections or documents, as typed between commas."""
    return [one.strip() for one in NAMES.split(entered.words("evidence")) if one.strip()]


def _shown(row: ShortageLine | ShortageObjection, unit: str) -> Shown:
    share = row.share_units if isinstance(row, ShortageLine) else None
    return Shown(
        row,
        Quantity.from_base_units(row.claimed_units, unit),
        Quantity.from_base_units(row.taken_units, unit),
        None if share is None else Quantity.from_base_units(share, unit),
    )
