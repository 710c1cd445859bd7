"""The forms by which a sale stands still and goes on: the seller's, and the page of the platform's operator."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.disposal.proposed_terms import HaltTerms
from frontend.language import translate
from frontend.pages import render
from frontend.proposals import lays_open
from marketplace.disposal import actions, queries
from marketplace.disposal.outages.halting import halt_in
from marketplace.disposal.outages.queries import order_in_force, orders_of
from marketplace.disposal.rules.halts import Halt, halt_of
from tenants import approvals
from tenants.approvals import Approval
from tenants.workspace import Workspace


@pages.act("/auctions/<uuid:auction_id>/standstills", again="list_registrations")
def halt_sale(ws: Workspace, auction_id: UUID) -> Any:
    actions.halt_sale(ws, auction_id, _entered())
    flash(translate("The sale stands still. No bid is taken until you let it go on."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/resumption", again="list_registrations")
def lift_halt(ws: Workspace, auction_id: UUID) -> Any:
    actions.lift_halt(ws, auction_id)
    flash(translate("The order is lifted: the sale goes on by its published rule."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.look("/auctions/<uuid:auction_id>/standstill")
def show_standstill(ws: Workspace, auction_id: UUID) -> Any:
    """The operator's page: what stands, what waits for a colleague, and the form of what comes next."""
    ws.may("halt_sale")
    auction = queries.find_auction(ws, auction_id)
    return render(
        "disposal/halting/standstill.html",
        auction=auction, phase=queries.phase(auction, ws.now), order=order_in_force(ws, auction), all_orders=orders_of(ws, auction_id),
        waiting=[one for one in approvals.waiting(ws) if one.subject_id == auction_id],
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/standstill-proposals", again="show_standstill")
def propose_halt(ws: Workspace, auction_id: UUID) -> Any:
    actions.propose_halt(ws, auction_id, _entered())
    flash(translate("Proposed. The sale goes on until a colleague agrees."), "ok")
    return redirect(url_for(".show_standstill", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/resumption-proposals", again="show_standstill")
def propose_resumption(ws: Workspace, auction_id: UUID) -> Any:
    actions.propose_resumption(ws, auction_id, because=entered.text("because"))
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for(".show_standstill", auction_id=auction_id))


@lays_open("approve_halt", "disposal/halting/proposed.html", HaltTerms)
def proposed_halt(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The order as it would be published, and how the sale stands today."""
    auction, halt = queries.find_auction(ws, approval.subject_id), halt_in(approval)
    return {"auction": auction, "phase": queries.phase(auction, ws.now), "order": halt} | {
        name: getattr(halt, name) for name in ("ground", "ordered_by", "paper", "because")
    }


def _entered() -> Halt:
    return halt_of(**{name: entered.text(name) for name in ("ground", "ordered_by", "paper", "because")})
