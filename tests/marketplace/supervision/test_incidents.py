"""A theft that door, camera and scale saw is one incident: voted critical, told once, read alike by all who see the goods."""

import random
from datetime import datetime, timedelta

import pytest

from marketplace.supervision import actions
from marketplace.supervision.alarms.incidents import incident_of, open_incidents, unborne_by
from marketplace.supervision.queries import alarms_of_lot
from tenants.errors import Conflict, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, signed, take, values, weights

MINUTE = timedelta(minutes=1)
BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def a_night(scene: Scene) -> datetime:
    """Three in the morning by the site's clock: no door should open."""
    night = scene.world.now.replace(hour=19, minute=0) + timedelta(days=1)
    scene.world.set_clock(night)
    return night


def a_theft(scene: Scene, *, order: int | None = None) -> datetime:
    """The door opens, somebody is seen, the scale loses thirty tonnes; told by three devices, in order or not."""
    door, camera, scale = (
        a_watching_device(scene.supervisor, scene.lot.id, kind=kind, interval_seconds=86400)
        for kind in ("door", "camera", "weight")
    )
    start = a_night(scene)
    scene.world.advance(timedelta(hours=1))
    told = [
        (door, values("door", "/", start + MINUTE, [False, True, True, True, False], every=MINUTE)),
        (camera, values("intrusion", "/", start + 3 * MINUTE, [True] * 4 + [False] * 3, every=5 * (MINUTE / 60))),
        (scale, weights(start, [*[BOOK] * 12, *[BOOK - 30000] * 6])),
    ]
    batches = [(device, signed(scene.world, device, samples, at=samples[-1].at)) for device, samples in told]
    if order is not None:
        batches += batches[:2]
        random.Random(order).shuffle(batches)
    for device, batch in batches:
        take(scene.world, device, batch)
    return start


def outcome(scene: Scene, start: datetime) -> list[tuple[str, str, timedelta, timedelta | None]]:
    with scene.bank.operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        return [
            (one.type, one.severity, one.raised_at - start, one.cleared_at and one.cleared_at - start)
            for one in incident.alarms
        ]


def test_three_sensors_make_one_incident_and_each_alarm_of_it_critical(scene: Scene) -> None:
    start = a_theft(scene)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        assert {alarm.type for alarm in incident.alarms} == {"door_open", "intrusion", "weight_change"}
        assert {alarm.severity for alarm in incident.alarms} == {"CRITICAL"}
        assert incident.fused.witnesses == {"door", "camera", "weight"}
        assert incident.status == "ACTIVE_UNACK"
        assert all(incident_of(ws, alarm.id).id == incident.id for alarm in incident.alarms)
    assert outcome(scene, start)[0][0] == "door_open"
    scene.world.work()
    assert [alarm.escalated for alarm in alarms(scene) if alarm.type == "door_open"] == [1], (
        "told anew once, as critical"
    )


def alarms(scene: Scene) -> list[object]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return list(alarms_of_lot(ws, scene.lot.id))


@pytest.mark.parametrize("order", range(3))
def test_the_same_incident_shuffled_and_doubled(world: World, order: int) -> None:
    plain, shuffled = a_scene(world), a_scene(world)
    expected = outcome(plain, a_theft(plain))
    assert outcome(shuffled, a_theft(shuffled, order=order)) == expected


def test_what_happens_the_next_day_is_another_incident(scene: Scene) -> None:
    for _ in range(2):
        with scene.supervisor.operator.ws() as ws:
            alarm = actions.raise_alarm(ws, type="water", severity="MAJOR", because="Water was detected.", lot_id=scene.lot.id)  # fmt: skip
            actions.clear_alarm(ws, alarm.id)
        scene.world.advance(timedelta(days=1))
    with scene.bank.operator.ws(read_only=True) as ws:
        assert [len(one.alarms) for one in open_incidents(ws)] == [1, 1]


def test_an_officer_takes_note_of_a_whole_incident(scene: Scene) -> None:
    a_theft(scene)
    with scene.bank.operator.ws(read_only=True) as ws:
        first = open_incidents(ws)[0].id
    for firm in (scene.sme, scene.bank):
        with firm.operator.ws() as ws, pytest.raises(NotAllowed):
            actions.acknowledge_incident(ws, first)
    stranger = scene.world.firm("SUPERVISOR").operator
    with stranger.ws() as ws, pytest.raises(NotFound):
        actions.acknowledge_incident(ws, first)
    with scene.supervisor.operator.ws() as ws:
        assert actions.acknowledge_incident(ws, first).status == "ACTIVE_ACK"
        with pytest.raises(Conflict):
            actions.acknowledge_incident(ws, first)


@pytest.mark.parametrize(
    ("door", "share", "saw_nothing"),
    [([False] * 20, "0.001", {"door", "camera"}), ([False] * 9 + [True] * 2 + [False] * 9, "0.001", {"camera"}), ([False] * 20, "0.03", {"door"}), ([], "0.001", {"camera"}), ([False] * 5, "0.03", set())],
)  # fmt: skip
def test_what_the_scale_alone_tells_is_held_against_who_was_there(scene: Scene, door: list[bool], share: str, saw_nothing: set[str]) -> None:  # fmt: skip
    """At noon, when a door may open without a bell; a camera by one picture that rings none either. Who was last heard before it is no witness."""
    noon = scene.world.now.replace(hour=4, minute=0) + timedelta(days=1)
    scene.world.set_clock(noon)
    watching = [(a_watching_device(scene.supervisor, scene.lot.id, kind=kind, interval_seconds=86400), told) for kind, told in (
        ("door", values("door", "/", noon, door, every=MINUTE)),
        ("camera", values("image_change", "1", noon + 20 * MINUTE, [share], every=MINUTE)),
        ("weight", weights(noon + 10 * MINUTE, [*[BOOK] * 3, *[BOOK - 30000] * 6])),
    ) if told]  # fmt: skip
    late = a_watching_device(scene.supervisor, scene.lot.id, kind="combined", interval_seconds=86400)
    scene.world.advance(timedelta(minutes=30))
    take(scene.world, late, signed(scene.world, late, values("intrusion", "/", noon, [False] * 3, every=MINUTE)))
    for device, told in watching:
        take(scene.world, device, signed(scene.world, device, told, at=told[-1].at))
    with scene.bank.operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        assert [one.type for one in incident.alarms] == ["weight_change"]
        assert unborne_by(ws, incident) == saw_nothing
    [by_call] = scene.bank.operator.call("GET", "/incidents").json["items"]
    assert by_call["unborne_by"] == sorted(saw_nothing)
    page = scene.supervisor.operator.browser().get(f"/incidents/{by_call['id']}").text
    assert ("The scale alone tells of it" in page) == bool(saw_nothing)
