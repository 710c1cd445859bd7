"""Asking the twin, for programs: the same sentences, the answer as rows."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Shape
from frontend.language import said
from marketplace.twin.questions.answering import ask
from tenants.workspace import Workspace

api = Api("questions")


class QuestionQuery(Shape):
    """A sentence in English or Chinese, as on the page."""

    q: Annotated[str, Field(min_length=1, max_length=200, examples=["what is frozen and why"])]


class AnswerRow(Shape):
    """One line: the lot, alarm or deal it is about, what is said of it in the caller's language, and since or at when."""

    kind: Literal["lot", "alarm", "deal"]
    id: UUID
    name: str
    says: str
    at: Moment | None


class AnswerView(Shape):
    """What was understood, and the lines that answer it. True of `end`, and of all the time from `start` where `of_span`. `is_partial`: there is more."""

    topic: str
    understood: str
    start: Moment
    end: Moment
    of_span: bool
    rows: list[AnswerRow]
    is_partial: bool


@api.look("/questions", takes=QuestionQuery, gives=AnswerView)
def ask_twin(ws: Workspace, body: QuestionQuery) -> AnswerView:
    """Ask about goods, devices, alarms and loans in plain words; what is not understood is refused, never guessed."""
    answer = ask(ws, body.q)
    span = answer.asked.span
    rows = [
        AnswerRow(kind=row.kind, id=row.id, name=row.name, says=said(row.says), at=row.at) for row in answer.found.rows
    ]
    return AnswerView(
        topic=answer.asked.topic.value,
        understood=said(answer.understood),
        start=span.start,
        end=span.end,
        of_span=answer.of_span,
        rows=rows,
        is_partial=answer.found.is_partial,
    )
