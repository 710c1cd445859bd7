"""The desk as people keep it: planned without a gap, handed over with two signatures, and heard of each hour."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from marketplace.duty import actions, queries
from marketplace.duty.handing import digest_of
from marketplace.duty.models import LivenessCheck
from marketplace.supervision.actions import acknowledge_alarm, report_look
from marketplace.supervision.queries import open_alarms
from tenants.errors import Conflict, NotAllowed, NotFound, Refused
from tenants.events import Event
from tenants.record import events_of
from tests.factories import Firm, World
from tests.marketplace.duty.makers import HOUR, ADesk, a_desk
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, weights


def told(desk: ADesk, kind: str) -> list[dict[str, object]]:
    """Facts of a kind on the desk's roster."""
    with desk.firm.operator.ws(read_only=True) as ws:
        wanted = select(Event).where(Event.stream_id == desk.roster_id, Event.kind == kind)
        return [one.values for one in ws.session.scalars(wanted.order_by(Event.sequence))]


def test_a_plan_with_a_gap_is_refused_and_plans_nothing(world: World) -> None:
    firm = world.firm("SUPERVISOR")
    one, other = firm.operator, firm.person("operator", name="Second officer")
    shifts = [(one.person_id, world.now, world.now + 8 * HOUR), (other.person_id, world.now, world.now + 7 * HOUR)]
    with pytest.raises(Conflict, match="roster_gap"), firm.operator.ws() as ws:
        actions.plan_roster(ws, starts_at=ws.now, ends_at=ws.now + 8 * HOUR, shifts=shifts)
    with firm.operator.ws(read_only=True) as ws:
        assert queries.list_rosters(ws) == []


def test_who_may_not_stand_at_the_desk_is_not_planned(world: World) -> None:
    firm = world.firm("SUPERVISOR")
    auditor, other = firm.person("auditor"), firm.person("operator", name="Second officer")
    stranger = world.firm("SUPERVISOR").operator
    for unfit, code in ((auditor, "officer_unfit"), (stranger, "member_unknown")):
        with pytest.raises(Refused, match=code), firm.operator.ws() as ws:
            spans = [(who.person_id, ws.now, ws.now + HOUR) for who in (unfit, other)]
            actions.plan_roster(ws, starts_at=ws.now, ends_at=ws.now + HOUR, shifts=spans)
    with pytest.raises(NotAllowed), world.firm("WAREHOUSE_OPERATOR").operator.ws() as ws:
        actions.plan_roster(ws, starts_at=ws.now, ends_at=ws.now + HOUR, shifts=[])


def test_a_later_plan_replaces_what_has_not_begun_and_leaves_what_runs(world: World) -> None:
    desk = a_desk(world)
    ids = list(desk.officers)
    with desk.firm.operator.ws() as ws:
        start = world.now + 8 * HOUR
        made = actions.plan_roster(ws, starts_at=start, ends_at=start + HOUR, shifts=[(who, start, start + HOUR) for who in ids[:2]])  # fmt: skip
    with desk.firm.operator.ws(read_only=True) as ws:
        assert desk.roster_id
        old = queries.coverage_of(ws, queries.find_roster(ws, desk.roster_id))
        assert len(old.shifts) == 2
        assert old.gaps == ((start + HOUR, start + 16 * HOUR),)
        assert queries.coverage_of(ws, made).gaps == ()
    with pytest.raises(Conflict, match="roster_gap"), desk.firm.operator.ws() as ws:
        later = start + 3 * HOUR
        actions.plan_roster(ws, starts_at=later, ends_at=later + HOUR, shifts=[(who, later, later + HOUR) for who in ids[:2]])  # fmt: skip


def test_a_handover_names_what_is_open_and_is_signed_by_both(world: World) -> None:
    scene = a_scene(world)
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    desk = a_desk(world, scene.supervisor)
    say(world, scale, weights(world.now, [498_750] * 3))
    say(world, scale, weights(world.now + timedelta(minutes=1), [400_000] * 12))
    assert desk.start
    shift_id, giver = desk.at(desk.start)[0]
    with pytest.raises(Conflict, match="handover_early"), giver.ws() as ws:
        actions.hand_over(ws, shift_id, to=desk.at(desk.start + 8 * HOUR)[0][1].person_id, note="All quiet.")
    world.advance(8 * HOUR - timedelta(minutes=10))
    taker = desk.at(desk.start + 8 * HOUR)[0][1]
    with pytest.raises(Conflict, match="taker_off_duty"), giver.ws() as ws:
        actions.hand_over(ws, shift_id, to=giver.person_id, note="Myself.")
    with pytest.raises(NotAllowed), taker.ws() as ws:
        actions.hand_over(ws, shift_id, to=giver.person_id, note="Not mine.")
    with giver.ws() as ws:
        made = actions.hand_over(ws, shift_id, to=taker.person_id, note="Watch the scale in hall 1.")
    assert [one["type"] for one in made.alarms] == ["weight_change"]
    with pytest.raises(NotAllowed), giver.ws() as ws:
        actions.take_over(ws, made.id)
    with taker.ws() as ws:
        signed = actions.take_over(ws, made.id)
        assert (signed.taken_by, digest_of(signed)) == (taker_name(ws), made.digest)
    with pytest.raises(Conflict, match="taken_over"), taker.ws() as ws:
        actions.take_over(ws, made.id)
    assert [one["digest"] for one in told(desk, "DutyHandedOver") + told(desk, "DutyTakenOver")] == [made.digest] * 2


def taker_name(ws: object) -> str:
    return str(ws.member.name)  # type: ignore[attr-defined]


def test_a_desk_that_nobody_handed_over_is_told(world: World) -> None:
    desk = a_desk(world, lasting=12 * HOUR)
    world.advance(8 * HOUR + timedelta(minutes=16))
    world.work()
    assert {one["officer"] for one in told(desk, "HandoverMissed")} == {"Officer Li", "Officer Wang"}
    world.advance(5 * HOUR)
    world.work()
    assert len(told(desk, "HandoverMissed")) == 2, "nobody was there to take over from the last shift"


def test_an_officer_is_heard_of_once_an_hour_and_a_missed_hour_climbs(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    (present_id, present), (absent_id, absent) = desk.at(desk.start)
    for _ in range(2):
        with present.ws() as ws:
            actions.confirm_liveness(ws, present_id)
        with pytest.raises(Conflict, match="already_confirmed"), present.ws() as ws:
            actions.confirm_liveness(ws, present_id)
        world.advance(HOUR)
        world.work()
    missed = told(desk, "LivenessMissed")
    assert {one["shift_id"] for one in missed} == {str(absent_id)}
    with absent.ws() as ws:
        actions.confirm_liveness(ws, absent_id)
    before = len(told(desk, "LivenessMissed")), len(told(desk, "LivenessLeftToBank"))
    world.advance(timedelta(minutes=50))
    world.work()
    assert (len(told(desk, "LivenessMissed")), len(told(desk, "LivenessLeftToBank"))) == before, "heard of again"
    with desk.firm.operator.ws(read_only=True) as ws:
        assert [bool(one.confirmed_at) for one in queries.checks_of(ws, absent_id)] == [False, False, True]
        assert all(one.answered_at for one in queries.checks_of(ws, absent_id)[:2])
    assert [(one["shift_id"], one["answers"]) for one in told(desk, "LivenessConfirmed")] == [
        (str(present_id), 0)
    ] * 2 + [(str(absent_id), 2)]
    assert {(one["since"], one["hours"]) for one in missed} == {
        (desk.start.isoformat(), 1),
        (desk.start.isoformat(), 2),
    }


def test_the_record_tells_a_bank_of_each_shift_and_not_of_each_hour(world: World) -> None:
    deal = a_running_loan(world)
    desk = a_desk(world, deal.parties.supervisor, lasting=4 * HOUR, length=2 * HOUR)
    assert desk.start
    (present_id, present), (absent_id, _) = desk.at(desk.start)
    for minutes in (5, 65):
        world.set_clock(desk.start + timedelta(minutes=minutes))
        with present.ws() as ws:
            actions.confirm_liveness(ws, present_id)
    world.set_clock(desk.start + 2 * HOUR)
    world.work()
    ended = {one["shift_id"]: (one["confirmed"], one["hours"]) for one in told(desk, "ShiftEnded")}
    assert ended == {str(present_id): (2, 2), str(absent_id): (0, 2)}
    with deal.bank.operator.ws(read_only=True) as ws:
        kinds = [one.kind for one in events_of(ws, desk.roster_id)] if desk.roster_id else []
        chain = ws.session.execute(text("select count(*) from gate.chain(:id)"), {"id": desk.roster_id}).scalar_one()
    assert "LivenessConfirmed" not in kinds
    assert kinds.count("ShiftEnded") == 2
    assert chain == len(kinds) + 2, "what is the desk's own is in the chain that the bank checks"


def test_half_an_hour_of_silence_reaches_the_banks_whose_goods_the_desk_watches(world: World) -> None:
    deal = a_running_loan(world)
    desk = a_desk(world, deal.parties.supervisor)
    assert desk.start
    for minutes, kinds in ((60, (2, 0)), (66, (4, 0)), (76, (6, 0)), (91, (6, 2))):
        world.set_clock(desk.start + timedelta(minutes=minutes))
        world.work()
        assert (len(told(desk, "LivenessMissed")), len(told(desk, "LivenessLeftToBank"))) == kinds, minutes
    with deal.bank.operator.ws(read_only=True) as ws:
        seen = queries.list_rosters(ws)
        assert [one.id for one in seen] == [desk.roster_id]
        assert (queries.coverage_of(ws, seen[0]).gaps, queries.coverage_of(ws, seen[0]).missed) == ((), 2)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert queries.list_rosters(ws) == []
        with pytest.raises(NotFound):
            queries.find_shift(ws, desk.at(desk.start)[0][0])


def test_a_house_that_stood_still_tells_a_missed_night_once(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    world.set_clock(desk.start + 7 * HOUR + timedelta(minutes=30))
    world.work()
    with desk.firm.operator.ws(read_only=True) as ws:
        checks = list(ws.session.scalars(select(LivenessCheck)))
    assert len(checks) == 14
    assert len(told(desk, "LivenessMissed")) + len(told(desk, "LivenessLeftToBank")) == 2


def test_without_a_roster_nothing_is_waited_for(world: World) -> None:
    def waits(firm: Firm) -> int:
        found = world.admin.execute("select count(*) from house.delivery where tenant_id = %s and subscriber like 'duty.%%'", [firm.tenant_id]).fetchone()  # fmt: skip
        return found[0] if found else 0

    idle, desk = world.firm("SUPERVISOR"), a_desk(world)
    assert (waits(idle), waits(desk.firm)) == (0, 6)


def test_the_log_of_a_shift_tells_what_its_officer_did(world: World) -> None:
    scene = a_scene(world)
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    desk = a_desk(world, scene.supervisor)
    say(world, scale, weights(world.now, [498_750] * 3))
    say(world, scale, weights(world.now + timedelta(minutes=1), [400_000] * 12))
    assert desk.start
    (shift_id, officer), (_, beside) = desk.at(desk.start)
    world.advance(timedelta(minutes=5))
    with officer.ws() as ws:
        acknowledge_alarm(ws, open_alarms(ws)[0].id)
        actions.confirm_liveness(ws, shift_id)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        log = queries.log_of(ws, shift_id)
        assert ([one.type for one in log.alarms], len(log.checks)) == (["weight_change"], 1)
        assert {one.officer_id for one in log.colleagues} == {beside.person_id}
        other = next(one for one, who in desk.at(desk.start) if who is beside)
        assert not queries.log_of(ws, other).alarms
    with beside.ws() as ws:
        report_look(ws, log.alarms[0].id, how="on_site", saw="The scale stands crooked.")
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert [one.on_site_by for one in queries.log_of(ws, other).alarms] == [beside.name]
