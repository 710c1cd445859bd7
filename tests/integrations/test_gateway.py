"""The device door end to end: signed messages in, committed rows out, one outcome for each, by HTTP and through the gateway's own role."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from nacl.signing import SigningKey
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from integrations import taking
from integrations.devices.envelope import unframed
from integrations.devices.http import SIGNATURE_HEADER, signature_header
from integrations.devices.intake import Incoming, Outcome
from integrations.devices.simulator import SimulatedDevice
from integrations.taking import Taker
from marketplace.supervision import actions
from marketplace.supervision.models.devices import Device
from marketplace.supervision.queries import alarms_of_lot, fates_of, series
from marketplace.supervision.readings.ports import Sample
from tenants.database import DEVICES, PREPARED_FROM, engine
from tenants.workspace import DeviceKey, enter
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, an_enrolled_device, weights

BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


@pytest.fixture
def taker(gateway_app: Flask) -> Taker:
    return Taker(gateway_app)


def message(device: SimulatedDevice, samples: list[Sample]) -> Incoming:
    return Incoming(device.device_id, device.batch(samples), device.tenant_id)


def labels(outcomes: list[Outcome]) -> list[str]:
    return [outcome.label for outcome in outcomes]


def rows(world: World, table: str, device: SimulatedDevice) -> int:
    found = world.admin.execute(
        f"select count(*) from house.{table} where device_id = %s", (device.device_id,)
    ).fetchone()
    assert found
    return int(found[0])


def test_a_call_with_messages_of_many_firms_and_fates(world: World, scene: Scene, taker: Taker) -> None:
    here = a_watching_device(scene.supervisor, scene.lot.id)
    there = a_watching_device(scene.warehouse, scene.lot.id, kind="climate")
    stranger = SimulatedDevice(here.device_id, here.tenant_id, SigningKey.generate())
    good = message(here, weights(world.now - timedelta(minutes=1), [BOOK] * 3))
    warm = [Sample("temperature", Decimal(20), "Cel", world.now)]
    outcomes = taker(
        [
            good,
            message(there, warm),
            good,
            message(stranger, weights(world.now, [BOOK])),
            Incoming(here.device_id, b"\x01", here.tenant_id),
            message(SimulatedDevice(scene.lot.id, here.tenant_id, SigningKey.generate()), warm),
        ]
    )
    assert labels(outcomes) == [
        "stored", "stored", "duplicate", "refused:bad_signature", "refused:malformed", "refused:unknown_device"
    ]  # fmt: skip
    assert rows(world, "reading_batch", here) == rows(world, "batch_place", here) == 1


def test_a_forged_signature_stores_nothing_and_raises_one_alarm(world: World, scene: Scene, taker: Taker) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    forger = SimulatedDevice(device.device_id, device.tenant_id, SigningKey.generate())
    for _ in range(5):
        assert labels(taker([message(forger, weights(world.now, [1]))])) == ["refused:bad_signature"]
    assert {rows(world, table, device) for table in ("reading_batch", "batch_place", "reading_series")} == {0}
    with scene.bank.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
    assert (alarm.type, alarm.severity, alarm.repeats) == ("signature", "CRITICAL", 0)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert fates_of(ws, device.device_id) == {"bad_signature": 5}
    world.advance(timedelta(minutes=2))
    taker([message(forger, weights(world.now, [1]))])
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
        assert alarm.repeats == 1


def test_the_key_is_looked_up_anew_for_each_call(world: World, scene: Scene, taker: Taker) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    assert labels(taker([message(device, weights(world.now, [BOOK]))])) == ["stored"]
    with scene.supervisor.operator.ws() as ws:
        actions.revoke_device(ws, device.device_id, because="Stolen")
    assert labels(taker([message(device, weights(world.now, [BOOK]))])) == ["refused:unknown_device"]


def test_a_device_is_taken_only_under_its_own_firm_s_topic(world: World, scene: Scene, taker: Taker) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    payload = device.batch(weights(world.now, [BOOK]))
    assert labels(taker([Incoming(device.device_id, payload, scene.warehouse.tenant_id)])) == ["refused:unknown_device"]
    assert labels(taker([Incoming(device.device_id, payload, device.tenant_id)])) == ["stored"]


def test_killed_between_commit_and_acknowledgement_it_is_taken_once(
    world: World, scene: Scene, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway dies after the commit, before its PUBACK: the broker delivers again, and nothing is doubled."""
    device = a_watching_device(scene.supervisor, scene.lot.id)
    letter = message(device, weights(world.now, [BOOK - 30000] * 6))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("integrations.taking._outcome", dies)
        with pytest.raises(KeyboardInterrupt):
            taker([letter])
    assert labels(taker([letter])) == ["duplicate"]
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert len(series(ws, scene.lot.id, "weight", world.now, world.now + timedelta(hours=1))) == 6
        assert len(alarms_of_lot(ws, scene.lot.id)) == 1


def test_what_fails_together_is_tried_device_by_device(
    world: World, scene: Scene, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (a_watching_device(scene.supervisor, scene.lot.id) for _ in range(2))
    whole = taking.take_in

    def fails(ws: Any, batches: Any) -> Any:
        if any(batch.device_id == bad.device_id for batch in batches):
            raise ValueError("no such luck")
        return whole(ws, batches)

    monkeypatch.setattr(taking, "take_in", fails)
    letters = [message(bad, weights(world.now, [BOOK])), message(good, weights(world.now, [BOOK]))]
    assert labels(taker(letters)) == ["later", "stored"]


def post(world: World, device: SimulatedDevice, payload: bytes, **headers: str) -> Any:
    content_type, signature, body = unframed(payload)
    told = {"Content-Type": content_type, SIGNATURE_HEADER: signature_header(signature)} | headers
    return world.app.test_client().post(f"/api/v1/devices/{device.device_id}/batches", data=body, headers=told)


def test_by_http_the_signature_is_the_credential(world: World, scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    payload = device.batch(weights(world.now, [BOOK] * 2))
    answers = [post(world, device, payload) for _ in range(2)]
    assert [(a.status_code, a.json) for a in answers] == [(201, {"verdict": "stored"}), (200, {"verdict": "duplicate"})]
    with scene.sme.operator.ws(read_only=True) as ws:
        assert len(series(ws, scene.lot.id, "weight", world.now, world.now + timedelta(hours=1))) == 2


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({SIGNATURE_HEADER: signature_header(b"\x00" * 64)}, 401, "bad_signature"),
        ({SIGNATURE_HEADER: "nonsense"}, 422, "malformed"),
        ({"Content-Type": "text/csv"}, 415, "unsupported_type"),
        ({"Content-Type": "application/cbor"}, 401, "bad_signature"),
    ],
)
def test_by_http_what_is_wrong_is_named(
    world: World, scene: Scene, change: dict[str, str], status: int, code: str
) -> None:
    device = an_enrolled_device(scene.supervisor)
    answer = post(world, device, device.batch(weights(world.now, [BOOK])), **change)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (status, code, "application/problem+json")


def test_by_http_a_conflict_an_unknown_device_and_a_wrong_clock(world: World, scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    twin = SimulatedDevice(device.device_id, device.tenant_id, device.key)
    assert post(world, device, device.batch(weights(world.now, [BOOK]))).status_code == 201
    assert post(world, device, twin.batch(weights(world.now, [BOOK - 1]))).json["code"] == "conflict"
    nobody = SimulatedDevice(scene.lot.id, device.tenant_id, device.key)
    assert post(world, nobody, nobody.batch(weights(world.now, [BOOK]))).status_code == 404
    ahead = device.batch(weights(world.now + timedelta(hours=3), [BOOK]))
    assert post(world, device, ahead).json["code"] == "skewed"
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert {alarm.type for alarm in alarms_of_lot(ws, scene.lot.id)} == {"tamper", "clock_skew"}


@pytest.mark.parametrize("house", ["app", "gateway_app"])
def test_a_statement_that_stays_prepared_shows_each_firm_its_own(
    scene: Scene, house: str, request: pytest.FixtureRequest
) -> None:
    devices = an_enrolled_device(scene.supervisor), an_enrolled_device(scene.warehouse)
    ours = select(Device.id)
    kept = text("select count(*) from pg_prepared_statements where statement like '%FROM house.device%'")
    with request.getfixturevalue(house).app_context():
        for one in devices * PREPARED_FROM * 2:
            with enter(DeviceKey(one.device_id)) as ws:
                assert ws.session.scalars(ours).all() == [one.device_id]
                prepared = ws.session.scalar(kept)
        assert prepared, "nothing stayed prepared, so nothing was tried"
        with Session(engine(DEVICES)) as session, session.begin(), pytest.raises(DBAPIError, match="no tenant context"):
            session.scalars(ours).all()


def test_what_is_written_is_prepared_once_whatever_is_missing_and_however_large(
    world: World, scene: Scene, taker: Taker, gateway_app: Flask
) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    sensor = an_enrolled_device(scene.warehouse)
    full = [Sample("battery", Decimal(80), "%EL", world.now), Sample("firmware", "2.1", "", world.now)]
    sensor.boot = 40_000
    for _ in range(PREPARED_FROM * 2):
        assert labels(taker([message(scale, weights(world.now, [BOOK]))])) == ["stored"]
        assert labels(taker([message(sensor, full)])) == ["stored"]
    with gateway_app.app_context(), engine(DEVICES).connect() as line:
        [told] = line.execute(text("select array_agg(statement) from pg_prepared_statements where statement like '%house.batch_place (%'")).all()  # fmt: skip
    assert len(told[0]) == len({*told[0]})


RETYPED = (
    "alter table house.alarm_rule_version alter column hs_code type varchar",
    "alter table house.alarm_rule_version alter column hs_code type text",
)
WIDENED = (
    "alter function gate.device_keys(uuid[]) rename to device_keys_before;"
    " create function gate.device_keys(devices uuid[]) returns table (device uuid, tenant_id uuid, public_key bytea, next_key bytea, signer uuid, more int)"
    " language sql stable security definer as 'select *, 1 from gate.device_keys_before(devices)';"
    " grant execute on function gate.device_keys(uuid[]) to bailee_gateway",
    "drop function gate.device_keys(uuid[]); alter function gate.device_keys_before(uuid[]) rename to device_keys",
)


@pytest.mark.parametrize(("migrated", "back"), [RETYPED, WIDENED], ids=["a column", "the gate"])
def test_a_migration_under_a_running_gateway_costs_no_message(
    world: World, scene: Scene, taker: Taker, migrated: str, back: str
) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)

    def taken() -> list[str]:
        return labels(taker([message(device, weights(world.now, [BOOK]))]))

    assert [taken() for _ in range(PREPARED_FROM * 2)] == [["stored"]] * PREPARED_FROM * 2
    world.admin.execute(migrated)
    try:
        assert taken() == ["stored"]
    finally:
        world.admin.execute(back)
    assert taken() == ["stored"]
