"""Questions and answers about goods for sale: for all who registered, and the seller."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import home
from frontend.disposal.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.questions import actions as asking
from tenants.workspace import Workspace


@pages.look("/auctions/<uuid:auction_id>/questions")
def list_questions(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    return render(
        "disposal/questions/questions.html",
        auction=auction, rows=asking.questions_of(ws, auction_id), mine=asking.my_questions(ws, auction_id),
        seller=queries.is_seller(ws, auction), registered=queries.my_place(ws, auction).registration is not None,
        frozen=asking.is_frozen(auction, ws.now), frozen_at=asking.frozen_at(auction),
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/questions", again="list_questions")
def ask_question(ws: Workspace, auction_id: UUID) -> Any:
    actions.ask_question(ws, auction_id, words=request.form.get("words", ""))
    flash(translate("Asked, without your name."), "ok")
    return redirect(url_for(".list_questions", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/questions/<uuid:question_id>/answer")
def answer_question(ws: Workspace, auction_id: UUID, question_id: UUID) -> Any:
    actions.answer_question(ws, auction_id, question_id, answer=request.form.get("answer", ""))
    flash(translate("Answered before all who registered."), "ok")
    return redirect(url_for(".list_questions", auction_id=auction_id))


@home.needs
def questions_to_answer(ws: Workspace) -> list[home.Need]:
    """Questions that wait for the seller, while they may still be answered."""
    if ws.member.is_system or ws.member.is_visitor or not ws.can("prepare_disposal"):
        return []
    return [home.Need(translate("Questions to answer"), "/disposals", asking.unanswered(ws), "watch", icon="message")]
