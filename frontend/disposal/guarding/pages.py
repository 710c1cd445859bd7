"""The guard against mass sales as pages show it: the settings in force with their history, and why goods have to wait."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions
from marketplace.disposal.announcing import Goods
from marketplace.disposal.guarding.queries import guard_versions, held_back
from marketplace.disposal.rules.guarding import WORDS, Guard, facts_of
from marketplace.inventory.queries import find_lot
from tenants import approvals
from tenants.workspace import Workspace


@pages.look("/sale-guard")
def show_guard(ws: Workspace) -> Any:
    versions = guard_versions(ws)
    waiting = ws.can("set_sale_guard") and any(one.act == "approve_sale_guard" for one in approvals.waiting(ws))
    return render("disposal/guarding/guard.html", versions=versions, now_in_force=versions[0] if versions else None, waiting=waiting)  # fmt: skip


@pages.act("/sale-guard", again="show_guard")
def propose_sale_guard(ws: Workspace) -> Any:
    lifted = request.form.get("lifted_until", "").strip()
    guard = Guard(
        lots_max=entered.whole("lots_max", 0),
        days=entered.days("days", 0),
        fall_share=entered.share("fall_share"),
        unsold_share=entered.share("unsold_share"),
        sales_least=entered.whole("sales_least", 0),
        lifted_until=entered.moment("lifted_until") if lifted else None,
    )
    actions.propose_guard(ws, guard, because=request.form.get("because", ""))
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for(".show_guard"))


def waits_because(ws: Workspace, goods: Goods, lot_id: UUID) -> list[str]:
    """Why an announcement of these goods would wait now, in words."""
    price_code = find_lot(ws, lot_id).price_code
    found = held_back(ws, product_name=goods.product_name, place=goods.place, price_code=price_code)
    return [] if found is None else [translate(WORDS[brake], **facts_of(found[0].guard)) for brake in found[1]]
