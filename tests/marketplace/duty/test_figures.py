"""The desk's figures, recounted by hand and by property; and drills, which ring the desk and nothing else."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.duty import actions, queries
from marketplace.duty.figures import desk_figures, source_names
from marketplace.duty.rules.kpis import LONGEST_PERIOD, Contest, Told, alarm_figures, contest_figures, nearest_rank
from marketplace.inventory.queries import find_lot
from marketplace.supervision.actions import acknowledge_alarm, close_alarm
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import open_alarms
from marketplace.supervision.rules.alarms import Disposition, Severity
from marketplace.valuation.models import DealValuation
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import World
from tests.marketplace.duty.makers import a_desk
from tests.marketplace.duty.test_actions import told
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, weights

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TRUE, FALSE, TEST = Disposition.TRUE, Disposition.FALSE, Disposition.TEST


def _told(minute: int, taken: int | None = None, found: Disposition | None = None, *, source: str = "scale", severity: Severity = Severity.CRITICAL, repeats: int = 0) -> Told:  # fmt: skip
    at = START + minute * MINUTE
    return Told(severity, source, at, None if taken is None else at + taken * MINUTE, found, repeats)


def test_contests_recounted_by_hand() -> None:
    """Two alarms of four, one of them contested twice: two of three contests answered, one upheld; one answered late and one waiting beyond its time."""

    def made(alarm: int, asked: int, taken: int | None = None, *, upheld: bool = False) -> Contest:
        at = START + asked * MINUTE
        return Contest(UUID(int=alarm), at, at + 60 * MINUTE, None if taken is None else at + taken * MINUTE, upheld)

    contests = [made(1, 0, 50), made(1, 100, 61, upheld=True), made(2, 0)]
    found = contest_figures(contests, 4, START + 60 * MINUTE)
    assert (found.contested, found.share, found.contests, found.answered) == (2, Decimal("0.5"), 3, 2)
    assert (found.upheld, found.upheld_share, found.median) == (1, Decimal("0.5"), 50 * MINUTE)
    assert found.late == 1, "what is due this very minute is not late"
    assert contest_figures(contests, 4, START + 61 * MINUTE).late == 2
    nothing = contest_figures([], 0, START)
    assert (nothing.share, nothing.upheld_share, nothing.median) == (None, None, None)


def test_figures_recounted_by_hand() -> None:
    told = [_told(0, 1, TRUE), _told(1, 2, TRUE), _told(2, 4, FALSE), _told(3, 60, TEST), _told(600, None, source="door", repeats=5)]  # fmt: skip
    found = alarm_figures(told, START, START + 1000 * MINUTE)
    critical = found.by_severity[0]
    assert (critical.alarms, critical.judged, critical.false, critical.false_ratio) == (5, 3, 1, Decimal("0.3333"))
    assert (critical.acknowledged, critical.median, critical.ninetieth) == (4, 2 * MINUTE, 60 * MINUTE)
    assert critical.in_time == Decimal("0.6"), "an alarm that nobody took note of is not in time"
    assert found.by_severity[1].false_ratio is None
    assert found.by_severity[1].in_time is None
    assert (found.alarms, found.rate, found.floods, found.busiest) == (5, Decimal("0.050"), 0, 4)
    assert [(one.source, one.alarms, one.repeats) for one in found.chatter] == [("door", 1, 5), ("scale", 4, 0)]
    flood = alarm_figures([_told(minute % 10) for minute in range(11)], START, START + 20 * MINUTE)
    assert (flood.floods, flood.busiest, flood.rate) == (1, 11, Decimal("5.500"))


def test_looks_in_time_recounted_by_hand() -> None:
    """Of five critical alarms one was looked at in time, one late, one never; one had its end before, and of the last there is time left."""
    end = START + 100 * MINUTE

    def made(minute: int, seen: int | None = None, on_site: int | None = None, closed: int | None = None) -> Told:
        times = [None if one is None else START + one * MINUTE for one in (seen, on_site, closed)]
        return Told(Severity.CRITICAL, "scale", START + minute * MINUTE, None, None, 0, *times)

    told = [made(0, 10, 31), made(0, 11, 30), made(50), made(0, None, None, 9), made(95)]
    critical, major, minor = alarm_figures(told, START, end).by_severity[:3]
    assert (critical.seen_in_time, critical.on_site_in_time) == (Decimal("0.3333"), Decimal("0.3333"))
    assert (major.on_site_in_time, minor.on_site_in_time) == (None, None)
    asked = alarm_figures([Told(Severity.MAJOR, "door", START)], START, START + 121 * MINUTE).by_severity[1]
    assert (asked.seen_in_time, asked.on_site_in_time) == (None, Decimal(0)), "MAJOR asks for no video"


TIMES = st.lists(st.integers(0, 10_000).map(lambda seconds: timedelta(seconds=seconds)), max_size=40)


@given(TIMES)
def test_a_nearest_rank_is_a_measured_time_that_enough_do_not_exceed(times: list[timedelta]) -> None:
    for share in (Fraction(1, 2), Fraction(9, 10)):
        found = nearest_rank(times, share)
        if found is None:
            assert not times
            continue
        assert found in times
        assert sum(1 for one in times if one <= found) >= share * len(times)
        assert sum(1 for one in times if one < found) < share * len(times)


ALARMS = st.builds(
    Told, st.sampled_from(Severity), st.sampled_from("abcdefghijklmn"), st.integers(-100, 2000).map(lambda n: START + n * MINUTE),
    st.none() | st.integers(2000, 3000).map(lambda n: START + n * MINUTE), st.none() | st.sampled_from(Disposition), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(ALARMS, max_size=60), st.integers(1, 1900), st.randoms())
def test_figures_count_each_alarm_of_the_period_once_in_whatever_order(
    alarms: list[Told], minutes: int, chance: object
) -> None:
    end = START + minutes * MINUTE
    found = alarm_figures(alarms, START, end)
    within = [one for one in alarms if START <= one.noticed_at < end]
    assert found.alarms == sum(one.alarms for one in found.by_severity) == len(within)
    assert sum(one.false for one in found.by_severity) == sum(1 for one in within if one.disposition is FALSE)
    assert len(found.chatter) <= 10
    assert found.busiest <= len(within)
    assert all(one.false_ratio is None or 0 <= one.false_ratio <= 1 for one in found.by_severity)
    shuffled = list(alarms)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert alarm_figures(shuffled, START, end) == found


def test_the_desk_s_figures_from_what_is_on_record(world: World) -> None:
    scene = a_scene(world)
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    start = world.now
    say(world, scale, weights(start, [498_750] * 3))
    say(world, scale, weights(start + MINUTE, [400_000] * 12))
    world.advance(5 * MINUTE)
    with scene.supervisor.operator.ws() as ws:
        alarm = open_alarms(ws)[0]
        acknowledge_alarm(ws, alarm.id)
        close_alarm(ws, alarm.id, disposition="FALSE", note="A forklift stood on it.", evidence=["P-1"])
    world.advance(MINUTE)
    for viewer in (scene.supervisor, scene.bank):
        with viewer.operator.ws(read_only=True) as ws:
            found = desk_figures(ws, start, world.now)
            critical = found.alarms.by_severity[0]
            assert (critical.alarms, critical.false_ratio, critical.acknowledged) == (1, Decimal(1), 1)
            assert critical.median == alarm.acknowledged_at - alarm.noticed_at if alarm.acknowledged_at else False
            ((name, kind),) = source_names(ws, found.alarms).values()
            assert (name.startswith("Weight"), kind) == (True, "weight_change")
    with world.firm("SUPERVISOR").operator.ws(read_only=True) as ws:
        assert desk_figures(ws, start, world.now).alarms.alarms == 0
        for wrong in (timedelta(0), LONGEST_PERIOD + MINUTE):
            with pytest.raises(Invalid, match="period_wrong"):
                desk_figures(ws, start, start + wrong)


def test_a_drill_rings_the_desk_and_touches_no_goods(world: World) -> None:
    deal = a_running_loan(world)
    desk = a_desk(world, deal.parties.supervisor)
    assert desk.start
    _, officer = desk.at(desk.start)[0]
    off_duty = desk.at(desk.start + timedelta(hours=9))[0][1]
    with deal.bank.operator.ws(read_only=True) as ws:
        valued = ws.session.scalar(select(func.count()).select_from(DealValuation))
    with desk.firm.operator.ws() as ws:
        drill = actions.ring_drill(ws, severity="CRITICAL", script="The scale in hall 1 shows nothing.")
    for person, code in ((desk.firm.operator, "own_drill"), (off_duty, "not_at_the_desk")):
        with pytest.raises(NotAllowed, match=code), person.ws() as ws:
            actions.answer_drill(ws, drill.id)
    world.advance(2 * MINUTE)
    with officer.ws() as ws:
        assert actions.answer_drill(ws, drill.id).answered_at == world.now
    with pytest.raises(Conflict, match="drill_over"), officer.ws() as ws:
        actions.answer_drill(ws, drill.id)
    world.advance(timedelta(minutes=40))
    world.work()
    assert told(desk, "DrillMissed") == []
    assert [one["took"] for one in told(desk, "DrillAnswered")] == [{"seconds": 120}]
    with deal.bank.operator.ws(read_only=True) as ws:
        assert ws.session.scalar(select(func.count()).select_from(DealValuation)) == valued
        assert ws.session.scalar(select(func.count()).select_from(Alarm)) == 0
        assert find_lot(ws, deal.lots[0].id).status == "PLEDGED"
        assert [one.number for one in queries.list_drills(ws)] == [drill.number]
        assert (desk_figures(ws, desk.start, world.now).drills, desk_figures(ws, desk.start, world.now).drills_missed) == (1, 0)  # fmt: skip


def test_a_drill_that_nobody_answers_is_missed_at_its_time(world: World) -> None:
    desk = a_desk(world)
    with desk.firm.operator.ws() as ws:
        drill = actions.ring_drill(ws, severity="MAJOR", script="A door stands open.")
        assert drill.due_at == ws.now + timedelta(minutes=15)
        assert [one.id for one in queries.ringing(ws)] == [drill.id]
    world.advance(timedelta(minutes=16))
    world.work()
    with desk.firm.operator.ws(read_only=True) as ws:
        assert queries.find_drill(ws, drill.id).missed_at == drill.due_at
        assert queries.ringing(ws) == []
    assert len(told(desk, "DrillMissed")) == 1


def test_an_empty_desk_is_not_rung(world: World) -> None:
    firm = world.firm("SUPERVISOR")
    with pytest.raises(Conflict, match="desk_empty"), firm.operator.ws() as ws:
        actions.ring_drill(ws, severity="MAJOR", script="A door stands open.")
    for severity, script, code in (("WARNING", "x", "severity_unlisted"), ("NONE", "x", "severity_unlisted"), ("MAJOR", " ", "drill_unscripted")):  # fmt: skip
        with pytest.raises(Invalid, match=code), firm.operator.ws() as ws:
            actions.ring_drill(ws, severity=severity, script=script)
