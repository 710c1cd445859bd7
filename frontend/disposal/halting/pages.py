"""The seller's forms by which a sale stands still and goes on."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.language import translate
from marketplace.disposal import actions
from marketplace.disposal.rules.halts import halt_of
from tenants.workspace import Workspace


@pages.act("/auctions/<uuid:auction_id>/standstills", again="list_registrations")
def halt_sale(ws: Workspace, auction_id: UUID) -> Any:
    said = {name: entered.text(name) for name in ("ground", "ordered_by", "paper", "because")}
    actions.halt_sale(ws, auction_id, halt_of(**said))
    flash(translate("The sale stands still. No bid is taken until you let it go on."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/resumption", again="list_registrations")
def lift_halt(ws: Workspace, auction_id: UUID) -> Any:
    actions.lift_halt(ws, auction_id)
    flash(translate("The order is lifted: the sale goes on by its published rule."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))
