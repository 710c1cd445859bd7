"""The warehouse's desk: sold goods that their buyers come to collect."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import home
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions
from marketplace.disposal.accepting.queries import goods_left
from marketplace.disposal.handing_over import find_handover, list_handovers
from tenants.workspace import Workspace


def _handovers(ws: Workspace, **more: Any) -> Any:
    orders = list_handovers(ws)
    left = {one.auction_id: goods_left(ws, one) for one in orders if one.status == "ORDERED"}
    return render("disposal/handovers.html", orders=orders, left=left, **more)


@pages.look("/handovers")
def show_handovers(ws: Workspace) -> Any:
    ws.may("hand_over")
    return _handovers(ws)


@pages.act("/auctions/<uuid:auction_id>/handover", again="show_handover")
def hand_over(ws: Workspace, auction_id: UUID) -> Any:
    actions.hand_over(ws, auction_id, code=request.form.get("code", ""), collector=request.form.get("collector", ""))
    flash(translate("Handed over."), "ok")
    return redirect(url_for(".show_handovers"))


@pages.look("/auctions/<uuid:auction_id>/handover")
def show_handover(ws: Workspace, auction_id: UUID) -> Any:
    ws.may("hand_over")
    return _handovers(ws, chosen=find_handover(ws, auction_id))


@home.needs
def goods_to_hand_over(ws: Workspace) -> list[home.Need]:
    """Sold goods that wait for their collector."""
    if not ws.can("hand_over") or ws.member.is_system:
        return []
    waiting = sum(order.status in ("ORDERED", "RETURNING") for order in list_handovers(ws))
    return [home.Need(translate("Sold goods to hand over or take back"), "/handovers", waiting, "watch", icon="truck")]
