"""The owner of the goods contests an alarm: its word changes nothing by itself, the supervisor answers in time, and the bank reads both."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from marketplace.duty.figures import desk_figures
from marketplace.supervision import actions
from marketplace.supervision.alarms.contests import contests_of, waiting_contests
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.contests import AlarmContest, ContestAnswer
from marketplace.supervision.queries import find_alarm
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.contests import answer_by, upholds
from tenants import record
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.supervision.makers import Scene, a_scene


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def raised(scene: Scene, severity: str = "MAJOR") -> Alarm:
    with scene.supervisor.operator.ws() as ws:
        return actions.raise_alarm(
            ws, type="door_open", severity=severity, because="The door is open.", lot_id=scene.lot.id
        )


def contested(scene: Scene, alarm: Alarm, **more: Any) -> None:
    with scene.sme.operator.ws() as ws:
        actions.contest_alarm(ws, alarm.id, because="Our own crew loads there.", **more)


def answered(scene: Scene, alarm: Alarm, *, upheld: bool, **more: Any) -> None:
    with scene.supervisor.operator.ws() as ws:
        actions.answer_contest(ws, alarm.id, upheld=upheld, note="We looked.", **more)


def told(scene: Scene) -> list[str]:
    """What the bank reads of contests and ends, oldest first."""
    with scene.bank.operator.ws(read_only=True) as ws:
        events = reversed(record.events_of(ws, scene.lot.id))
        return [one.kind for one in events if "Contest" in one.kind or one.kind == "AlarmClosed"]


def seen_by(firm: Firm, alarm: Alarm) -> list[tuple[str, bool | None]]:
    with firm.operator.ws(read_only=True) as ws:
        return [(one.contest.because, one.answer and one.answer.upheld) for one in contests_of(ws, alarm.id)]


def test_what_is_critical_is_answered_soonest(world: World) -> None:
    within = [answer_by(severity, world.now) - world.now for severity in Severity]
    assert within == sorted(within)
    assert within[0] == timedelta(hours=2)
    assert [upholds(one) for one in ("TRUE", "FALSE", "TEST", "MAINTENANCE")] == [False, True, True, True]


def test_the_owners_word_stands_beside_the_alarm_and_changes_nothing_about_it(scene: Scene) -> None:
    alarm = raised(scene)
    contested(scene, alarm, evidence=["photo 7", " "])
    for firm in (scene.sme, scene.bank, scene.supervisor, scene.warehouse):
        assert seen_by(firm, alarm) == [("Our own crew loads there.", None)]
    with scene.bank.operator.ws(read_only=True) as ws:
        after = find_alarm(ws, alarm.id)
        assert (after.status, after.disposition) == ("ACTIVE_UNACK", None)
        assert contests_of(ws, alarm.id)[0].contest.evidence == ["photo 7"]
    with pytest.raises(Conflict, match="contest_waits"):
        contested(scene, alarm)
    assert seen_by(scene.world.firm("BANK"), alarm) == []


@pytest.mark.parametrize("who", ["bank", "warehouse", "supervisor", "another"])
def test_only_the_owner_contests_and_only_the_supervisor_answers(scene: Scene, who: str) -> None:
    alarm = raised(scene)
    firm = scene.world.firm("SME") if who == "another" else getattr(scene, who)
    with pytest.raises(Exception, match=r"contest_not_owner|not_allowed|alarm_unknown"), firm.operator.ws() as ws:
        actions.contest_alarm(ws, alarm.id, because="It is nothing.")
    contested(scene, alarm)
    if who != "supervisor":
        for person in (firm.operator, scene.sme.operator):
            with pytest.raises(NotAllowed), person.ws() as ws:
                actions.answer_contest(ws, alarm.id, upheld=True, note="It is nothing.")


def test_the_database_takes_no_answer_from_the_owner_and_lets_no_word_be_changed(scene: Scene) -> None:
    alarm = raised(scene)
    contested(scene, alarm)
    with scene.sme.operator.ws(read_only=True) as ws:
        contest = contests_of(ws, alarm.id)[0].contest
    with pytest.raises(ProgrammingError, match="row-level security"), scene.sme.operator.ws() as ws:
        ws.session.add(
            ContestAnswer(
                tenant_id=ws.tenant_id,
                contest_id=contest.id,
                alarm_id=alarm.id,
                lot_id=contest.lot_id,
                upheld=True,
                amends=False,
                note="Yes",
                evidence=[],
                answered_at=ws.now,
                by="I",
                organisation="We",
            )
        )
        ws.session.flush()
    with pytest.raises(ProgrammingError, match="permission denied") as refused, scene.sme.operator.ws() as ws:
        again = ws.session.scalars(select(type(contest)).where(type(contest).id == contest.id)).one()
        again.because = "Something else"
        ws.session.flush()
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_an_answer_leaves_the_alarm_or_ends_it(scene: Scene) -> None:
    alarm = raised(scene, "CRITICAL")
    with pytest.raises(Conflict, match="not_contested"):
        answered(scene, alarm, upheld=False)
    contested(scene, alarm)
    answered(scene, alarm, upheld=False)
    contested(scene, alarm)
    with pytest.raises(Invalid, match="evidence_missing"):
        answered(scene, alarm, upheld=True)
    answered(scene, alarm, upheld=True, evidence=["frame 12"])
    assert [upheld for _, upheld in seen_by(scene.sme, alarm)] == [True, False]
    with scene.bank.operator.ws(read_only=True) as ws:
        assert find_alarm(ws, alarm.id).disposition == "FALSE"
        assert waiting_contests(ws) == []
    assert told(scene) == ["AlarmContested", "ContestAnswered", "AlarmContested", "AlarmClosed", "ContestAnswered"]
    with pytest.raises(Conflict, match="already_closed"):
        contested(scene, alarm)


@pytest.mark.parametrize(("disposition", "upheld"), [("TRUE", False), ("FALSE", True), ("MAINTENANCE", True)])
def test_whoever_closes_a_contested_alarm_has_answered(scene: Scene, disposition: str, upheld: bool) -> None:
    alarm = raised(scene)
    contested(scene, alarm)
    with scene.supervisor.operator.ws() as ws:
        actions.close_alarm(ws, alarm.id, disposition=disposition, note="Seen on site")
    assert seen_by(scene.bank, alarm) == [("Our own crew loads there.", upheld)]


def test_a_contest_that_nobody_answers_is_told_once_when_its_time_is_over(scene: Scene) -> None:
    late = raised(scene)
    contested(scene, late)
    scene.world.work()
    scene.world.advance(timedelta(hours=7, minutes=59))
    scene.world.work()
    assert "ContestOverdue" not in told(scene)
    with scene.sme.operator.ws(read_only=True) as ws:
        [in_time] = contests_of(ws, late.id)
        assert not in_time.is_late(ws.now)
    scene.world.advance(timedelta(minutes=2))
    for _ in range(2):
        scene.world.work()
        assert told(scene).count("ContestOverdue") == 1
    scene.world.admin.execute("update house.delivery set done_at = null, leased_until = null where subscriber = 'supervision.remind_of_contest' and stream_id = %s", (scene.lot.id,))  # fmt: skip
    scene.world.work()
    assert told(scene).count("ContestOverdue") == 1, "run again it changes nothing (invariant 44)"
    answered(scene, late, upheld=False)
    contested(scene, late)
    scene.world.work()
    scene.world.advance(timedelta(hours=9))
    scene.world.work()
    assert told(scene).count("ContestOverdue") == 2, "the next contest has a clock of its own"


def test_a_contest_answered_in_time_reminds_nobody(scene: Scene) -> None:
    alarm = raised(scene)
    contested(scene, alarm)
    scene.world.work()
    answered(scene, alarm, upheld=False)
    scene.world.advance(timedelta(days=1))
    scene.world.work()
    assert "ContestOverdue" not in told(scene)


def test_every_list_in_which_the_alarm_stands_moves_with_it(scene: Scene) -> None:
    """The bank is told nothing when an officer takes note of an alarm; its list looks again all the same. A firm that sees nothing of it hears nothing."""
    alarm = raised(scene)
    heard = "select distinct tenant_id from house.delivery where subscriber = 'live' and stream_id = %s and sequence = (select max(sequence) from house.event where stream_id = %s)"
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    moved = {row[0] for row in scene.world.admin.execute(heard, (scene.lot.id, scene.lot.id)).fetchall()}
    assert moved == {firm.tenant_id for firm in (scene.supervisor, scene.warehouse, scene.bank, scene.sme)}


def closed(scene: Scene, disposition: str = "TRUE", severity: str = "MAJOR") -> Alarm:
    """An alarm that the supervisor's officer gave its end."""
    alarm = raised(scene, severity)
    with scene.supervisor.operator.ws() as ws:
        return actions.close_alarm(ws, alarm.id, disposition=disposition, note="Seen on site", evidence=["frame 3"])


def answered_by_another(scene: Scene, alarm: Alarm, *, upheld: bool, evidence: Sequence[str] = ()) -> None:
    with scene.supervisor.person("operator", name="Another officer").ws() as ws:
        actions.answer_contest(ws, alarm.id, upheld=upheld, note="The crew was announced.", evidence=evidence)


def false_ratio(scene: Scene) -> tuple[int, Decimal | None]:
    """How many of the alarms are judged, and the share of them that the bank's figures call false."""
    scene.world.advance(timedelta(seconds=1))
    with scene.bank.operator.ws(read_only=True) as ws:
        [found] = [one for one in desk_figures(ws, ws.now - timedelta(days=40), ws.now).alarms.by_severity if one.severity == "MAJOR"]  # fmt: skip
    return found.judged, found.false_ratio


def test_the_end_of_an_alarm_is_amended_by_an_entry_and_never_edited(scene: Scene) -> None:
    alarm = closed(scene)
    assert false_ratio(scene) == (1, 0)
    scene.world.advance(timedelta(days=29))
    contested(scene, alarm)
    assert [one.alarm_id for one in waiting_of(scene)] == [alarm.id]
    with pytest.raises(NotAllowed, match="own_finding"):
        answered(scene, alarm, upheld=True)
    answered_by_another(scene, alarm, upheld=True)
    with scene.bank.operator.ws(read_only=True) as ws:
        after = find_alarm(ws, alarm.id)
        assert (after.disposition, after.closing_note, after.closed_at) == ("TRUE", "Seen on site", alarm.closed_at)
        assert contests_of(ws, alarm.id)[0].answer.amends  # type: ignore[union-attr]
    assert (false_ratio(scene), waiting_of(scene)) == ((1, 1), [])
    assert told(scene) == ["AlarmClosed", "AlarmContested", "ContestAnswered"]
    with pytest.raises(Conflict, match="already_closed"):
        contested(scene, alarm)


def test_an_end_that_is_not_amended_stands_and_may_be_contested_again(scene: Scene) -> None:
    alarm = closed(scene)
    contested(scene, alarm)
    answered_by_another(scene, alarm, upheld=False)
    assert (seen_by(scene.bank, alarm)[0][1], false_ratio(scene)) == (False, (1, 0))
    contested(scene, alarm)


@pytest.mark.parametrize(("disposition", "days"), [("TRUE", 31), ("FALSE", 0)])
def test_no_contest_of_what_was_false_or_is_long_past(scene: Scene, disposition: str, days: int) -> None:
    alarm = closed(scene, disposition)
    scene.world.advance(timedelta(days=days))
    with pytest.raises(Conflict, match="already_closed"):
        contested(scene, alarm)


def test_the_end_of_a_critical_alarm_is_amended_with_evidence_only_and_reminds_when_late(scene: Scene) -> None:
    alarm = closed(scene, severity="CRITICAL")
    contested(scene, alarm)
    scene.world.work()
    scene.world.advance(timedelta(hours=3))
    scene.world.work()
    assert told(scene).count("ContestOverdue") == 1
    with pytest.raises(Invalid, match="evidence_missing"):
        answered_by_another(scene, alarm, upheld=True)
    answered_by_another(scene, alarm, upheld=True, evidence=["gate book 7"])


def waiting_of(scene: Scene) -> list[AlarmContest]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return waiting_contests(ws)
