"""Contesting an alarm by call, and answering it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.supervision.calls import api
from frontend.supervision.presenting import alarm_view
from frontend.supervision.shapes import AlarmView
from marketplace.supervision import actions, queries
from marketplace.supervision.alarms.contests import Contested, contests_of
from tenants.workspace import Workspace

Evidence = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)]
Said = Annotated[str, Field(min_length=1, max_length=2000)]


class ContestBody(Shape):
    """Why the owner of the goods holds an alarm to be wrong; `evidence`: numbers of papers and photos, if there are any."""

    because: Said
    evidence: Evidence = Field(default_factory=list)


class ContestAnswerBody(Shape):
    """The supervisor's answer. `upheld`: the alarm is closed as false, or counts as such where it was closed before; else it stands, and the note says why."""

    upheld: bool
    note: Said
    evidence: Evidence = Field(default_factory=list)


class ContestAnswerView(Shape):
    """What was answered, by whom and when. `amends`: the alarm had been closed, and counts as false since."""

    upheld: bool
    amends: bool
    note: str
    evidence: list[str]
    answered_at: Moment
    by: str
    organisation: str


class ContestView(Shape):
    """A contest; `answer` is null while it waits, `late` once its time is over."""

    id: UUID
    alarm_id: UUID
    because: str
    evidence: list[str]
    contested_at: Moment
    answer_by: Moment
    by: str
    organisation: str
    late: bool
    answer: ContestAnswerView | None


class ContestList(Shape):
    """An alarm's contests, the latest first."""

    items: list[ContestView]


@api.look("/alarms/<uuid:alarm_id>/contests", gives=ContestList)
def list_contests(ws: Workspace, alarm_id: UUID) -> Any:
    """What the owner of the goods holds against an alarm, and what was answered."""
    queries.find_alarm(ws, alarm_id)
    return {"items": [_view(ws, one) for one in contests_of(ws, alarm_id)]}


@api.act("/alarms/<uuid:alarm_id>/contests", gives=ContestView, takes=ContestBody, status=201)
def contest_alarm(ws: Workspace, alarm_id: UUID, body: ContestBody) -> Any:
    """Contest an alarm about one's own goods. It stays as it is until the supervisor answers."""
    made = actions.contest_alarm(ws, alarm_id, because=body.because, evidence=body.evidence)
    return ContestView.model_validate(_view(ws, Contested(made, None)))


@api.act("/alarms/<uuid:alarm_id>/contests/answer", gives=AlarmView, takes=ContestAnswerBody)
def answer_contest(ws: Workspace, alarm_id: UUID, body: ContestAnswerBody) -> Any:
    """Answer the contest that waits. Upheld, the alarm is closed as false; one that was closed counts as false from now on."""
    alarm = actions.answer_contest(ws, alarm_id, upheld=body.upheld, note=body.note, evidence=body.evidence)
    return AlarmView.model_validate(alarm_view(alarm))


def _view(ws: Workspace, one: Contested) -> dict[str, Any]:
    names = ("id", "alarm_id", "because", "evidence", "contested_at", "answer_by", "by", "organisation")
    return {name: getattr(one.contest, name) for name in names} | {"late": one.is_late(ws.now), "answer": one.answer}
