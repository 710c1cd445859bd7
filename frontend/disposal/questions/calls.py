"""Calls for questions and answers about goods for sale."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.disposal.blueprint import api
from marketplace.disposal import actions, queries
from marketplace.disposal.questions import actions as asking
from marketplace.disposal.questions.models import Question
from tenants.workspace import Workspace


class QuestionView(Shape):
    """A question and its answer; `mine`: whether the caller's firm asked."""

    question_id: UUID
    words: str
    asked_at: Moment
    answer: str | None
    answered_at: Moment | None
    mine: bool


class Questions(Shape):
    """All questions of a sale, for those who registered; `frozen_at`: from when on none is asked or answered."""

    items: list[QuestionView]
    frozen_at: Moment


class QuestionWish(Shape):
    """A question to the seller, read by all who registered. Do not write who you are."""

    words: Annotated[str, Field(min_length=5, max_length=1000, examples=["Is the packing sound?"])]


class AnswerWish(Shape):
    """The seller's answer."""

    answer: Annotated[str, Field(min_length=2, max_length=2000, examples=["Yes."])]


@api.look("/auctions/<uuid:auction_id>/questions", gives=Questions)
def list_questions(ws: Workspace, auction_id: UUID) -> Any:
    """Questions and answers: for the seller and all who registered."""
    auction, mine = queries.find_auction(ws, auction_id), asking.my_questions(ws, auction_id)
    rows = [_told(row, mine=row.question_id in mine) for row in asking.questions_of(ws, auction_id)]
    return {"items": rows, "frozen_at": asking.frozen_at(auction)}


@api.act("/auctions/<uuid:auction_id>/questions", gives=QuestionView, takes=QuestionWish, status=201)
def ask_question(ws: Workspace, auction_id: UUID, body: QuestionWish) -> Any:
    """Ask, without one's name."""
    return _told(actions.ask_question(ws, auction_id, words=body.words), mine=True)


@api.act("/auctions/<uuid:auction_id>/questions/<uuid:question_id>/answer", gives=QuestionView, takes=AnswerWish)
def answer_question(ws: Workspace, auction_id: UUID, question_id: UUID, body: AnswerWish) -> Any:
    """Answer a question before all who registered."""
    return _told(actions.answer_question(ws, auction_id, question_id, answer=body.answer), mine=False)


def _told(row: Question, *, mine: bool) -> dict[str, Any]:
    plain = ("question_id", "words", "asked_at", "answer", "answered_at")
    return {name: getattr(row, name) for name in plain} | {"mine": mine}
