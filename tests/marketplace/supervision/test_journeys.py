"""Goods on the road: inside their corridor nothing rings, the site's fence included; a detour, a long stop, a door opened on the way and a late truck do."""

from datetime import timedelta

import pytest

from marketplace.quantity import Quantity
from marketplace.shipments import actions as shipments
from marketplace.shipments import routes
from marketplace.shipments.journeys import journeys_of
from marketplace.supervision import actions
from marketplace.supervision.alarms.ruling import checked_setting
from marketplace.supervision.devices.attaching import latest_attachment
from marketplace.supervision.rules.versions import ANYWHERE
from marketplace.supervision.watching.journeying import way_driven
from marketplace.supervision.watching.trying import try_rule
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import World
from tests.marketplace.supervision.makers import a_watching_device, say, signed, take, values
from tests.marketplace.supervision.roads import MINUTE, WAY, Road, a_yard, accepted, line, loaded, on_the_road, planned


@pytest.fixture
def yard(world: World) -> Road:
    return a_yard(world)


@pytest.fixture
def road(yard: Road) -> Road:
    return on_the_road(yard)


def test_within_the_corridor_and_at_its_stops_nothing_rings_though_the_site_is_left(road: Road) -> None:
    """An innocent detour around a crossing, 400 m off the line; an hour at the planned stop with its door open; on to the works in time."""
    around = [(31.2 + (0.0036 if 4 <= n <= 8 else 0), east) for n, (_, east) in enumerate(line(121.5, 121.6, 16))]
    road.drives(around)
    road.drives([(31.2, 121.6)] * 60, door=[*[False] * 10, *[True] * 40, *[False] * 10])
    road.drives(line(121.6, 121.7, 16))
    assert (road.kinds(), road.now().status) == ([], "IN_TRANSIT")


def test_before_they_are_picked_up_and_without_an_accepted_route_the_fence_holds(yard: Road) -> None:
    planned(yard)
    accepted(yard)
    yard.drives(line(121.55, 121.56, 5))
    assert yard.kinds() == ["geofence"]


def test_what_was_said_before_they_were_picked_up_is_judged_by_the_fence_though_heard_later(yard: Road) -> None:
    planned(yard)
    accepted(yard)
    start = yard.scene.world.now + MINUTE
    early = signed(yard.scene.world, yard.tracker, yard.samples(line(121.55, 121.56, 5), start=start), at=start + 4 * MINUTE)  # fmt: skip
    yard.scene.world.advance(10 * MINUTE)
    loaded(yard)
    take(yard.scene.world, yard.tracker, early)
    [alarm] = yard.alarms()
    assert (alarm.type, alarm.raised_at < yard.scene.world.now - 5 * MINUTE) == ("geofence", True)


def test_a_plan_that_nobody_accepted_suspends_nothing(yard: Road) -> None:
    planned(yard)
    loaded(yard)
    yard.scene.world.advance(timedelta(minutes=20))
    yard.drives(line(121.55, 121.56, 5))
    assert yard.kinds() == ["geofence"]


def test_a_detour_rings_after_two_minutes_gets_worse_and_waits_for_the_carriers_word(road: Road) -> None:
    """1.1 km north of the line: 611 m outside of a corridor of 1 km. Once only, at its own time; over when it is back inside."""
    road.drives([*line(121.5, 121.52, 4), *line(121.52, 121.54, 12, north=31.21)])
    [alarm] = road.alarms()
    assert (alarm.type, alarm.severity, alarm.facts["value"], alarm.facts["high"]) == ("route", "MAJOR", "611", "50")
    assert (alarm.lot_id, alarm.is_active) == (road.scene.lot.id, True)
    assert (road.now().status, road.now().exception) == ("EXCEPTION", "ROUTE_DEVIATION")
    road.drives(line(121.54, 121.55, 2, north=31.21))
    assert [one.severity for one in road.alarms()] == ["CRITICAL"]
    with pytest.raises(Conflict), road.carrier.operator.ws() as ws:
        shipments.reach_milestone(ws, road.shipment.shipment_id, step="arrive", place="Works")
    with pytest.raises(Invalid, match="reason_missing"), road.carrier.operator.ws() as ws:
        routes.explain_exception(ws, road.shipment.shipment_id, because=" ")
    with road.carrier.operator.ws() as ws:
        routes.explain_exception(ws, road.shipment.shipment_id, because="The bridge is closed.")
    assert (road.now().status, road.alarms()[0].is_active) == ("IN_TRANSIT", True), "a word closes no alarm"
    road.drives(line(121.55, 121.58, 4))
    assert not road.alarms()[0].is_active


def test_what_the_fix_may_be_off_is_excused(road: Road) -> None:
    places = line(121.5, 121.54, 8, north=31.2053)  # 89 m outside
    first = road.scene.world.now + MINUTE
    errors = values("position_error", "m", first, [60] * 8, every=MINUTE)
    say(road.scene.world, road.tracker, [*road.samples(places), *errors])
    assert road.kinds() == []
    road.drives(places)
    assert road.kinds() == ["route"]


@pytest.mark.parametrize(("east", "minutes", "rings"), [(121.55, 30, False), (121.55, 33, True), (121.6, 90, False)])
def test_a_stop_that_was_not_planned_is_told_after_half_an_hour(
    road: Road, east: float, minutes: int, rings: bool
) -> None:
    """Swaying within what a receiver strays; in two messages, since what it remembers must outlast one."""
    stands = [(31.2 + 0.0003 * (n % 2), east) for n in range(minutes)]
    road.drives([*line(121.5, east, 6), *stands[:10]])
    road.drives(stands[10:])
    assert road.kinds() == (["long_stop"] if rings else [])
    road.drives(line(east + 0.002, 121.7, 4))
    assert not any(one.is_active for one in road.alarms())


@pytest.mark.parametrize(("east", "rings"), [(121.55, ["door_off_stop"]), (121.6, [])])
def test_a_door_opened_on_the_way_is_told_where_no_stop_was_planned(road: Road, east: float, rings: list[str]) -> None:
    road.drives(line(121.5, east, 8))
    road.drives([(31.2, east)] * 6, door=[False, True, True, True, False, False])
    assert road.kinds() == rings


def test_a_truck_that_is_late_is_told_until_it_is_there(road: Road) -> None:
    road.scene.world.advance(timedelta(hours=4))
    road.drives(line(121.5, 121.55, 3))
    assert road.kinds() == []
    road.scene.world.advance(timedelta(minutes=15))
    road.drives(line(121.66, 121.69, 3))
    assert (road.kinds(), road.now().exception) == (["late_arrival"], "LATE")
    road.drives([(31.2, 121.7)] * 2)
    assert not road.alarms()[0].is_active


def test_a_plan_changed_on_the_way_judges_from_when_it_was_accepted_whenever_the_messages_come(road: Road) -> None:
    """The bridge is closed, the carrier plans anew: what was driven before is judged by the plan of then, though it is heard later."""
    start = road.scene.world.now + MINUTE
    early = signed(road.scene.world, road.tracker, road.samples(line(121.52, 121.54, 6, north=31.21), start=start), at=start + 5 * MINUTE)  # fmt: skip
    road.scene.world.advance(6 * MINUTE)
    planned(road, waypoints="31.2, 121.5\n31.21, 121.54\n31.21, 121.65\n31.2, 121.7")
    accepted(road)
    late = signed(road.scene.world, road.tracker, road.samples(line(121.54, 121.6, 6, north=31.21)), at=road.scene.world.now + 6 * MINUTE)  # fmt: skip
    road.scene.world.advance(7 * MINUTE)
    take(road.scene.world, road.tracker, late)
    assert road.kinds() == [], "a gap waits for what is missing"
    take(road.scene.world, road.tracker, early)
    [alarm] = road.alarms()
    assert (alarm.type, alarm.raised_at) == ("route", start + 2 * MINUTE)
    assert not alarm.is_active


def test_a_plan_that_was_replaced_judges_nobody_any_more(road: Road) -> None:
    """The new plan rides with another tracker: what the first one says from then on is held against no corridor, and each place is of one way."""
    road.drives(line(121.5, 121.52, 3))
    other = a_watching_device(road.scene.supervisor, road.scene.lot.id, kind="combined")
    planned(road, waypoints="31.2, 121.5\n31.21, 121.54\n31.2, 121.7")
    with road.scene.supervisor.approver.ws() as ws:
        actions.accept_route(ws, road.shipment.shipment_id, tracker_id=other.device_id)
    with road.scene.supervisor.operator.ws(read_only=True) as ws:
        first, second = journeys_of(ws, [road.scene.lot.id])
    assert (first.tracker_id, second.tracker_id) == (road.tracker.device_id, other.device_id)
    assert (first.until, second.until) == (second.since, None)
    road.drives(line(121.54, 121.6, 6, north=31.23))
    assert "route" not in road.kinds()
    say(road.scene.world, other, road.samples(line(121.54, 121.6, 6, north=31.23)))
    assert "route" in road.kinds()


def test_the_tracker_rides_until_the_goods_are_delivered_and_then_speaks_of_them_no_more(road: Road) -> None:
    """All of the lot has left, so that its other devices watch nothing any more."""
    assert attached(road)
    road.drives(line(121.5, 121.7, 20))
    with road.carrier.operator.ws() as ws:
        shipments.reach_milestone(ws, road.shipment.shipment_id, step="arrive", place="Works")
    with road.carrier.operator.ws() as ws:
        shipments.deliver(ws, road.shipment.shipment_id, received=Quantity.of("10", "TNE"), receiver="Qian")
    road.drives([(31.2, 121.7)] * 5)
    road.scene.world.work()
    assert not attached(road)
    road.drives(line(121.9, 122.0, 5))
    assert road.kinds() == []


def test_a_rule_of_the_road_is_tried_on_the_way_that_was_driven(road: Road) -> None:
    road.drives([*line(121.5, 121.52, 4), *line(121.52, 121.54, 6, north=31.21), *line(121.54, 121.6, 6)])
    with road.scene.supervisor.operator.ws(read_only=True) as ws:
        wide = try_rule(ws, kind="route", scope=ANYWHERE, setting=checked_setting("route", {"high": "700"}), days=1)
        strict = try_rule(
            ws, kind="long_stop", scope=ANYWHERE, setting=checked_setting("long_stop", {"high": "1"}), days=1
        )
    assert (len(wide.live), len(wide.proposed), len(strict.live)) == (1, 0, 0)


def test_whoever_may_read_the_tracker_sees_the_way_that_was_driven(road: Road) -> None:
    road.drives(line(121.5, 121.6, 11))
    for firm, points in ((road.scene.supervisor, 11), (road.scene.sme, 11), (road.scene.bank, 11), (road.carrier, 0)):
        with road.scene.supervisor.operator.ws(read_only=True) as ws:
            [journey] = journeys_of(ws, [road.scene.lot.id])
        with firm.operator.ws(read_only=True) as ws:
            assert len(way_driven(ws, journey, ws.now)) == points


def test_who_plans_and_who_accepts(yard: Road) -> None:
    """The carrier or the supervisor plans; another person of the supervisor accepts, with a tracker that rides; once for each plan."""
    for firm in (yard.scene.sme, yard.scene.warehouse, yard.scene.bank):
        with pytest.raises(Exception, match=r"not_allowed|not_yours_to_plan|shipment_unknown"), firm.owner.ws() as ws:
            routes.plan_route(ws, yard.shipment.shipment_id, waypoints=WAY, width_m=500, leaves_at=ws.now, arrives_by=ws.now + timedelta(hours=1))  # fmt: skip
    with pytest.raises(Conflict, match="no_route_waits"):
        accepted(yard)
    owner = yard.scene.supervisor.owner
    with owner.ws() as ws:
        routes.plan_route(ws, yard.shipment.shipment_id, waypoints=WAY, width_m=500, leaves_at=ws.now, arrives_by=ws.now + timedelta(hours=1))  # fmt: skip
    with pytest.raises(NotAllowed, match="own_route"), owner.ws() as ws:
        actions.accept_route(ws, yard.shipment.shipment_id, tracker_id=yard.tracker.device_id)
    scale = a_watching_device(yard.scene.supervisor, yard.scene.lot.id)
    with pytest.raises(Invalid, match="not_riding"), yard.scene.supervisor.approver.ws() as ws:
        actions.accept_route(ws, yard.shipment.shipment_id, tracker_id=scale.device_id)
    accepted(yard)
    with pytest.raises(Conflict, match="no_route_waits"):
        accepted(yard)


def attached(road: Road) -> bool:
    with road.scene.supervisor.operator.ws(read_only=True) as ws:
        current = latest_attachment(ws, road.tracker.device_id)
    return current is not None and current.until is None
