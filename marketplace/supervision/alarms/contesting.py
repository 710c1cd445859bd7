"""Contesting an alarm: the owner of the goods says why it is wrong, and the supervisor has so long to answer. The owner's word clears and closes nothing
(domain model, section 3); only the supervisor's answer does, and every answer is told to the bank. An alarm that has its end may be contested for a while
yet: its end stays as it was written, and an answer that upholds the owner is the entry by which it counts as false from then on.
"""

from collections.abc import Sequence
from uuid import UUID

from marketplace.supervision.alarms.attending import close_alarm, held, written
from marketplace.supervision.alarms.concerning import stream_of
from marketplace.supervision.alarms.contests import contests_of, may_be_contested, settle, waiting_contest
from marketplace.supervision.contest_events import AlarmContested, ContestOverdue
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.contests import AlarmContest
from marketplace.supervision.queries import find_alarm
from marketplace.supervision.rules.alarms import Severity, require_explained
from marketplace.supervision.rules.contests import CONTESTABLE_FOR, answer_by
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

REMIND = "supervision.remind_of_contest"
MOST_EVIDENCE = 50
LONGEST_EVIDENCE = 200


def contest_alarm(ws: Workspace, alarm_id: UUID, *, because: str, evidence: Sequence[str] = ()) -> AlarmContest:
    """Say that an alarm about one's own goods is wrong, and why. `evidence`: numbers of papers and photos that bear it out, if any.

    Refuses whoever does not own the goods, an alarm that was closed as false or too long ago, and a second contest while the first waits for its answer.
    """
    ws.may("contest_alarm")
    alarm = find_alarm(ws, alarm_id)
    if alarm.lot_id is None or "owner" not in rooms.my_roles(ws, alarm.lot_id):
        raise NotAllowed("contest_not_owner", "Only the owner of the goods contests an alarm about them.")
    before = contests_of(ws, alarm.id)
    if before and before[0].answer is None:
        raise Conflict("contest_waits", "Your contest of this alarm waits for its answer.")
    if not may_be_contested(alarm, before, ws.now):
        raise Conflict(
            "already_closed",
            "This alarm was closed as false, or more than %(days)s days ago.",
            days=CONTESTABLE_FOR.days,
        )
    contest = AlarmContest(
        tenant_id=ws.tenant_id, id=new_id(), alarm_id=alarm.id, lot_id=alarm.lot_id, round=len(before) + 1,
        because=written(because, "because", "Say why the alarm is wrong."), evidence=_kept(evidence), contested_at=ws.now,
        answer_by=answer_by(Severity(alarm.severity), ws.now), by=ws.member.name, organisation=ws.member.organisation,
    )  # fmt: skip
    ws.session.add(contest)
    ws.session.flush()
    told = AlarmContested(
        alarm_id=alarm.id, number=alarm.number, severity=alarm.severity, organisation=contest.organisation, because=contest.because,
        answer_by=contest.answer_by, lot_id=contest.lot_id,
    )  # fmt: skip
    ws.record(told, on=stream_of(ws, alarm), evidence=contest.evidence)
    return contest


def answer_contest(ws: Workspace, alarm_id: UUID, *, upheld: bool, note: str, evidence: Sequence[str] = ()) -> Alarm:
    """Answer the owner. Upheld, the alarm is closed as false (with evidence where it is critical); else it stands, and the note says why.

    Whoever closes a contested alarm has answered too. Of one that was closed before, its end counts as false from now on and is not edited. Refuses an alarm
    that nobody contests, and whoever closed it as judge of that.
    """
    ws.may("close_alarm")
    alarm = held(ws, alarm_id)
    contest = waiting_contest(ws, alarm.id)
    if contest is None:
        raise Conflict("not_contested", "Nobody contests this alarm.")
    said = written(note, "note", "Say what was found.")
    if alarm.closed_at:
        _require_another(ws, alarm)
        if upheld:
            require_explained(alarm.severity, said, _kept(evidence))
        settle(ws, alarm, contest, upheld=upheld, note=said, evidence=_kept(evidence), amends=upheld)
        return alarm
    if upheld:
        return close_alarm(ws, alarm_id, disposition="FALSE", note=said, evidence=evidence)
    settle(ws, alarm, contest, upheld=False, note=said, evidence=_kept(evidence))
    return alarm


def set_reminder(ws: Workspace, alarm: Alarm) -> None:
    """The clock of the answer runs at the firm whose alarm it is."""
    contest = waiting_contest(ws, alarm.id) if alarm.tenant_id == ws.tenant_id else None
    if contest:
        ws.set_timer(
            REMIND, key=str(contest.id), due=contest.answer_by, stream_id=contest.lot_id, alarm_id=str(alarm.id)
        )


def remind(ws: Workspace, alarm: Alarm) -> None:
    """The time to answer is over: told once for each contest, to those who may act and to those who wait."""
    contest = waiting_contest(ws, alarm.id)
    told = contest and alarm.contest_overdue_at and alarm.contest_overdue_at >= contest.answer_by
    if contest is None or alarm.disposition == "SUPERSEDED" or told or ws.now < contest.answer_by:
        return
    alarm.contest_overdue_at = ws.now
    ws.record(ContestOverdue(alarm_id=alarm.id, number=alarm.number, lot_id=contest.lot_id), on=stream_of(ws, alarm))


def _require_another(ws: Workspace, alarm: Alarm) -> None:
    if alarm.closed_by == ws.member.name:
        raise NotAllowed("own_finding", "Whoever closed the alarm does not answer for its end.")


def _kept(evidence: Sequence[str]) -> list[str]:
    kept = [item.strip() for item in evidence if item.strip()]
    if len(kept) > MOST_EVIDENCE or any(len(item) > LONGEST_EVIDENCE for item in kept):
        raise Invalid("evidence_long", "At most %(most)s pieces of evidence, %(longest)s characters each.", field="evidence", most=MOST_EVIDENCE, longest=LONGEST_EVIDENCE)  # fmt: skip
    return kept
