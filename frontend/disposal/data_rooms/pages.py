"""The data room of a sale: papers for bidders under a promise, and who opened which."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions
from marketplace.disposal import queries as sales
from marketplace.disposal.data_rooms import queries
from marketplace.disposal.data_rooms.actions import Scope, Upload
from marketplace.documents.rules.content import EVERYBODY, Paper, audience_for
from tenants.errors import Invalid
from tenants.workspace import Workspace

SHAREABLE = [kind for kind in Paper if audience_for(kind) == EVERYBODY]
SCOPES = {
    Scope.REGISTERED: ("All who registered", "And gave the promise."),
    Scope.DEPOSITED: ("Bidders whose deposit is in", "Others see only a copy, if you add one."),
}


@pages.look("/auctions/<uuid:auction_id>/data-room")
def show_data_room(ws: Workspace, auction_id: UUID) -> Any:
    auction = sales.find_auction(ws, auction_id)
    papers, openings = queries.papers_of(ws, auction_id), queries.openings_of(ws, auction_id)
    return render(
        "disposal/data_rooms/data_room.html",
        auction=auction, room=queries.data_room_of(ws, auction_id), promise=queries.pass_of(ws, auction_id), papers=papers, openings=openings,
        promises=queries.passes_of(ws, auction_id), names={one.paper_id: one.name for one in papers}, seller=sales.is_seller(ws, auction),
        registered=sales.my_place(ws, auction).registration is not None, runs=auction.status in sales.LIVE, kinds=SHAREABLE,
        scopes=[(scope.value, translate(word), translate(note)) for scope, (word, note) in SCOPES.items()],
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/data-room", again="show_data_room")
def open_data_room(ws: Workspace, auction_id: UUID) -> Any:
    actions.open_data_room(ws, auction_id, terms=request.form.get("terms", ""))
    flash(translate("The data room is open."), "ok")
    return redirect(url_for(".show_data_room", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/data-room/promise", again="show_data_room")
def enter_data_room(ws: Workspace, auction_id: UUID) -> Any:
    actions.enter_data_room(ws, auction_id, terms_sha256=request.form.get("terms_sha256", ""))
    flash(translate("You promised confidentiality. The papers are open to you."), "ok")
    return redirect(url_for(".show_data_room", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/data-room/papers", again="show_data_room")
def share_paper(ws: Workspace, auction_id: UUID) -> Any:
    queries.find_data_room(ws, auction_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    upload = Upload(
        kind=request.form.get("kind", ""),
        name=sent.filename,
        content=sent.read(),
        scope=request.form.get("scope", ""),
        withheld=request.form.get("withheld", ""),
        whole_id=entered.chosen_or_none("whole_id"),
        replaces=entered.chosen_or_none("replaces"),
    )
    actions.share_paper(ws, auction_id, upload)
    flash(translate("The paper lies in the data room."), "ok")
    return redirect(url_for(".show_data_room", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/data-room/papers/<uuid:paper_id>/openings")
def open_paper(ws: Workspace, auction_id: UUID, paper_id: UUID) -> Any:
    paper, content = actions.open_paper(ws, auction_id, paper_id)
    answer = Response(content, mimetype=paper.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=paper.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
