"""A device's keys: the change of one, and the gateway that signs for a sensor without any. Through the real door."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from nacl.signing import SigningKey

from integrations.devices.intake import Incoming
from integrations.devices.simulator import SimulatedDevice
from integrations.taking import Taker
from marketplace.supervision import actions
from marketplace.supervision.devices.keys import retired_keys
from marketplace.supervision.queries import alarms_among, alarms_of_lot, watched_device
from marketplace.supervision.readings.ports import Sample
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.supervision.makers import (
    Scene,
    a_scene,
    a_sensor_below,
    a_watching_device,
    an_enrolled_device,
    device_of,
    say,
    signed,
    take,
    values,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


@pytest.fixture
def taker(gateway_app: Flask) -> Taker:
    return Taker(gateway_app)


def message(device: SimulatedDevice, world: World, key: SigningKey | None = None) -> Incoming:
    device.key = key or device.key
    samples = [Sample("temperature", Decimal(20), "Cel", world.now)]
    return Incoming(device.device_id, device.batch(samples), device.tenant_id)


def agree(scene: Scene, device: SimulatedDevice, key: SigningKey) -> None:
    """Two people agree on the device's next key."""
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_key(ws, device.device_id, public_key=bytes(key.verify_key), because="Yearly change")
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)


# The change of a key ------------------------------------------------------------------------------------------------------------------


def test_a_key_changes_with_the_device_s_own_first_word_under_it(world: World, scene: Scene, taker: Taker) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    old, new = device.key, SigningKey.generate()
    under_way = message(device, world)
    agree(scene, device, new)
    assert taker([under_way])[0].label == "stored", "what was signed before is not lost"
    world.advance(MINUTE)
    assert taker([message(device, world, new)])[0].label == "stored"
    entry = device_of(scene.supervisor, device)
    assert (entry.public_key, entry.next_key) == (bytes(new.verify_key), None)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [retired] = retired_keys(ws, device.device_id)
        assert alarms_of_lot(ws, scene.lot.id) == []
    assert (retired.public_key, retired.since, retired.until) == (bytes(old.verify_key), entry.enrolled_at, world.now)
    world.advance(MINUTE)
    assert taker([message(device, world, old)])[0].label == "refused:bad_signature", "the old key opens nothing"
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert [alarm.type for alarm in alarms_of_lot(ws, scene.lot.id)] == ["signature"]


def test_two_keys_change_within_one_call_and_the_order_of_the_chain_decides(
    world: World, scene: Scene, taker: Taker
) -> None:
    device, new = a_watching_device(scene.supervisor, scene.lot.id, kind="climate"), SigningKey.generate()
    agree(scene, device, new)
    messages = [message(device, world), message(device, world, new), message(device, world)]
    assert [outcome.label for outcome in taker(messages)] == ["stored"] * 3
    assert device_of(scene.supervisor, device).public_key == bytes(new.verify_key)


def test_nobody_changes_a_key_alone_and_a_key_serves_once(scene: Scene) -> None:
    device, other = (an_enrolled_device(scene.supervisor, kind="climate") for _ in range(2))
    new = bytes(SigningKey.generate().verify_key)
    officer = scene.supervisor.operator
    with officer.ws() as ws:
        proposal = actions.propose_key(ws, device.device_id, public_key=new, because="Yearly")
    with pytest.raises(NotAllowed), officer.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    for known in (other.public_key, device.public_key):
        with pytest.raises(Conflict, match="already enrolled"), officer.ws() as ws:
            actions.propose_key(ws, device.device_id, public_key=known, because="Yearly")
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with pytest.raises(Conflict, match="already enrolled"), officer.ws() as ws:
        actions.propose_key(ws, other.device_id, public_key=new, because="Yearly")


def test_a_retired_key_is_never_taken_again(world: World, scene: Scene, taker: Taker) -> None:
    device, new = an_enrolled_device(scene.supervisor, kind="climate"), SigningKey.generate()
    old = device.public_key
    agree(scene, device, new)
    taker([message(device, world, new)])
    with pytest.raises(Conflict, match="already enrolled"), scene.supervisor.operator.ws() as ws:
        actions.enrol_device(ws, actions.Described(kind="climate", name="Again"), public_key=old)


def test_weak_keys_revoked_devices_and_strangers_are_refused(scene: Scene) -> None:
    device, key = an_enrolled_device(scene.supervisor, kind="climate"), bytes(SigningKey.generate().verify_key)
    with pytest.raises(Invalid, match="safe"), scene.supervisor.operator.ws() as ws:
        actions.propose_key(ws, device.device_id, public_key=b"\x01" + bytes(31), because="Yearly")
    with pytest.raises(NotFound), scene.warehouse.operator.ws() as ws:
        actions.propose_key(ws, device.device_id, public_key=key, because="Yearly")
    with pytest.raises(NotAllowed), scene.sme.operator.ws() as ws:
        actions.propose_key(ws, device.device_id, public_key=key, because="Yearly")
    with scene.supervisor.operator.ws() as ws:
        actions.revoke_device(ws, device.device_id, because="Scrapped")
    with pytest.raises(Conflict, match="revoked"), scene.supervisor.operator.ws() as ws:
        actions.propose_key(ws, device.device_id, public_key=key, because="Yearly")


# The gateway above --------------------------------------------------------------------------------------------------------------------


def test_a_gateway_signs_for_a_sensor_below_it_and_says_so(world: World, scene: Scene, taker: Taker) -> None:
    gateway = an_enrolled_device(scene.supervisor, kind="gateway")
    sensor = a_sensor_below(scene.supervisor, gateway)
    assert taker([message(sensor, world)])[0].label == "stored"
    with scene.supervisor.operator.ws(read_only=True) as ws:
        row = watched_device(ws, sensor.device_id)
    assert (row.device.public_key, row.device.gateway_id, row.state.batches) == (None, gateway.device_id, 1)


def test_it_is_refused_where_it_does_not_say_so_or_is_another(world: World, scene: Scene, taker: Taker) -> None:
    gateway, other = (an_enrolled_device(scene.supervisor, kind="gateway") for _ in range(2))
    sensor = a_sensor_below(scene.supervisor, gateway)
    sensor.signer = None
    assert taker([message(sensor, world)])[0].label == "refused:wrong_signer"
    sensor.signer = other.device_id
    assert taker([message(sensor, world)])[0].label == "refused:wrong_signer"
    assert taker([message(sensor, world, other.key)])[0].label == "refused:bad_signature"
    gateway.signer = other.device_id
    assert taker([message(gateway, world)])[0].label == "refused:wrong_signer", "a device with a key speaks for itself"


def test_with_its_gateway_revoked_a_sensor_is_nobody(world: World, scene: Scene, taker: Taker) -> None:
    gateway = an_enrolled_device(scene.supervisor, kind="gateway")
    sensor = a_sensor_below(scene.supervisor, gateway)
    with scene.supervisor.operator.ws() as ws:
        actions.revoke_device(ws, gateway.device_id, because="Stolen")
    assert taker([message(sensor, world)])[0].label == "refused:unknown_device"


def test_only_a_gateway_of_one_s_own_signs_and_for_no_gateway(scene: Scene) -> None:
    gateway, scale = (an_enrolled_device(scene.supervisor, kind=kind) for kind in ("gateway", "weight"))
    key = bytes(SigningKey.generate().verify_key)
    for kind, above, own in (
        ("climate", scale.device_id, None),
        ("gateway", gateway.device_id, None),
        ("climate", gateway.device_id, key),
        ("climate", None, None),
    ):
        with pytest.raises(Invalid), scene.supervisor.operator.ws() as ws:
            actions.enrol_device(ws, actions.Described(kind=kind, name="Sensor"), gateway_id=above, public_key=own)
    with pytest.raises(Invalid), scene.warehouse.operator.ws() as ws:
        actions.enrol_device(ws, actions.Described(kind="climate", name="Sensor"), gateway_id=gateway.device_id)


# Firmware -----------------------------------------------------------------------------------------------------------------------------


def test_another_firmware_than_expected_is_an_alarm_until_one_of_them_is_put_right(world: World, scene: Scene) -> None:
    device = an_enrolled_device(scene.supervisor, kind="climate", firmware="sha256:aa")

    def told() -> list[str]:
        with scene.supervisor.operator.ws(read_only=True) as ws:
            return [f"{one.severity} {one.type} {one.status}" for one in alarms_among(ws, [device.device_id])]

    def reports(firmware: str) -> None:
        world.advance(MINUTE)
        say(world, device, [Sample("firmware", firmware, "", world.now)])

    reports("sha256:aa")
    assert told() == []
    for _ in range(2):
        reports("sha256:bb")
    assert told() == ["MAJOR firmware ACTIVE_UNACK"], "once, however often it is reported"
    with scene.supervisor.operator.ws() as ws:
        actions.expect_firmware(ws, device.device_id, firmware="sha256:bb")
    world.advance(MINUTE)
    take(world, device, signed(world, device, values("temperature", "Cel", world.now, [20], every=MINUTE)))
    assert told() == ["MAJOR firmware CLEARED_UNACK"], "the next message of any kind finds them alike"
