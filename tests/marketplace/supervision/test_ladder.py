"""An alarm that nobody answers is told again, higher up, until somebody acts; told once for each rung, however often its timer runs."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision import actions
from marketplace.supervision.alarms.laddering import climb
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import find_alarm
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.duty import clocks, next_rung
from tenants import approvals
from tenants.errors import Conflict, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene
from tests.marketplace.supervision.test_alarms import notified, raised

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def pass_minutes(scene: Scene, count: int) -> None:
    """Minute by minute, as the relay looks."""
    for _ in range(count):
        scene.world.advance(MINUTE)
        scene.world.work()


def now_of(scene: Scene, alarm: Alarm) -> Alarm:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return find_alarm(ws, alarm.id)


def rungs(severity: Severity, count: int) -> list[tuple[int, str]]:
    steps = (next_rung(severity, NOON, climbed) for climbed in range(count))
    return [((step.at - NOON) // MINUTE, step.who) for step in steps if step]


def test_the_ladder_of_the_trade() -> None:
    assert rungs(Severity.CRITICAL, 6) == [
        (5, "shift_lead"),
        (15, "supervision_head"),
        (30, "bank_collateral_officer"),
        (60, "bank_risk_head"),
        (120, "bank_risk_head"),
        (180, "bank_risk_head"),
    ]
    assert rungs(Severity.MAJOR, 4) == [(15, "shift_lead"), (30, "supervision_head"), (150, "supervision_head"), (270, "supervision_head")]  # fmt: skip
    assert rungs(Severity.MINOR, 3) == rungs(Severity.WARNING, 3) == []
    assert clocks(Severity.CRITICAL, NOON, {})[0].due_at == NOON + 5 * MINUTE
    assert clocks(Severity.WARNING, NOON, {}) == ()


@given(st.sampled_from([Severity.CRITICAL, Severity.MAJOR]), st.integers(0, 40))
def test_each_rung_comes_after_the_one_before_and_there_is_always_a_next(severity: Severity, climbed: int) -> None:
    one, two = next_rung(severity, NOON, climbed), next_rung(severity, NOON, climbed + 1)
    assert one
    assert two
    assert NOON < one.at < two.at


def test_it_climbs_until_somebody_acts(scene: Scene) -> None:
    alarm = raised(scene)
    pass_minutes(scene, 4)
    assert now_of(scene, alarm).rungs == 0
    pass_minutes(scene, 1)
    assert now_of(scene, alarm).rungs == 1
    assert notified(scene.warehouse).count("AlarmUnanswered") == 1
    pass_minutes(scene, 26)
    assert now_of(scene, alarm).rungs == 3
    assert notified(scene.bank).count("AlarmLeftToBank") == 1
    assert "AlarmUnanswered" not in notified(scene.bank)
    pass_minutes(scene, 30)
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    pass_minutes(scene, 150)
    assert now_of(scene, alarm).rungs == 4


def test_without_an_answer_it_is_told_every_hour(scene: Scene) -> None:
    alarm = raised(scene)
    for _ in range(6):
        scene.world.advance(timedelta(hours=1))
        scene.world.work()
    assert now_of(scene, alarm).rungs == 9, "four rungs, and five hours more"


def test_what_was_slept_through_is_told_as_one(scene: Scene) -> None:
    alarm = raised(scene)
    scene.world.advance(timedelta(days=1))
    scene.world.work()
    assert now_of(scene, alarm).rungs == 27
    assert notified(scene.bank).count("AlarmLeftToBank") == 1


def test_a_lesser_alarm_is_told_once(scene: Scene) -> None:
    alarm = raised(scene, severity="MINOR")
    scene.world.advance(timedelta(days=1))
    scene.world.work()
    assert now_of(scene, alarm).rungs == 0


def test_a_shelved_alarm_waits_for_its_shelving_to_end(scene: Scene) -> None:
    alarm = raised(scene, severity="MAJOR")
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_shelving(ws, alarm.id, hours=1, because="Repair").id
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal, approve=True)
    pass_minutes(scene, 59)
    assert now_of(scene, alarm).rungs == 0
    pass_minutes(scene, 2)
    assert now_of(scene, alarm).rungs >= 1


def test_a_rung_told_twice_is_told_once(scene: Scene) -> None:
    """Timers are idempotent (invariant 44): the relay may deliver one again after a crash."""
    alarm = raised(scene)
    scene.world.advance(6 * MINUTE)
    for _ in range(3):
        with scene.supervisor.operator.ws() as ws:
            climb(ws, find_alarm(ws, alarm.id, lock=True))
    assert now_of(scene, alarm).rungs == 1
    assert notified(scene.warehouse).count("AlarmUnanswered") <= 1
    scene.world.work()
    assert notified(scene.warehouse).count("AlarmUnanswered") == 1


def test_an_alarm_is_given_to_one_of_ones_own_people(scene: Scene) -> None:
    alarm, colleague = raised(scene), scene.supervisor.approver
    with scene.supervisor.operator.ws() as ws:
        given_ = actions.assign_alarm(ws, alarm.id, colleague.person_id)
        assert (given_.assigned_to, given_.acknowledged_by) == (colleague.name, scene.supervisor.operator.name)
        with pytest.raises(NotFound):
            actions.assign_alarm(ws, alarm.id, scene.bank.operator.person_id)
        with pytest.raises(NotFound):
            actions.assign_alarm(ws, alarm.id, uuid4())
        actions.close_alarm(ws, alarm.id, disposition="TEST", note="drill", evidence=["log 1"])
        with pytest.raises(Conflict):
            actions.assign_alarm(ws, alarm.id, colleague.person_id)
    with scene.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.assign_alarm(ws, alarm.id, scene.sme.operator.person_id)
