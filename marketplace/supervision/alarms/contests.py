"""Contests of alarms as they stand: which wait for an answer, and the answer when it is given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, select

from marketplace.supervision.about import in_sight
from marketplace.supervision.alarms.concerning import stream_of
from marketplace.supervision.contest_events import ContestAnswered
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.contests import AlarmContest, ContestAnswer
from marketplace.supervision.rules.contests import is_contestable
from marketplace.supervision.words import saying
from tenants.workspace import Workspace

UPHELD, REJECTED = "upheld", "not upheld"


@dataclass(frozen=True)
class Contested:
    """A contest with its answer, if there is one yet."""

    contest: AlarmContest
    answer: ContestAnswer | None

    def is_late(self, now: datetime) -> bool:
        """Whether the answer came, or still does not come, after its time."""
        return (self.answer.answered_at if self.answer else now) > self.contest.answer_by


def contests_of(ws: Workspace, alarm_id: UUID) -> list[Contested]:
    """An alarm's contests, the latest first."""
    answers = {
        one.contest_id: one
        for one in ws.session.scalars(select(ContestAnswer).where(ContestAnswer.alarm_id == alarm_id))
    }
    rows = ws.session.scalars(
        select(AlarmContest).where(AlarmContest.alarm_id == alarm_id).order_by(AlarmContest.round.desc())
    )
    return [Contested(one, answers.get(one.id)) for one in rows]


def waiting_contest(ws: Workspace, alarm_id: UUID) -> AlarmContest | None:
    """The contest of an alarm that nobody has answered; None where there is none."""
    return next((one.contest for one in contests_of(ws, alarm_id) if one.answer is None), None)


def may_be_contested(alarm: Alarm, contests: Sequence[Contested], now: datetime) -> bool:
    """Whether the owner may contest it now: none of its contests waits, its end is no matter of the past, and was not amended already."""
    if contests and (contests[0].answer is None or contests[0].answer.amends):
        return False
    return is_contestable(alarm.disposition, alarm.closed_at, now)


def contested_among(ws: Workspace, alarm_ids: Collection[UUID]) -> set[UUID]:
    """Those of these alarms of which a contest waits for an answer."""
    answered = select(ContestAnswer.contest_id).where(ContestAnswer.contest_id == AlarmContest.id)
    waiting = select(AlarmContest.alarm_id).where(AlarmContest.alarm_id.in_(alarm_ids), ~answered.exists())
    return set(ws.session.scalars(waiting)) if alarm_ids else set()


def waiting_contests(ws: Workspace) -> list[AlarmContest]:
    """Contests in sight which nobody has answered, the first due first. What a machine took back waits for nobody."""
    answered = select(ContestAnswer.contest_id).where(ContestAnswer.contest_id == AlarmContest.id)
    about = select(AlarmContest).join(Alarm, Alarm.id == AlarmContest.alarm_id)
    wanted = about.where(in_sight(ws), Alarm.disposition.is_distinct_from("SUPERSEDED"), ~answered.exists())
    return list(ws.session.scalars(wanted.order_by(AlarmContest.answer_by)))


def counts_as() -> ColumnElement[str | None]:
    """What an alarm counts as in every figure: its disposition, or FALSE where a contest of its end was upheld."""
    amended = select(ContestAnswer.contest_id).where(ContestAnswer.alarm_id == Alarm.id, ContestAnswer.amends)
    return case((amended.exists(), "FALSE"), else_=Alarm.disposition)


def settle(ws: Workspace, alarm: Alarm, contest: AlarmContest, *, upheld: bool, note: str, evidence: Sequence[str], amends: bool = False) -> ContestAnswer:  # fmt: skip
    """Write the answer down and tell it. `amends`: the alarm is closed, and counts as false from now on."""
    answer = ContestAnswer(
        tenant_id=ws.tenant_id, contest_id=contest.id, alarm_id=alarm.id, lot_id=contest.lot_id, upheld=upheld, amends=amends, note=note,
        evidence=list(evidence), answered_at=ws.now, by=ws.member.name, organisation=ws.member.organisation,
    )  # fmt: skip
    ws.session.add(answer)
    told = ContestAnswered(
        alarm_id=alarm.id, number=alarm.number, upheld=upheld, amends=amends, answer=saying(UPHELD if upheld else REJECTED), by=ws.member.name, note=note, lot_id=contest.lot_id
    )  # fmt: skip
    ws.record(told, on=stream_of(ws, alarm), evidence=list(evidence))
    return answer
