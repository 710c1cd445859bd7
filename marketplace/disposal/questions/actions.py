"""Asking about goods for sale, and answering before everybody, until a published time before the close."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import LIVE, find_auction, is_seller
from marketplace.disposal.questions.events import QuestionAnswered, QuestionAsked
from marketplace.disposal.questions.models import FROZEN_BEFORE_CLOSE, Question, QuestionSlip
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.workspace import Workspace

ASK = text("select gate.ask_question(:auction, :question, :words)")


def ask_question(ws: Workspace, auction_id: UUID, *, words: str) -> Question:
    """Ask the seller before all who registered, without one's name. Refuses who did not register, and after the freeze."""
    ws.may("register_bidder")
    auction, asked = find_auction(ws, auction_id), words.strip()
    if not 5 <= len(asked) <= 1000:
        raise Invalid("question_wrong", "Ask in 5 to 1000 characters.", field="words")
    question_id = new_id()
    try:
        with ws.session.begin_nested():
            ws.session.execute(ASK, {"auction": auction_id, "question": question_id, "words": asked})
    except DBAPIError as refused:
        raise _why(getattr(getattr(refused.orig, "diag", None), "constraint_name", "")) from refused
    ws.record(QuestionAsked(auction_id=auction_id, title=auction.title), on=ws.tenant_id)
    return find_question(ws, auction_id, question_id)


def answer_question(ws: Workspace, auction_id: UUID, question_id: UUID, *, answer: str) -> Question:
    """Answer before all who registered, once. Refuses after the freeze: nobody shall learn something at the last minute."""
    ws.may("prepare_disposal")
    auction, question = find_auction(ws, auction_id), find_question(ws, auction_id, question_id)
    if not is_seller(ws, auction):
        raise NotFound("question_unknown", "There is no such question.")
    told = answer.strip()
    if not 2 <= len(told) <= 2000:
        raise Invalid("answer_wrong", "Answer in 2 to 2000 characters.", field="answer")
    if question.answer is not None:
        raise Conflict("answered", "This question is answered already.")
    if is_frozen(auction, ws.now):
        raise Conflict("questions_frozen", "Questions are frozen before the close.")
    question.answer, question.answered_at = told, ws.now
    ws.session.flush()
    ws.record(QuestionAnswered(auction_id=auction_id, title=auction.title), on=auction_id)
    return question


def frozen_at(auction: Auction) -> datetime:
    """From when on nothing is asked or answered any more: published with the terms, a day before the close."""
    return auction.closes_at - FROZEN_BEFORE_CLOSE


def is_frozen(auction: Auction, now: datetime) -> bool:
    """Whether questions are frozen at `now`."""
    return now >= frozen_at(auction) or auction.status not in LIVE


def questions_of(ws: Workspace, auction_id: UUID) -> list[Question]:
    """The questions of a sale in the order in which they came: for the seller and all who registered."""
    return list(ws.session.scalars(select(Question).where(Question.auction_id == auction_id).order_by(Question.asked_at, Question.question_id)))  # fmt: skip


def my_questions(ws: Workspace, auction_id: UUID) -> set[UUID]:
    """Which of them the viewer's firm asked."""
    mine = select(QuestionSlip.question_id).where(QuestionSlip.auction_id == auction_id, QuestionSlip.tenant_id == ws.tenant_id)  # fmt: skip
    return set(ws.session.scalars(mine))


def find_question(ws: Workspace, auction_id: UUID, question_id: UUID) -> Question:
    """One question; refuses, as not found, whoever has not registered."""
    found = ws.session.get(Question, (auction_id, question_id), populate_existing=True)
    if found is None:
        raise NotFound("question_unknown", "There is no such question.")
    return found


def unanswered(ws: Workspace) -> int:
    """Questions that wait for the viewer's own answer and are not frozen yet."""
    waiting = select(func.count()).select_from(Question).join(Auction, Auction.auction_id == Question.auction_id)
    open_ones = waiting.where(Question.tenant_id == ws.tenant_id, Question.answer.is_(None), Auction.status.in_(LIVE), Auction.closes_at > ws.now + FROZEN_BEFORE_CLOSE)  # fmt: skip
    return int(ws.session.scalar(open_ones) or 0)


def _why(constraint: str) -> Refused:
    if constraint == "asker_registered":
        return NotAllowed("asker_unregistered", "Register first: who takes part may ask.")
    if constraint == "questions_full":
        return Conflict("questions_full", "A firm asks at most twenty questions about a sale.")
    return Conflict("questions_frozen", "Questions are frozen before the close.")
