"""Pages after the hammer: the confirmation on paper, a late booking, the runner-up's second chance, bars."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend import paper
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.settling import queries as after
from marketplace.disposal.settling.owing import confirmation_of
from marketplace.money import Money
from tenants.errors import NotFound
from tenants.workspace import Workspace

FIGURES = ("hammer", "premium", "vat_inside", "deposit", "balance")


@pages.look("/auctions/<uuid:auction_id>/confirmation.pdf")
def print_confirmation(ws: Workspace, auction_id: UUID) -> Response:
    made = confirmation_of(ws, queries.find_settlement(ws, auction_id))
    told = json.loads(made.content)
    name = f"confirmation-{told['sale']['number']}.pdf"
    price = {figure: Money.of(told["price"][figure], told["price"]["currency"]) for figure in FIGURES}
    return paper.as_pdf("disposal/settling/confirmation_sheet.html", name, told=told, made=made, price=price, **_moments(told))  # fmt: skip


@pages.look("/auctions/<uuid:auction_id>/confirmation.json")
def download_confirmation(ws: Workspace, auction_id: UUID) -> Response:
    """The original, byte for byte as it was hashed."""
    made = confirmation_of(ws, queries.find_settlement(ws, auction_id))
    headers = {"Content-Disposition": f'attachment; filename="confirmation-{made.sha256[:12]}.json"'}
    return Response(made.content.encode(), mimetype="application/json", headers=headers)


@pages.act("/auctions/<uuid:auction_id>/payment-cure", again="show_settlement")
def ask_cure(ws: Workspace, auction_id: UUID) -> Any:
    because, transfer = request.form.get("because", ""), request.form.get("transfer", "")
    actions.ask_cure(ws, auction_id, because=because, transfer=transfer)
    flash(translate("Announced. The deposit waits for the booking."), "ok")
    return redirect(url_for(".show_settlement", auction_id=auction_id))


@pages.look("/auctions/<uuid:auction_id>/second-chance")
def show_second_chance(ws: Workspace, auction_id: UUID) -> Any:
    auction, offered = queries.find_auction(ws, auction_id), after.chance_of(ws, auction_id)
    seller = queries.is_seller(ws, auction)
    if offered is None and not seller:
        raise NotFound("chance_unknown", "No second chance is offered here.")
    return render("disposal/settling/second_chance.html", auction=auction, offered=offered, seller=seller)


@pages.act("/auctions/<uuid:auction_id>/second-chance", again="show_second_chance")
def propose_second_chance(ws: Workspace, auction_id: UUID) -> Any:
    actions.propose_second_chance(ws, auction_id)
    flash(translate("Proposed. A colleague makes the offer."), "ok")
    return redirect(url_for(".show_second_chance", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/second-chance/answer", again="show_second_chance")
def answer_second_chance(ws: Workspace, auction_id: UUID) -> Any:
    accept = request.form.get("answer") == "accept"
    actions.answer_second_chance(ws, auction_id, accept=accept)
    flash(translate("You take the goods.") if accept else translate("You leave the goods."), "ok")
    return redirect(url_for(".show_second_chance", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/second-chance/deposit", again="show_second_chance")
def confirm_second_deposit(ws: Workspace, auction_id: UUID) -> Any:
    actions.confirm_second_deposit(ws, auction_id, reference=request.form.get("reference", ""))
    flash(translate("The deposit is in. The balance is due."), "ok")
    return redirect(url_for(".show_settlement", auction_id=auction_id))


@pages.look("/bars")
def list_bars(ws: Workspace) -> Any:
    return render("disposal/settling/bars.html", rows=after.bars(ws))


@pages.act("/auctions/<uuid:auction_id>/bar/appeal")
def appeal_bar(ws: Workspace, auction_id: UUID) -> Any:
    actions.appeal_bar(ws, auction_id, because=request.form.get("because", ""))
    flash(translate("The seller reads your appeal."), "ok")
    return redirect(url_for(".list_bars"))


@pages.act("/auctions/<uuid:auction_id>/bar/lifting")
def lift_bar(ws: Workspace, auction_id: UUID) -> Any:
    actions.lift_bar(ws, auction_id, because=request.form.get("because", ""))
    flash(translate("The bar is lifted."), "ok")
    return redirect(url_for(".list_bars"))


def _moments(told: dict[str, Any]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(told[name]) for name in ("confirmed_at", "pay_by")}
