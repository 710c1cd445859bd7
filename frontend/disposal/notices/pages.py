"""The seller's page of the notices of a sale: whom they reached, and the proof of those that are served by hand."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.notices.giving import Addressee
from marketplace.disposal.notices.queries import notices_of
from tenants.errors import NotFound
from tenants.workspace import Workspace

CAPACITIES = {
    "DEBTOR": "Debtor and pledgor",
    "GUARANTOR": "Guarantor",
    "CLAIMANT": "Other claimant",
    "HOLDER": "Holder of a right of first refusal",
}


@pages.look("/auctions/<uuid:auction_id>/notices")
def list_notices(ws: Workspace, auction_id: UUID) -> Any:
    auction = own_sale(ws, auction_id)
    words = {code: translate(word) for code, word in CAPACITIES.items()}
    return render("disposal/notices/notices.html", auction=auction, notices=notices_of(ws, auction_id), words=words)


@pages.act("/auctions/<uuid:auction_id>/notices/<uuid:notice_id>/service", again="list_notices")
def serve_sale_notice(ws: Workspace, auction_id: UUID, notice_id: UUID) -> Any:
    actions.serve_sale_notice(ws, auction_id, notice_id, proof=request.form.get("proof", ""))
    flash(translate("The proof is entered."), "ok")
    return redirect(url_for(".list_notices", auction_id=auction_id))


def own_sale(ws: Workspace, auction_id: UUID) -> Auction:
    """A sale of the viewer's own. Another's notices are as unknown as if there were none."""
    ws.may("prepare_disposal")
    auction = queries.find_auction(ws, auction_id)
    if not queries.is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    return auction


def checks_of(hearers: list[Addressee]) -> list[dict[str, Any]]:
    """Whom the publication will give notice by itself, as the checklist takes them."""
    return [
        {"label": one.name, "met": True, "note": translate(CAPACITIES[one.capacity]), "by": translate("at once")}
        for one in hearers
    ]
