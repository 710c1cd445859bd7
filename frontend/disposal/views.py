"""Pages of the market side: auctions, the live room, one's own bids. The seller's and the warehouse's desks are beside it."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend.disposal import shown
from frontend.disposal.attempts.told import attempt_outcome
from frontend.disposal.blueprint import pages
from frontend.disposal.doors import bid_from_page
from frontend.disposal.kinds.entered import kind_word
from frontend.disposal.watchers import PublicAuctions
from frontend.language import translate
from frontend.pages import marked, render
from marketplace.catalogue.queries import listing_of
from marketplace.disposal import actions, queries
from tenants.workspace import Workspace

TABS = {"": None, "live": "OPEN", "coming": "ANNOUNCED", "sold": "SOLD"}


@pages.record_once
def open_to_watchers(state: Any) -> None:
    """Anybody may watch what is published."""
    state.app.extensions["public_streams"] = lambda: PublicAuctions(state.app)
    state.app.jinja_env.globals.update(increments=shown.increments, sale_kind=kind_word)


@pages.look("/auctions", visitors=True)
def list_auctions(ws: Workspace) -> Any:
    chosen = request.args.get("show", "")
    mine = chosen == "mine" and not ws.member.is_visitor
    rows = queries.list_auctions(ws, status=TABS.get(chosen), mine=mine, limit=100)
    live = [row for row in rows if queries.takes_bids(row, ws.now)]
    rest = [row for row in rows if not queries.takes_bids(row, ws.now)]
    sells = not ws.member.is_visitor and ws.can("prepare_disposal")
    return render("disposal/auctions.html", live=live, rest=rest, chosen=chosen, sells=sells, phase=queries.phase)


@pages.look("/auctions/<uuid:auction_id>", visitors=True)
def show_auction(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    listing = listing_of(ws, auction_id)
    return render(
        "disposal/auction.html", room=shown.room_of(ws, auction), listing=listing, visitor=ws.member.is_visitor,
        before=queries.attempts_before(ws, auction), attempt_outcome=attempt_outcome,
    )  # fmt: skip


@pages.look("/auctions/<uuid:auction_id>/room", visitors=True)
def refetch_room(ws: Workspace, auction_id: UUID) -> Any:
    """What moves on the page, alone: a page that heard a hint, or found its line again, fetches this."""
    room = shown.room_of(ws, queries.find_auction(ws, auction_id))
    return render("disposal/room.html", room=room, visitor=ws.member.is_visitor)


@pages.look("/auctions/<uuid:auction_id>/bids", visitors=True)
def show_book(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    before = request.args.get("cursor", "")
    rows = queries.book(
        ws,
        auction_id,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        limit=100,
    )
    following = rows[-1].sequence if len(rows) == 100 else None
    return render("disposal/book.html", auction=auction, bids=rows, following=following)


@pages.look("/auctions/<uuid:auction_id>/bids.csv", visitors=True)
def download_book(ws: Workspace, auction_id: UUID) -> Any:
    """The whole book, by paddle: what everybody needs to follow the chain."""
    auction = queries.find_auction(ws, auction_id)
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(
        ["sequence", "paddle", "amount", "currency", "outcome", "origin", "limit_seal", "at", "ends_at", "hash"]
    )
    for bid in reversed(queries.book(ws, auction_id, limit=100_000)):
        amount = auction.money(bid.amount_minor)
        assert amount is not None
        writer.writerow(
            [
                bid.sequence,
                bid.paddle,
                amount.amount,
                auction.currency,
                bid.outcome,
                bid.origin,
                bid.limit_seal.hex() if bid.limit_seal else "",
                bid.at.isoformat(),
                bid.ends_at.isoformat(),
                bid.hash.hex(),
            ]
        )
    return Response(
        sheet.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{auction.number}-bids.csv"'},
    )


def place_bid(auction_id: UUID) -> Any:
    """One bid, by its own door."""
    return bid_from_page(auction_id)


pages.add_url_rule("/auctions/<uuid:auction_id>/bids", "place_bid", marked(place_bid, "page"), methods=["POST"])


@pages.act("/auctions/<uuid:auction_id>/registration")
def register_bidder(ws: Workspace, auction_id: UUID) -> Any:
    actions.register_bidder(ws, auction_id)
    flash(translate("You are registered. Transfer the deposit with the code shown here."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/card-deposit")
def open_card_deposit(ws: Workspace, auction_id: UUID) -> Any:
    """The provider's page is linked from the room and never redirected to: our forms go nowhere else."""
    actions.open_card_deposit(ws, auction_id)
    return redirect(url_for(".show_auction", auction_id=auction_id, _anchor="card-deposit"))


@pages.look("/bids")
def show_my_bids(ws: Workspace) -> Any:
    mine = queries.my_auctions(ws)
    slips = {auction.auction_id: len(queries.my_slips(ws, auction.auction_id)) for auction, _ in mine}
    settlements = {auction.auction_id: queries.settlement_of(ws, auction.auction_id) for auction, _ in mine}
    return render("disposal/bids.html", mine=mine, slips=slips, settlements=settlements, phase=queries.phase)
