"""What was told on half a story and is told otherwise by messages that come late: superseded, never edited; what people made of it goes on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision import actions
from marketplace.supervision.alarms.incidents import incident_of, open_incidents
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import alarms_of_lot, watched_device
from marketplace.supervision.readings.ports import SignedBatch
from tenants.events import Event
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, signed, take, values, weights

BOOK = 498750
MINUTE = timedelta(minutes=1)
CALM, GONE = [BOOK] * 3, [BOOK - 30000] * 3


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def minutes(scene: Scene, told: Sequence[Sequence[int]]) -> tuple[SimulatedDevice, list[SignedBatch], datetime]:
    """A scale that says this, a message a minute; all signed before any arrives."""
    device, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    batches = [
        signed(scene.world, device, weights(start + n * MINUTE, figures), at=start + n * MINUTE)
        for n, figures in enumerate(told)
    ]
    scene.world.set_clock(start + len(told) * MINUTE)
    return device, batches, start


def give_up(scene: Scene) -> None:
    scene.world.advance(timedelta(minutes=3))
    scene.world.work()


def of_goods(scene: Scene) -> list[Alarm]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return sorted((one for one in alarms_of_lot(ws, scene.lot.id) if one.boot is not None), key=lambda one: one.id)


def facts(scene: Scene, kind: str) -> list[dict[str, Any]]:
    """What the lot's story tells of this kind, as the bank reads it."""
    with scene.bank.operator.ws(read_only=True) as ws:
        told = ws.session.scalars(select(Event).where(Event.stream_id == scene.lot.id, Event.kind == kind))
        return [event.values for event in told]


def test_a_theft_that_began_earlier_than_it_seemed(scene: Scene) -> None:
    """Raised at the fifth minute on what was there; the fourth comes later. One who took note need not take note again."""
    device, batches, start = minutes(scene, [CALM, CALM, GONE, GONE, GONE])
    take(scene.world, device, *batches[:2], *batches[3:])
    give_up(scene)
    [half] = of_goods(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, half.id)
    take(scene.world, device, batches[2])
    first, second = of_goods(scene)
    assert (first.raised_at, first.status, first.disposition) == (half.raised_at, "CLOSED", "SUPERSEDED")
    assert (first.superseded_by, first.closing_note, first.evidence) == (second.id, second.number, [batches[2].digest.hex()])  # fmt: skip
    assert (second.raised_at, second.status) == (start + 2 * MINUTE + timedelta(seconds=40), "ACTIVE_ACK")
    assert (second.acknowledged_by, second.noticed_at) == (half.acknowledged_by or scene.supervisor.operator.name, half.noticed_at)  # fmt: skip
    [told] = facts(scene, "AlarmSuperseded")
    assert (told["alarm_id"], told["superseded_by"]) == (str(first.id), str(second.id))
    with scene.bank.operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        assert [one.id for one in incident.alarms if one.boot is not None] == [second.id]
        assert incident_of(ws, first.id).id == incident.id


def test_what_is_not_borne_out_is_over_and_waits_for_a_person(scene: Scene) -> None:
    """The last of three readings beyond the limit was said by a clock that the missing message shows to be behind it: nothing was out of the ordinary."""
    device, batches, _ = minutes(scene, [CALM, [*CALM[:2], BOOK - 30000], CALM, [BOOK - 30000] * 2 + [BOOK]])
    take(scene.world, device, *batches[:2], batches[3])
    give_up(scene)
    [half] = of_goods(scene)
    assert half.severity == "CRITICAL"
    take(scene.world, device, batches[2])
    [stays] = of_goods(scene)
    assert (stays.status, stays.superseded_by, stays.is_active) == ("CLEARED_UNACK", None, False)
    assert stays.superseded_at == scene.world.now
    with scene.supervisor.operator.ws() as ws:
        assert [one for one in open_incidents(ws) if one.fused.of_goods[0].type == "weight_change"] == []
        actions.close_alarm(ws, stays.id, disposition="FALSE", note="A message was late.", evidence=["0/2"])


def test_an_end_that_was_told_too_early_is_put_right_and_a_persons_word_stays(scene: Scene) -> None:
    """The scale came back, and fell once more in a message that was late: the five calm minutes that end the alarm count from there."""
    told = [CALM, GONE, CALM, GONE, *[CALM] * 8]
    device, batches, _ = minutes(scene, told)
    other, same, _ = minutes(scene, told)
    for scale, its in ((device, batches), (other, same)):
        take(scene.world, scale, *its[:3], *its[4:])
    give_up(scene)
    half, called_over = of_goods(scene)
    assert half.cleared_at is not None
    assert half.cleared_by == called_over.cleared_by == "rule"
    scene.world.admin.execute("update house.alarm set cleared_by = 'Sun Li' where id = %s", (called_over.id,))
    take(scene.world, device, batches[3])
    take(scene.world, other, same[3])
    first, left, second = of_goods(scene)
    assert (first.superseded_by, second.raised_at) == (second.id, half.raised_at)
    assert second.cleared_at == half.cleared_at + 2 * MINUTE
    assert (left.cleared_at, left.superseded_at) == (called_over.cleared_at, None)
    assert still_told(scene, device) == {}


def still_told(scene: Scene, device: SimulatedDevice) -> dict[str, Any]:
    """What stands told by the device's rules."""
    with scene.supervisor.operator.ws(read_only=True) as ws:
        rules = watched_device(ws, device.device_id).state.rules
    return {key: kept for key, kept in rules.items() if key.startswith("told|")}


def test_a_witness_that_is_not_borne_out_makes_nothing_critical(scene: Scene) -> None:
    scene.world.set_clock(scene.world.now.replace(hour=19, minute=0) + timedelta(days=1))  # three in the morning there
    door = a_watching_device(scene.supervisor, scene.lot.id, kind="door")
    scale, batches, start = minutes(scene, [CALM, [*CALM[:2], BOOK - 30000], CALM, [BOOK - 30000] * 2 + [BOOK]])
    opened = values("door", "/", start, [True] * 3, every=20 * (MINUTE / 60))
    take(scene.world, door, signed(scene.world, door, opened))
    take(scene.world, scale, *batches[:2], batches[3])
    give_up(scene)
    assert {one.type: one.severity for one in of_goods(scene)} == {"door_open": "CRITICAL", "weight_change": "CRITICAL"}
    take(scene.world, scale, batches[2])
    standing = [one for one in of_goods(scene) if one.superseded_at is None]
    assert [(one.type, one.severity) for one in standing] == [("door_open", "MAJOR")]


def test_marks_of_behaviour_are_not_brought_back_by_a_late_message(scene: Scene) -> None:
    """A clock that was wrong a while ago and is right by now stays right, whatever comes late from before."""
    device, batches, start = minutes(scene, [CALM])
    ahead = signed(scene.world, device, weights(start + MINUTE, CALM), at=scene.world.now + timedelta(minutes=4))
    take(scene.world, device, *batches, ahead)
    scene.world.advance(timedelta(minutes=9))
    right, late, last = (
        signed(scene.world, device, weights(start + n * MINUTE, CALM), at=scene.world.now) for n in (2, 3, 4)
    )
    take(scene.world, device, right)
    take(scene.world, device, last)
    give_up(scene)
    take(scene.world, device, late)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        rules = watched_device(ws, device.device_id).state.rules
        wrong = [one for one in alarms_of_lot(ws, scene.lot.id) if one.type == "clock_skew" and one.is_active]
    assert "skewed" not in rules
    assert wrong == []


def test_a_cut_in_the_chain_shows_whatever_comes_first(scene: Scene) -> None:
    device, batches, start = minutes(scene, [CALM, CALM])
    twin = SimulatedDevice(device.device_id, device.tenant_id, device.key, sequence=1, previous=b"\x01" * 32)
    cut = signed(scene.world, twin, weights(start + MINUTE, CALM))
    after = signed(scene.world, device, weights(start + 2 * MINUTE, CALM))
    take(scene.world, device, batches[0], after)
    take(scene.world, device, cut)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
    assert (alarm.type, alarm.severity) == ("tamper", "CRITICAL")
