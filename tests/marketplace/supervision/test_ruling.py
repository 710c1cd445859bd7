"""Rules set by the supervisor's two people: from then on, in their scope, whatever order the readings come in; tried on history before."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision import actions
from marketplace.supervision.alarms.rulebook import rule_entry, rule_history
from marketplace.supervision.alarms.ruling import checked_setting
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import alarms_of_lot, climates_of
from marketplace.supervision.readings.ports import Sample
from marketplace.supervision.rules.versions import ANYWHERE, Scope
from marketplace.supervision.watching.trying import Trial, try_rule
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, signed, take, values, weights

COPPER = "7403110000"
MINUTE = timedelta(minutes=1)
BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def rule(scene: Scene, kind: str, figures: dict[str, Any] | None, **scope: Any) -> None:
    """Set a rule with four eyes."""
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_rule(ws, type=kind, figures=figures, because="As the goods ask", **scope).id
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal, approve=True)


def air(scene: Scene) -> SimulatedDevice:
    return a_watching_device(scene.supervisor, scene.lot.id, kind="climate")


def breathe(scene: Scene, device: SimulatedDevice, metric: str, figures: Sequence[object]) -> None:
    """A figure a minute, from now on."""
    unit = {"temperature": "Cel", "humidity": "%RH"}[metric]
    say(scene.world, device, values(metric, unit, scene.world.now + MINUTE, figures, every=MINUTE))


def kinds(scene: Scene) -> list[str]:
    return [alarm.type for alarm in found(scene)]


def found(scene: Scene) -> list[Alarm]:
    with scene.bank.operator.ws(read_only=True) as ws:
        return alarms_of_lot(ws, scene.lot.id)[::-1]


def test_a_rule_holds_once_a_colleague_agreed_and_from_then_on(scene: Scene) -> None:
    device = air(scene)
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_rule(ws, type="temperature", figures={"high": "25"}, because="Rubber").id
        with pytest.raises(NotAllowed):
            approvals.decide(ws, proposal, approve=True)
    breathe(scene, device, "temperature", [30] * 15)
    assert kinds(scene) == []
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal, approve=True)
    breathe(scene, device, "temperature", [30] * 15)
    assert kinds(scene) == ["temperature"]
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [version] = rule_history(ws, "temperature")
        assert (version.set_by, version.approved_by) == (scene.supervisor.operator.name, scene.supervisor.approver.name)
        assert rule_entry(ws, "temperature").figures_in(ANYWHERE)["high"] == "25"


def test_a_reading_is_judged_by_the_rule_of_its_own_time_however_late_it_comes(scene: Scene) -> None:
    device, start = air(scene), scene.world.now
    hot = values("temperature", "Cel", start + MINUTE, [30] * 15, every=MINUTE)
    scene.world.advance(timedelta(hours=1))
    rule(scene, "temperature", {"high": "25"})
    scene.world.advance(timedelta(hours=1))
    take(scene.world, device, signed(scene.world, device, hot, at=start + 16 * MINUTE))
    assert kinds(scene) == [], "it was no alarm then, and is none now"
    breathe(scene, device, "temperature", [30] * 15)
    assert kinds(scene) == ["temperature"]


def test_a_lots_own_climate_judges_from_when_it_was_set(scene: Scene) -> None:
    device, start = air(scene), scene.world.now
    early = values("humidity", "%RH", start + MINUTE, [70] * 15, every=MINUTE)
    scene.world.advance(timedelta(hours=1))
    for high in (Decimal(60), Decimal(65)):
        with scene.supervisor.operator.ws() as ws:
            actions.set_climate(ws, scene.lot.id, metric="humidity", low=None, high=high)
        scene.world.advance(MINUTE)
    take(scene.world, device, signed(scene.world, device, early, at=start + 16 * MINUTE))
    assert kinds(scene) == []
    breathe(scene, device, "humidity", [70] * 15)
    assert kinds(scene) == ["humidity"]
    with scene.bank.operator.ws(read_only=True) as ws:
        assert climates_of(ws, scene.lot.id)["humidity"].high == 65


def test_goods_at_a_site_are_judged_by_their_own_rule(scene: Scene) -> None:
    device = air(scene)
    rule(scene, "temperature", {"high": "25"})
    rule(scene, "temperature", {"high": "35"}, hs_code=COPPER, site_id=scene.lot.site_id)
    breathe(scene, device, "temperature", [30] * 15)
    assert kinds(scene) == []
    rule(scene, "temperature", None, hs_code=COPPER, site_id=scene.lot.site_id)
    breathe(scene, device, "temperature", [30] * 15)
    assert kinds(scene) == ["temperature"], "withdrawn: the wider rule holds again"
    with scene.supervisor.operator.ws() as ws, pytest.raises(Conflict):
        actions.propose_rule(ws, type="temperature", figures=None, because="Again", hs_code=COPPER)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"type": "signature"}, "type"),
        ({"figures": {"on": False}}, "on"),
        ({"figures": {"tolerance_percent": "0"}}, "tolerance_percent"),
        ({"hs_code": "copper"}, "hs_code"),
        ({"because": " "}, "because"),
    ],
)
def test_a_proposal_that_is_wrong_is_refused_by_field(scene: Scene, asked: dict[str, Any], field: str) -> None:
    good: dict[str, Any] = {"type": "weight_change", "figures": {"tolerance_percent": "0.5"}, "because": "Heavy scale"}
    with scene.supervisor.operator.ws() as ws:
        with pytest.raises(Invalid) as refused:
            actions.propose_rule(ws, **good | asked)
        assert refused.value.field == field
        with pytest.raises(NotFound):
            actions.propose_rule(ws, **good, site_id=UUID(int=3))
    for firm in (scene.sme, scene.bank, scene.warehouse):
        with firm.operator.ws() as ws, pytest.raises(NotAllowed):
            actions.propose_rule(ws, **good)


def test_steam_rings_by_its_speed_whatever_the_level(scene: Scene) -> None:
    device = air(scene)
    breathe(scene, device, "humidity", [45, 45.2, 45.1, 45, 58, 70, 71, 60, 50, 46, *[45] * 6])
    [alarm] = found(scene)
    assert (alarm.type, alarm.severity, alarm.status) == ("humidity_rate", "MAJOR", "CLEARED_UNACK")
    assert alarm.facts["within"] == {"seconds": 300}


def test_many_hours_a_little_too_warm_ring_where_the_site_gave_a_budget(scene: Scene) -> None:
    """Four degrees above what this lot asks for, hour by hour: never out for long enough to ring by itself, but six hours of it are too many."""
    rule(scene, "temperature_budget", {"on": True, "by": "20"}, site_id=scene.lot.site_id)
    with scene.supervisor.operator.ws() as ws:
        actions.set_climate(ws, scene.lot.id, metric="temperature", low=None, high=Decimal(25), lasting_seconds=86_400)
    device, start = air(scene), scene.world.now
    scene.world.advance(timedelta(hours=8))
    say(scene.world, device, values("temperature", "Cel", start + MINUTE, [29] * 8, every=timedelta(hours=1)))
    [alarm] = [one for one in found(scene) if one.type == "temperature_budget"]
    assert (alarm.severity, alarm.raised_at) == ("MAJOR", start + MINUTE + timedelta(hours=6))
    assert alarm.facts["within"] == {"seconds": 86_400}


def test_a_door_that_opens_too_often_and_a_sensor_that_is_stuck(scene: Scene) -> None:
    door = a_watching_device(scene.warehouse, scene.lot.id, kind="door")
    rule_of_warehouse = [True, False] * 21
    say(scene.world, door, values("door", "/", scene.world.now + MINUTE, rule_of_warehouse, every=MINUTE))
    assert "door_often" in kinds(scene)
    stuck = air(scene)
    for _ in range(30):
        say(scene.world, stuck, values("temperature", "Cel", scene.world.now + MINUTE, ["21.5"] * 6, every=10 * MINUTE))
    assert "temperature_still" in kinds(scene)
    breathe(scene, stuck, "temperature", ["21.4"])
    assert {alarm.type: alarm.status for alarm in found(scene)}["temperature_still"] == "CLEARED_UNACK"


def test_goods_that_travel_without_an_order_leave_their_area_and_it_gets_worse(scene: Scene) -> None:
    scene.world.admin.execute(
        "update house.site set latitude = 31.2, longitude = 121.5 where id = %s", (scene.lot.site_id,)
    )
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="position")
    start = scene.world.now + MINUTE
    norths = ["31.2001", "31.21", "31.21", "31.22", *["31.25"] * 12]
    samples = values("latitude", "lat", start, norths, every=MINUTE)
    samples += values("longitude", "lon", start, ["121.5"] * len(norths), every=MINUTE)
    say(scene.world, tracker, samples)
    [alarm] = found(scene)
    assert (alarm.type, alarm.severity, alarm.escalated) == ("geofence", "CRITICAL", 1)
    assert alarm.raised_at == start + 3 * MINUTE


YARD = "31.19, 121.49\n31.19, 121.51\n31.21, 121.51\n31.21, 121.49"


def drives(scene: Scene, tracker: SimulatedDevice, norths: Sequence[str], errors: Sequence[object] = ()) -> None:
    """A position a minute along the site's meridian, from now on; with its own error in metres, where it tells one."""
    start = scene.world.now + MINUTE
    samples = values("latitude", "lat", start, norths, every=MINUTE)
    samples += values("longitude", "lon", start, ["121.5"] * len(norths), every=MINUTE)
    say(scene.world, tracker, samples + values("position_error", "m", start, errors, every=MINUTE))


def test_a_fence_takes_the_place_of_the_circle_and_excuses_the_error_of_the_fix(scene: Scene) -> None:
    """Corners alone will do, nobody said where the site stands. Half a kilometre inside of a fence is inside; 60 m outside are told, but for what the fix may be off."""
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="position")
    drives(scene, tracker, ["31.3"] * 5)
    assert kinds(scene) == []
    rule(scene, "geofence", {"fence": YARD}, site_id=scene.lot.site_id)
    drives(scene, tracker, [*["31.2"] * 3, *["31.2055"] * 5, *["31.2104"] * 5])
    assert kinds(scene) == []
    drives(scene, tracker, ["31.2106"] * 5, [30] * 5)
    assert kinds(scene) == []
    drives(scene, tracker, ["31.2106"] * 4)
    [alarm] = found(scene)
    assert (alarm.type, alarm.severity, alarm.facts["value"], alarm.facts["high"]) == ("geofence", "MAJOR", "67", "50")
    assert "outside of the fence" in alarm.because
    drives(scene, tracker, ["31.2103"] * 4)
    assert found(scene)[0].is_active, "not yet at the fence: the band is hysteresis"
    drives(scene, tracker, ["31.2"] * 4)
    assert not found(scene)[0].is_active


def test_a_fix_excuses_a_hundred_metres_at_most(scene: Scene) -> None:
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="position")
    rule(scene, "geofence", {"fence": YARD}, site_id=scene.lot.site_id)
    drives(scene, tracker, ["31.25"] * 4, [9999] * 4)
    assert kinds(scene) == ["geofence"]


def test_a_fence_judges_from_when_it_was_drawn_whenever_the_messages_come(scene: Scene) -> None:
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="position")
    start = scene.world.now + MINUTE
    places = [
        (metric, unit, value) for metric, unit, value in (("latitude", "lat", "31.3"), ("longitude", "lon", "121.5"))
    ]
    early = [one for metric, unit, value in places for one in values(metric, unit, start, [value] * 8, every=MINUTE)]
    scene.world.advance(10 * MINUTE)
    batch = signed(scene.world, tracker, early)
    rule(scene, "geofence", {"fence": YARD}, site_id=scene.lot.site_id)
    scene.world.advance(MINUTE)
    take(scene.world, tracker, batch)
    assert kinds(scene) == [], "read before there was a fence"


def seen_by_network(start: datetime, norths: Sequence[str], errors: Sequence[object]) -> list[Sample]:
    told = [("latitude", "31.2", "lat"), ("longitude", "121.5", "lon"), ("network_longitude", "121.5", "lon")]
    samples = [
        one for metric, value, unit in told for one in values(metric, unit, start, [value] * len(norths), every=MINUTE)
    ]
    samples += values("network_latitude", "lat", start, norths, every=MINUTE)
    return samples + values("network_error", "m", start, errors, every=MINUTE)


def test_a_receiver_that_the_network_contradicts_beyond_both_errors_is_told(scene: Scene) -> None:
    """22 km apart: told after three in a row, by their own time; not where the network may be that far off, nor at a single slip."""
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="position")
    start = scene.world.now + MINUTE
    say(scene.world, tracker, seen_by_network(start, ["31.2", "31.4", "31.2", "31.2", "31.4"], [800] * 5))
    assert kinds(scene) == []
    say(scene.world, tracker, seen_by_network(start + 5 * MINUTE, ["31.2", *["31.23"] * 4], [2500] * 5))
    say(scene.world, tracker, seen_by_network(start + 10 * MINUTE, [*["31.2"] * 3, *["31.23"] * 3], []))
    assert kinds(scene) == [], "what it may be off excuses it"
    say(scene.world, tracker, seen_by_network(start + 20 * MINUTE, ["31.4"] * 4, [99_999, 800, 800, 800]))
    [alarm] = found(scene)
    assert (alarm.type, alarm.severity, alarm.facts["value"]) == ("position_doubted", "MAJOR", "21464")
    assert alarm.raised_at == start + 22 * MINUTE
    say(scene.world, tracker, seen_by_network(start + 30 * MINUTE, ["31.2"] * 4, [800] * 4))
    assert not found(scene)[0].is_active


def test_unusual_values_ring_only_where_the_site_asked_for_it(scene: Scene) -> None:
    device = air(scene)
    quiet = [20 + place % 3 / 10 for place in range(130)]
    breathe(scene, device, "temperature", [*quiet, *[24.5] * 10])
    assert kinds(scene) == []
    rule(scene, "temperature_anomaly", {"on": True}, site_id=scene.lot.site_id)
    breathe(scene, device, "temperature", [*quiet, *[24.5] * 10])
    assert kinds(scene) == ["temperature_anomaly"]


STORY = [45, 45.5, 46, 62, 70, 71, 60, 50, 46, 45, 45, 45, 62, 45, 45, 45, 45, 45, 45, 45]


@pytest.mark.parametrize("order", [None, 3, 4])
def test_a_trend_is_the_same_shuffled_and_doubled(scene: Scene, order: int | None) -> None:
    device, start = air(scene), scene.world.now
    told = [values("humidity", "%RH", start + n * MINUTE, [one, one], every=MINUTE / 2) for n, one in enumerate(STORY)]
    scene.world.advance(len(STORY) * MINUTE)
    batches = [signed(scene.world, device, samples, at=samples[-1].at) for samples in told]
    sent = list(batches)
    if order is not None:
        sent += batches[::4]
        random.Random(order).shuffle(sent)
    for at in range(0, len(sent), 3):
        take(scene.world, device, *sent[at : at + 3])
    assert [(alarm.type, alarm.raised_at - start, (alarm.cleared_at or start) - start) for alarm in found(scene)] == [
        ("humidity_rate", 3 * MINUTE + MINUTE / 2, 12 * MINUTE),
        ("humidity_rate", 12 * MINUTE + MINUTE / 2, 17 * MINUTE + MINUTE / 2),
    ]


def tried(scene: Scene, figures: dict[str, Any], *, kind: str = "weight_change", scope: Scope = ANYWHERE, days: int = 5) -> Trial:  # fmt: skip
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return try_rule(ws, kind=kind, scope=scope, setting=checked_setting(kind, figures), days=days)


def test_a_rule_is_tried_on_history_beside_the_one_in_force(scene: Scene) -> None:
    """A bag is stolen (found true), a truck shakes the scale (found false): a duller rule is held against both."""
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    calm = [BOOK] * 20
    say(scene.world, scale, weights(scene.world.now + MINUTE, [*calm, *[BOOK - 1600] * 6, *calm]))
    scene.world.advance(timedelta(hours=1))
    say(scene.world, scale, weights(scene.world.now, [*[BOOK - 30000] * 6, *calm]))
    shaken, stolen = found(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.close_alarm(ws, shaken.id, disposition="FALSE", note="A truck", evidence=["photo 1"])
        actions.close_alarm(ws, stolen.id, disposition="TRUE", note="Thieves", evidence=["photo 2"])
    same = tried(scene, {})
    assert [ring.raised_at for ring in same.live] == [shaken.raised_at, stolen.raised_at], "what it did raise"
    assert [ring.cleared_at for ring in same.live] == [shaken.cleared_at, stolen.cleared_at]
    assert same.proposed == same.live
    assert same.is_whole
    assert (same.live_score.precision, same.live_score.recall) == (Decimal("0.5"), 1)
    duller = tried(scene, {"tolerance_percent": "1"})
    assert [ring.raised_at for ring in duller.proposed] == [stolen.raised_at]
    assert (duller.proposed_score.precision, duller.proposed_score.recall) == (1, 1)
    deaf = tried(scene, {"tolerance_percent": "10"})
    assert (deaf.proposed, deaf.proposed_score.missed, deaf.proposed_score.precision) == ([], 1, None)
    assert tried(scene, {"tolerance_percent": "10"}, scope=Scope("7214200000")).messages == same.messages
    assert tried(scene, {}, scope=Scope("7214200000")).live == [], "copper is no steel"
    assert len(found(scene)) == 2, "a trial rings nowhere"


def test_a_trial_reads_ones_own_devices_and_ninety_days_at_most(scene: Scene) -> None:
    device = air(scene)
    breathe(scene, device, "temperature", [50] * 15)
    with scene.warehouse.operator.ws(read_only=True) as ws:
        nothing = try_rule(ws, kind="temperature", scope=ANYWHERE, setting=checked_setting("temperature", {}), days=5)
    assert (nothing.messages, nothing.live) == (0, [])
    with pytest.raises(Invalid):
        tried(scene, {}, days=91)
