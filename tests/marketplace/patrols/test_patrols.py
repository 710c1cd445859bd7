"""Rounds as they are drawn, called, walked and missed; and who sees what of them."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.patrols import actions, queries
from marketplace.patrols.models import PatrolRoute
from marketplace.patrols.rules.windows import commitment, drawn_minute
from marketplace.supervision.queries import list_alarms
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tests.factories import Person, World
from tests.marketplace.duty.makers import a_desk
from tests.marketplace.patrols.makers import MINUTE, POINTS, ARoute, a_route, a_window
from tests.marketplace.stocktakes.makers import APhone

DAY = timedelta(days=1)


def told(route: ARoute, kind: str) -> list[Event]:
    """Events of a kind on the route."""
    with route.firm.operator.ws(read_only=True) as ws:
        wanted = select(Event).where(Event.stream_id == route.id, Event.kind == kind)
        return list(ws.session.scalars(wanted.order_by(Event.sequence)))


def alarms(route: ARoute, person: Person | None = None) -> list[tuple[str, str, bool, int]]:
    """Type, severity, whether it holds, repetitions; the oldest first."""
    with (person or route.firm.operator).ws(read_only=True) as ws:
        found = sorted(list_alarms(ws, state="all"), key=lambda one: one.id)
        return [(one.type, one.severity, one.is_active, one.repeats) for one in found]


def test_a_round_is_drawn_unseen_called_at_its_minute_and_walked(world: World) -> None:
    route = a_route(world)
    starts_at = route.draw()
    assert route.opens_at <= starts_at <= route.opens_at + 100 * MINUTE
    assert route.patrols() == [], "what is drawn is shown to nobody"
    assert "starts_at" not in str([one.facts for one in told(route, "PatrolDrawn")])
    world.set_clock(starts_at - MINUTE)
    world.work()
    assert route.patrols() == []
    patrol = route.call()
    assert (patrol.status, patrol.called_at, patrol.due_at) == ("CALLED", starts_at, starts_at + 20 * MINUTE)
    scans = route.walk(patrol)
    assert [(one.accepted, one.carrier, one.doubts) for one in scans] == [(True, "QR", [])] * 3
    assert route.patrols()[0].status == "WALKED"
    assert alarms(route) == []
    assert [one.values["checkpoints"] for one in told(route, "PatrolWalked")] == [3]
    assert route.run_out().status == "WALKED", "its time ran out on nobody"


def test_anybody_draws_again_and_the_seed_was_fixed_before_what_was_signed(world: World) -> None:
    route = a_route(world, planted=False)
    first = route.call()
    route.walk(first)
    with route.firm.operator.ws(read_only=True) as ws:
        row = ws.session.scalars(select(PatrolRoute).where(PatrolRoute.id == route.id)).one()
        head = row.head
    assert head
    route.opens_at += DAY
    second = route.call()
    for patrol, mixed in ((first, ""), (second, head)):
        assert patrol.seed
        assert patrol.drawn_from
        assert patrol.drawn_until
        assert patrol.mixed == mixed
        assert drawn_minute(patrol.seed, patrol.mixed, patrol.drawn_from, patrol.drawn_until) == patrol.starts_at
    assert first.seed
    assert second.seed
    committed = [json.loads(one.evidence) for one in told(route, "PatrolPlanned") + told(route, "PatrolDrawn")]
    assert committed[:2] == [[commitment(first.seed)], [commitment(first.seed), commitment(second.seed)]]
    drawn, signed = told(route, "PatrolDrawn")[0], told(route, "CheckpointSeen")[0]
    assert drawn.sequence < signed.sequence, "the seed of the second stood in the record before the first was walked"


def test_a_missed_round_is_one_alarm_that_its_bank_sees_and_a_walked_one_ends(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    route.scan(patrol, 1)
    missed = route.run_out()
    assert (missed.status, missed.missing) == ("MISSED", ["North gate", "South door"])
    assert alarms(route) == alarms(route, route.deal.bank.operator) == [("patrol_missed", "MAJOR", True, 0)]
    world.work()
    assert alarms(route) == [("patrol_missed", "MAJOR", True, 0)], "a timer that runs again tells nothing again"
    route.opens_at += DAY
    route.call()
    route.run_out()
    assert alarms(route) == [("patrol_missed", "MAJOR", True, 1)]
    route.opens_at += DAY
    route.walk(route.call())
    assert alarms(route) == [("patrol_missed", "MAJOR", False, 1)]
    with route.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.figures_of(ws, route.id)
        assert (found.called, found.walked, found.missed, found.in_time, found.checkpoints) == (3, 1, 2, 4, 9)


def test_checkpoints_seen_after_the_time_are_late_and_say_so(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    route.scan(patrol, 0)
    route.run_out()
    route.scan(patrol, 1)
    assert route.patrols()[0].status == "MISSED"
    route.scan(patrol, 2)
    assert route.patrols()[0].status == "LATE"
    assert alarms(route) == [("patrol_missed", "MAJOR", False, 0), ("patrol_late", "MINOR", False, 0)]
    with pytest.raises(Conflict, match="patrol_over"):
        route.scan(patrol, 2)


def test_what_a_phone_kept_without_a_line_counts_with_a_doubt(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    kept = []
    for point in route.points:
        world.advance(MINUTE)
        kept.append(route.say(patrol, point.label))
    route.run_out()
    assert alarms(route) == [("patrol_missed", "MAJOR", True, 0)]
    scans = [route.send(patrol, *one) for one in kept]
    assert [one.doubts for one in scans] == [["SENT_LATE"]] * 3
    assert route.patrols()[0].status == "WALKED"
    assert alarms(route) == [("patrol_missed", "MAJOR", False, 0)]
    assert route.send(patrol, *kept[0]).id == scans[0].id, "the same word again is the same scan"


def test_what_proves_nothing_is_kept_with_its_fault_and_counts_for_nothing(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    other = route.send(patrol, *route.say(patrol, "A" * 24))
    early = route.scan(patrol, 0, at=world.now - MINUTE)
    assert [(one.accepted, one.faults) for one in (other, early)] == [(False, ["OTHER_LABEL"]), (False, ["TAKEN_BEFORE"])]  # fmt: skip
    tagged = route.send(patrol, *route.say(patrol, route.points[2].tag))
    assert (tagged.accepted, tagged.carrier) == (True, "RFID")
    assert len(told(route, "ScanRefused")) == 2
    assert route.run_out().missing == ["North gate", "Bay A-01"]


def test_what_is_not_signed_by_the_officers_own_phone_is_refused(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    statement, signature = route.say(patrol, route.points[0].label)
    with pytest.raises(Invalid, match="signature_wrong"):
        route.send(patrol, statement, route.phone.sign("something else"))
    for wrong in (
        "{}",
        statement.replace("bailee-scan-1", "bailee-capture-1"),
        statement.replace("2026-", "9999-"),
        "[" * 1500,
    ):
        with pytest.raises(Invalid, match="statement_unreadable"):
            route.send(patrol, wrong, route.phone.sign(wrong))
    elsewhere = route.say(patrol, route.points[0].label, patrol="0198c0de-0000-7000-8000-000000000001")
    with pytest.raises(Invalid, match="statement_of_another"):
        route.send(patrol, *elsewhere)
    colleague = APhone(route.firm.person("operator", name="Officer Wang"))
    with pytest.raises(Conflict, match="phone_of_another"), route.officer.ws() as ws:
        actions.scan_checkpoint(ws, patrol.id, phone_id=colleague.id, statement=statement, signature=colleague.sign(statement))  # fmt: skip
    with pytest.raises(NotAllowed), route.deal.bank.operator.ws() as ws:
        actions.scan_checkpoint(ws, patrol.id, phone_id=colleague.id, statement=statement, signature=signature)
    assert route.run_out().status == "MISSED"
    world.advance(2 * DAY)
    with pytest.raises(Conflict, match="patrol_over"):
        route.scan(patrol, 0)


def test_who_does_not_stand_on_the_roster_leaves_a_doubt(world: World) -> None:
    route = a_route(world)
    a_desk(world, route.firm)
    patrol = route.call()
    assert route.scan(patrol, 0).doubts == [], "Officer Li has the first shift"
    a_colleague = route.firm.person("operator", name="Officer Off")
    route.officer, route.phone = a_colleague, APhone(a_colleague)
    assert "OFF_DUTY" in route.scan(patrol, 1).doubts


def test_a_house_that_stood_still_blames_nobody(world: World) -> None:
    route = a_route(world)
    world.set_clock(route.opens_at + 3 * DAY + timedelta(hours=12))
    world.work()
    (lapsed,) = route.patrols()
    assert (lapsed.status, lapsed.windows, lapsed.called_at) == ("LAPSED", 4, None)
    assert alarms(route) == []
    route.opens_at += 4 * DAY
    patrol = route.call()
    assert patrol.status == "CALLED"


def test_a_round_that_is_called_late_gives_its_whole_time(world: World) -> None:
    route = a_route(world)
    route.draw()
    world.set_clock(route.opens_at + 3 * timedelta(hours=1))
    world.work()
    patrol = route.patrols()[0]
    assert patrol.due_at == world.now + 20 * MINUTE


def test_a_route_that_ends_withdraws_what_is_drawn_and_spares_nothing_that_was_called(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    route.opens_at += DAY
    with pytest.raises(Invalid, match="reason_missing"), route.firm.operator.ws() as ws:
        actions.end_route(ws, route.id, because=" ")
    with route.firm.operator.ws() as ws:
        actions.end_route(ws, route.id, because="The hall is empty.")
    with pytest.raises(Conflict, match="route_ended"), route.firm.operator.ws() as ws:
        actions.end_route(ws, route.id, because="Again.")
    assert route.run_out().id == patrol.id
    assert alarms(route) == [("patrol_missed", "MAJOR", True, 0)]
    world.set_clock(route.opens_at + DAY)
    world.work()
    assert len(route.patrols()) == 1
    drawn = a_route(world, route.deal)
    drawn.draw()
    with drawn.firm.operator.ws() as ws:
        actions.end_route(ws, drawn.id, because="The hall is empty.")
    world.advance(DAY)
    world.work()
    assert drawn.patrols() == []


def test_banks_see_the_routes_of_sites_where_their_goods_lie_and_no_longer(world: World) -> None:
    route = a_route(world)
    patrol = route.call()
    bank = route.deal.bank.operator
    assert [one.id for one in route.patrols(bank)] == [patrol.id]
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert queries.list_routes(ws) == []
        with pytest.raises(NotFound):
            queries.find_patrol(ws, patrol.id)
    with pytest.raises(NotAllowed), bank.ws() as ws:
        actions.end_route(ws, route.id, because="We would not.")
    with world.admin.transaction():  # planted beside the gate, which would ask who acts
        world.admin.execute("set local session_replication_role = replica")
        world.admin.execute("update house.pledge set status = 'RELEASED', during = tstzrange(lower(during), gate.now()) where bank_id = %s", [route.deal.bank.tenant_id])  # fmt: skip
    route.opens_at += DAY
    route.draw()
    with bank.ws(read_only=True) as ws:
        assert queries.list_routes(ws) == []


def test_where_a_supervisor_watches_nothing_it_plans_nothing(world: World) -> None:
    route = a_route(world)
    with route.firm.operator.ws(read_only=True) as ws:
        site_id = queries.find_route(ws, route.id).site_id
        assert [one.id for one in queries.sites_to_walk(ws)] == [site_id]
    plan = {"name": "Round", "minutes": 20, "windows": [a_window(world)], "points": POINTS}
    with pytest.raises(NotFound, match="nothing_to_guard"), world.firm("SUPERVISOR").operator.ws() as ws:
        actions.plan_route(ws, site_id, **plan)
    with pytest.raises(NotAllowed), route.deal.bank.operator.ws() as ws:
        actions.plan_route(ws, site_id, **plan)
    with pytest.raises(Invalid, match="route_unnamed"), route.firm.operator.ws() as ws:
        actions.plan_route(ws, site_id, **(plan | {"name": " "}))
