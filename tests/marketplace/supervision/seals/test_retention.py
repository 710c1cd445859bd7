"""Readings go at the end of their retention, unless something holds them; what is gone can still be named, and no role but the gate lets any go."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision import actions
from marketplace.supervision.queries import chart
from marketplace.supervision.seals import retention
from marketplace.supervision.seals.file import Asked, record_of_readings
from tenants.events import Event
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, weights
from tests.marketplace.supervision.seals.test_sealing import a_day_passes, run

TABLES = ("reading_series", "reading_batch", "sealed_batch", "reading_roll_up", "batch_place")
MONTH = timedelta(days=31)


@pytest.fixture
def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(retention, "_kept", [])
    retention.keep_readings_for(1)
    assert retention.kept_for() == timedelta(days=30), "thirty days at least"
    return a_scene(world)


@pytest.fixture
def scale(scene: Scene) -> SimulatedDevice:
    """It said two things, which lie under a seal, and was taken off."""
    device = a_watching_device(scene.supervisor, scene.lot.id)
    for minute in (0, 1):
        say(scene.world, device, weights(scene.world.now + timedelta(minutes=minute), [498750, 498751]))
    with scene.supervisor.operator.ws() as ws:
        actions.detach_device(ws, device.device_id)
    a_day_passes(scene.world)
    return device


def kept(admin: psycopg.Connection, device_id: UUID) -> list[int]:
    """How many rows of a device are in each table."""
    counted = [
        admin.execute(f"select count(*) from house.{table} where device_id = %s", (device_id,)) for table in TABLES
    ]
    return [row[0] for found in counted if (row := found.fetchone())]


def months_pass(world: World, months: int = 1) -> None:
    for _ in range(months):
        world.advance(MONTH)
        world.work()


def test_what_is_gone_can_still_be_named(
    scene: Scene, scale: SimulatedDevice, admin: psycopg.Connection, tmp_path: Path
) -> None:
    start = scene.world.now - timedelta(days=2)
    assert kept(admin, scale.device_id) == [2, 2, 2, 2, 2]
    months_pass(scene.world)
    assert kept(admin, scale.device_id) == [0, 0, 2, 2, 2]
    with scene.bank.operator.ws(read_only=True) as ws:
        export = record_of_readings(ws, Asked("lot", scene.lot.id, scene.lot.number, start, scene.world.now))
        drawn = chart(ws, scene.lot.id, "weight", start - timedelta(days=300), scene.world.now)
        told = ws.session.scalars(select(Event).where(Event.kind == "ReadingsLetGo")).one()
    assert [one["sequence"] for one in export["chains"][0]["seals"][0]["opened"]] == [0, 1]
    assert export["readings"] == []
    assert [(one.least, one.greatest) for one in drawn] == [(498750, 498751)], "roll-ups draw what is gone"
    assert (told.stream_id, told.values["batches"], told.values["days"]) == (scene.lot.id, 2, 30)
    ended, said = run(tmp_path, json.loads(json.dumps(export)))
    assert (ended, "the readings of 2 sealed messages" in said, "were let go" in said) == (0, True, True), said
    months_pass(scene.world)
    assert kept(admin, scale.device_id) == [0, 0, 2, 2, 2]


def test_an_open_alarm_holds_them_until_it_is_closed(
    scene: Scene, scale: SimulatedDevice, admin: psycopg.Connection
) -> None:
    with scene.supervisor.operator.ws() as ws:
        alarm = actions.raise_alarm(ws, type="door_open", severity="MINOR", because="Door", lot_id=scene.lot.id)
    months_pass(scene.world, 2)
    assert kept(admin, scale.device_id) == [2, 2, 2, 2, 2]
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
        actions.clear_alarm(ws, alarm.id)
        actions.close_alarm(ws, alarm.id, disposition="FALSE", note="Wind")
    months_pass(scene.world)
    assert kept(admin, scale.device_id) == [0, 0, 2, 2, 2]


def test_frozen_goods_and_goods_in_enforcement_hold_them(
    scene: Scene, scale: SimulatedDevice, admin: psycopg.Connection
) -> None:
    asked = "select gate.holds_readings(%s, %s)"
    me = (scene.supervisor.tenant_id, scene.supervisor.tenant_id)
    held = []
    for status in ("VERIFIED", "PLEDGED", "IN_DISPOSAL", "FROZEN", "SOLD", "DEPARTED"):
        with admin.transaction(force_rollback=True):
            admin.execute(
                "set local session_replication_role = replica"
            )  # the states alone, without what leads to them
            admin.execute(
                "update house.lot set status = %s, kept_status = %s where id = %s",
                (status, "VERIFIED" if status == "FROZEN" else None, scene.lot.id),
            )
            admin.execute("select gate.stand_in(%s, %s, 'test')", me)
            held += [status] if admin.execute(asked, (scene.lot.id, scale.device_id)).fetchone() == (True,) else []
    assert held == ["IN_DISPOSAL", "FROZEN", "SOLD"]
    months_pass(scene.world)
    assert kept(admin, scale.device_id)[0] == 0


def test_goods_that_have_another_name_by_now_hold_what_was_read_under_the_old_one(
    scene: Scene, scale: SimulatedDevice, admin: psycopg.Connection
) -> None:
    child, owner = a_scene(scene.world).lot.id, scene.lot.tenant_id
    with admin.transaction(force_rollback=True):
        admin.execute("set local session_replication_role = replica")  # a split, told by its outcome alone
        admin.execute("select gate.stand_in(%s, %s, 'test')", (scene.supervisor.tenant_id, scene.supervisor.tenant_id))
        admin.execute("update house.lot set status = 'IN_DISPOSAL', tenant_id = %s where id = %s", (owner, child))
        asked = ("select gate.holds_readings(%s, %s)", (scene.lot.id, scale.device_id))
        assert admin.execute(*asked).fetchone() == (False,)
        admin.execute(
            "insert into house.lot_descent (tenant_id, id, conversion_id, kind, parent_id, parent_number, child_id, child_number, product_name, unit, moved_at)"
            " values (%s, uuidv7(), uuidv7(), 'SPLIT', %s, 'P', %s, 'C', 'Copper', 'TNE', gate.now())",
            (owner, scene.lot.id, child),
        )
        assert admin.execute(*asked).fetchone() == (True,)


def test_what_lies_under_no_seal_stays(scene: Scene, scale: SimulatedDevice, admin: psycopg.Connection) -> None:
    admin.execute("update house.batch_place set sealed = true where device_id = %s", (scale.device_id,))
    admin.execute("delete from house.sealed_batch where device_id = %s and sequence = 1", (scale.device_id,))
    months_pass(scene.world, 2)
    assert kept(admin, scale.device_id) == [1, 1, 1, 2, 2]


def test_the_gate_lets_nothing_young_go(scene: Scene, scale: SimulatedDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_kept", [timedelta(days=29)])
    scene.world.advance(MONTH)
    with pytest.raises(DBAPIError, match="thirty days at least"):
        scene.world.work()
