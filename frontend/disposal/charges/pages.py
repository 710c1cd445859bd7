"""What a bid costs in all: the page, the box beside the bid, and the seller's form to publish what comes on top."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.charges.actions import USUAL_DAYS, charges_row, cost_of_bid
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.charges import Charges
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace


@pages.look("/auctions/<uuid:auction_id>/total-cost", visitors=True)
def show_total_cost(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    told = _told(ws, auction)
    seller = queries.is_seller(ws, auction)
    return render(
        "disposal/charges/charges.html", auction=auction, published=charges_row(ws, auction_id), seller=seller, **told
    )


@pages.look("/auctions/<uuid:auction_id>/total-cost/box", visitors=True)
def show_cost_box(ws: Workspace, auction_id: UUID) -> Any:
    """The lines alone, for the amount that is being typed."""
    return render("disposal/charges/cost.html", **_told(ws, queries.find_auction(ws, auction_id)))


@pages.act("/auctions/<uuid:auction_id>/charges", again="show_total_cost")
def publish_charges(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    if not queries.is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    currency = auction.currency
    charges = Charges(
        premium_share=entered.share("premium_share"),
        tax_share=entered.share("tax_share"),
        vat_rate=entered.share("vat_rate"),
        handling=entered.money("handling", currency),
        storage_day=entered.money("storage_day", currency),
        free_days=entered.days("free_days", 0),
    )
    actions.publish_charges(ws, auction_id, charges)
    flash(translate("Published."), "ok")
    return redirect(url_for(".show_total_cost", auction_id=auction_id))


def _told(ws: Workspace, auction: Auction) -> dict[str, Any]:
    """The cost of the bid that was asked for, or why it cannot be told."""
    asked = request.args.get("bid") or request.args.get("amount") or ""
    try:
        days = entered.days("days", USUAL_DAYS, of=request.args)
        bid = entered.money("bid", auction.currency, of={"bid": asked}) if asked.strip() else None
        cost = cost_of_bid(ws, auction, bid, days=days)
    except Invalid as refused:
        return {"cost": None, "days": USUAL_DAYS, "asked": asked, "fault": refused}
    return {"cost": cost, "days": days, "asked": asked or cost.price.amount, "fault": None}
