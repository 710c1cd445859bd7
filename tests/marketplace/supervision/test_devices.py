"""Devices from enrolment to revocation: who may, where they sit, that they speak, and that nobody else sees them."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from integrations.devices.envelope import opened
from integrations.devices.intake import Incoming
from marketplace.inventory import actions as inventory
from marketplace.inventory.actions import mark_departed, report_loss
from marketplace.inventory.conversions.descent import lines_of
from marketplace.quantity import Quantity
from marketplace.supervision import actions
from marketplace.supervision.devices import attaching
from marketplace.supervision.models.devices import Attachment, Device
from marketplace.supervision.models.readings import BatchPlace, LatestReading, ReadingBatch, ReadingSeries
from marketplace.supervision.queries import (
    alarms_of_lot,
    attachments_of,
    condition_of,
    latest_readings,
    list_devices,
    watched_device,
)
from tenants import approvals, rooms
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tenants.workspace import DeviceKey, SignedOut, enter
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot
from tests.marketplace.supervision.makers import (
    Scene,
    a_scene,
    a_watching_device,
    an_enrolled_device,
    say,
    signed,
    take,
    values,
    weights,
)

BOOK = 498750
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def alarms(scene: Scene) -> dict[str, str]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return {alarm.type: f"{alarm.severity} {alarm.status}" for alarm in alarms_of_lot(ws, scene.lot.id)}


# Who may -----------------------------------------------------------------------------------------------------------------------------


def test_the_pledgor_the_bank_and_a_reader_enrol_nothing(scene: Scene) -> None:
    for person in (scene.sme.operator, scene.bank.operator, scene.supervisor.person("auditor")):
        with pytest.raises(NotAllowed), person.ws() as ws:
            actions.enrol_device(
                ws, actions.Described(kind="door", name="Door"), public_key=bytes(SigningKey.generate().verify_key)
            )


def test_a_pledgor_that_also_keeps_a_warehouse_does_not_watch_its_own_goods(world: World) -> None:
    both, supervisor = world.firm("SME", "WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_verified_lot(world, both, both, supervisor)
    device = an_enrolled_device(both)
    with pytest.raises(NotAllowed, match="pledgor"), both.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, lot_id=lot.id)


def test_a_stranger_s_device_watches_nothing_here(scene: Scene) -> None:
    other = scene.world.firm("SUPERVISOR")
    device = an_enrolled_device(other)
    with pytest.raises(NotFound), other.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, lot_id=scene.lot.id)
    with pytest.raises(NotAllowed), other.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, bin_id=scene.lot.bin_id)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"short", bytes(33)])
def test_keys_that_prove_nothing_are_refused(scene: Scene, key: bytes) -> None:
    with pytest.raises(Invalid), scene.supervisor.operator.ws() as ws:
        actions.enrol_device(ws, actions.Described(kind="door", name="Door"), public_key=key)


def test_a_key_is_enrolled_once(scene: Scene) -> None:
    key = bytes(SigningKey.generate().verify_key)
    with scene.supervisor.operator.ws() as ws:
        actions.enrol_device(ws, actions.Described(kind="door", name="Door"), public_key=key)
    with pytest.raises(Conflict, match="key_known"), scene.supervisor.operator.ws() as ws:
        actions.enrol_device(ws, actions.Described(kind="door", name="Door again"), public_key=key)


# Where -------------------------------------------------------------------------------------------------------------------------------


def test_a_move_takes_two_people_and_leaves_no_moment_in_two_places(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    with pytest.raises(Conflict, match="move_needs_four_eyes"), scene.supervisor.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, lot_id=scene.lot.id)
    scene.world.advance(timedelta(hours=1))
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_move(ws, device.device_id, bin_id=scene.lot.bin_id, because="New frame")
    with pytest.raises(NotAllowed), scene.supervisor.operator.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        now, before = attachments_of(ws, device.device_id)
        assert (now.bin_id, before.lot_id) == (scene.lot.bin_id, scene.lot.id)
        assert before.until == now.since


def test_the_database_refuses_two_places_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code's own check taken out, the exclusion constraint still holds (invariant 35)."""
    device = a_watching_device(scene.supervisor, scene.lot.id)
    monkeypatch.setattr(attaching, "latest_attachment", lambda *_: None)
    with pytest.raises(IntegrityError, match="attachment_one_place_at_a_time"), scene.supervisor.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, bin_id=scene.lot.bin_id)


def test_without_the_constraint_the_planted_defect_would_pass(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, admin: psycopg.Connection
) -> None:
    """The teeth of the test above: drop the constraint, and two places at once are stored."""
    device = a_watching_device(scene.supervisor, scene.lot.id)
    monkeypatch.setattr(attaching, "latest_attachment", lambda *_: None)
    definition = admin.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'attachment_one_place_at_a_time'"
    ).fetchone()
    assert definition
    admin.execute("alter table house.attachment drop constraint attachment_one_place_at_a_time")
    try:
        with scene.supervisor.operator.ws() as ws:
            actions.attach_device(ws, device.device_id, bin_id=scene.lot.bin_id)
    finally:
        admin.execute("delete from house.attachment where device_id = %s", (device.device_id,))
        admin.execute(f"alter table house.attachment add constraint attachment_one_place_at_a_time {definition[0]}")


def test_a_bin_s_sensor_speaks_for_the_lot_that_lay_there_when_it_read(scene: Scene) -> None:
    device, start = an_enrolled_device(scene.warehouse, kind="climate"), scene.world.now
    with scene.warehouse.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, bin_id=scene.lot.bin_id)
    say(scene.world, device, values("temperature", "Cel", start, [20, 21], every=MINUTE))
    with scene.bank.operator.ws(read_only=True) as ws:
        [latest] = latest_readings(ws, scene.lot.id)
        assert latest.value == 21
    before = start - timedelta(days=3)
    take(
        scene.world,
        device,
        signed(scene.world, device, values("temperature", "Cel", before, [5], every=MINUTE), at=scene.world.now),
    )
    with scene.warehouse.operator.ws(read_only=True) as ws:
        kept = ws.session.scalars(select(ReadingSeries).where(ReadingSeries.subject_id == device.device_id)).one()
        assert kept.values == [Decimal(5)], "nothing lay there then: it speaks for itself alone"


def test_after_it_is_detached_its_last_value_speaks_no_more(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    scene.world.advance(MINUTE)
    with scene.supervisor.operator.ws() as ws:
        actions.detach_device(ws, device.device_id)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert latest_readings(ws, scene.lot.id) == []
        assert condition_of(ws, scene.lot.id).measured_qty is None
        assert condition_of(ws, scene.lot.id).coverage == 0


def test_a_revoked_device_opens_nothing(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    with scene.supervisor.operator.ws() as ws:
        actions.revoke_device(ws, device.device_id, because="Lost")
    with pytest.raises(SignedOut), scene.world.gateway_app.app_context(), enter(DeviceKey(device.device_id)):
        pass
    with pytest.raises(Conflict), scene.supervisor.operator.ws() as ws:
        actions.revoke_device(ws, device.device_id, because="Again")


# That they speak ---------------------------------------------------------------------------------------------------------------------


def test_silence_is_noticed_grows_worse_and_ends_with_three_messages(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id, interval_seconds=60)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    scene.world.advance(3 * MINUTE)
    scene.world.work()
    assert alarms(scene) == {}, "three intervals are not silence yet"
    expected = [(MINUTE, "WARNING"), (timedelta(minutes=27), "MAJOR"), (timedelta(minutes=90), "CRITICAL")]
    for step, severity in expected:
        scene.world.advance(step)
        scene.world.work()
        assert alarms(scene) == {"silence": f"{severity} ACTIVE_UNACK"}
    for number in range(3):
        assert alarms(scene) == {"silence": "CRITICAL ACTIVE_UNACK"}
        say(scene.world, device, weights(scene.world.now + MINUTE, [BOOK]))
        assert (number == 2) == (alarms(scene) == {"silence": "CRITICAL CLEARED_UNACK"})
    scene.world.advance(10 * MINUTE)
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert [alarm.type for alarm in alarms_of_lot(ws, scene.lot.id)] == ["silence", "silence"], (
            "silent anew is a new record"
        )


def test_a_device_that_is_attached_and_never_heard_is_silent_too(scene: Scene) -> None:
    a_watching_device(scene.supervisor, scene.lot.id, kind="climate", interval_seconds=60)
    scene.world.advance(timedelta(hours=5))
    scene.world.work()
    assert alarms(scene) == {"silence": "MAJOR ACTIVE_UNACK"}, "a climate sensor is no sole control"


def test_battery_clock_and_calibration(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id, kind="combined", interval_seconds=3600)
    start = scene.world.now
    say(scene.world, device, values("battery", "%EL", start, [19, 18, 17, 16], every=timedelta(minutes=30)))
    assert alarms(scene) == {"battery_low": "WARNING ACTIVE_UNACK"}
    ahead = scene.world.now + timedelta(seconds=200)
    take(scene.world, device, signed(scene.world, device, weights(scene.world.now, [BOOK]), at=None))
    batch = device.batch(weights(scene.world.now, [BOOK]), sent_at=ahead)
    take(scene.world, device, opened(Incoming(device.device_id, batch, None), device.public_key, scene.world.now))
    assert alarms(scene)["clock_skew"] == "MINOR ACTIVE_UNACK"
    say(scene.world, device, weights(scene.world.now + MINUTE, [BOOK]))
    assert alarms(scene)["clock_skew"] == "MINOR CLEARED_UNACK"
    scene.world.set_clock(start.replace(year=2027, month=2, day=15))
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    assert alarms(scene)["calibration_due"] == "MINOR ACTIVE_UNACK"
    scene.world.set_clock(start.replace(year=2027, month=3, day=5))
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    assert alarms(scene)["calibration_due"] == "MINOR CLEARED_UNACK"
    assert alarms(scene)["calibration_expired"] == "MAJOR ACTIVE_UNACK"


def test_a_door_at_night_smoke_and_water(scene: Scene) -> None:
    night = scene.world.now.replace(hour=18)  # two in the morning in Shanghai
    scene.world.set_clock(night)
    door, smoke = (a_watching_device(scene.supervisor, scene.lot.id, kind=kind) for kind in ("door", "smoke"))
    say(scene.world, smoke, values("smoke", "/", night, [False, True, True], every=timedelta(seconds=2)))
    say(scene.world, door, values("door", "/", night + MINUTE, [True] * 12, every=MINUTE))
    assert alarms(scene) == {
        "smoke": "CRITICAL ACTIVE_UNACK",
        "door_open": "MAJOR ACTIVE_UNACK",
        "door_left_open": "MINOR ACTIVE_UNACK",
    }
    day = night + timedelta(hours=8)
    say(scene.world, door, values("door", "/", day, [False, True, True, True], every=MINUTE))
    assert alarms(scene)["door_open"] == "MAJOR CLEARED_UNACK", "by day a door may open"


# That nobody else sees them ----------------------------------------------------------------------------------------------------------


def test_what_each_firm_sees_of_a_watched_lot(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [BOOK - 30000] * 6))
    raw, shared = (Device, ReadingBatch, BatchPlace), (ReadingSeries, LatestReading, Attachment)

    def counts(firm: Firm) -> tuple[list[int], list[int], int]:
        with firm.operator.ws(read_only=True) as ws:
            seen = [[len(ws.session.scalars(select(model)).all()) for model in group] for group in (raw, shared)]
            return seen[0], seen[1], len(alarms_of_lot(ws, scene.lot.id))

    assert counts(scene.supervisor) == ([1, 1, 1], [1, 1, 1], 1)
    for firm in (scene.bank, scene.sme, scene.warehouse):
        assert counts(firm) == ([0, 0, 0], [1, 1, 1], 1), "series and alarms, never the raw messages"
    assert counts(scene.world.firm("BANK")) == ([0, 0, 0], [0, 0, 0], 0)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert list_devices(ws) == []
        with pytest.raises(NotFound):
            watched_device(ws, device.device_id)


def test_sight_ends_with_the_grant(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    with scene.bank.operator.ws() as reading:
        assert latest_readings(reading, scene.lot.id)
        with scene.sme.operator.ws() as ws:
            rooms.end_share(ws, scene.lot.id, to=scene.bank.tenant_id, role="bank")
        assert not latest_readings(reading, scene.lot.id)


def test_a_device_writes_for_its_own_firm_alone(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    forged = text(
        "insert into house.latest_reading (tenant_id, subject_id, metric, device_id, channel, value, unit, at, received_at, device_name, device_kind,"
        " interval_seconds, trusted) select :tenant, :lot, 'weight', :device, '', 1, 'kg', now(), now(), 'x', 'weight', 60, true"
    )
    with pytest.raises(ProgrammingError, match="row-level security"), scene.world.device_ws(device.device_id) as ws:
        ws.session.execute(
            forged, {"tenant": scene.warehouse.tenant_id, "lot": scene.lot.id, "device": device.device_id}
        )


def test_evidence_is_neither_changed_nor_deleted(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    for change in (
        "update house.reading_batch set body = ''",
        "delete from house.reading_batch",
        "update house.reading_series set total = 0",
        "delete from house.batch_place",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), scene.world.device_ws(device.device_id) as ws:
            ws.session.execute(text(change))


@pytest.mark.parametrize("table", ["reading_batch", "reading_series"])
def test_every_partition_is_under_row_security_of_its_own(admin: psycopg.Connection, table: str) -> None:
    rows = admin.execute(
        "select c.relname, c.relrowsecurity and c.relforcerowsecurity, (select count(*) from pg_policy p where p.polrelid = c.oid)"
        "  from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = %s::regclass",
        (f"house.{table}",),
    ).fetchall()
    assert len(rows) >= 61  # housekeeping makes more
    assert {(forced, policies) for _, forced, policies in rows} == {(True, 3)}, (
        "to read and to add, and the gate's own, which lets old ones go"
    )


def test_a_batch_lies_in_the_partition_of_its_month(scene: Scene, admin: psycopg.Connection) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    found = admin.execute(
        "select tableoid::regclass::text from house.reading_batch where device_id = %s", (device.device_id,)
    ).fetchone()
    assert found == ("house.reading_batch_2026_03",)


def test_the_actor_of_a_finding_is_the_device_that_made_it(scene: Scene, admin: psycopg.Connection) -> None:
    quiet, loud = (a_watching_device(scene.supervisor, scene.lot.id) for _ in range(2))
    first, second = sorted((quiet, loud), key=lambda device: device.device_id)
    calm = signed(scene.world, first, weights(scene.world.now, [BOOK]))
    theft = signed(scene.world, second, weights(scene.world.now, [BOOK - 30000] * 4))
    take(scene.world, first, calm, theft)
    found = admin.execute(
        "select actor from house.event where stream_id = %s and kind = 'AlarmRaised'", (scene.lot.id,)
    ).fetchone()
    assert found
    assert UUID(found[0].split(":")[1]) == second.device_id


def test_when_the_last_goods_leave_the_watch_ends_and_silence_alarms_nobody(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id, interval_seconds=60)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    for amount, watching in (("100.000", True), ("398.750", False)):
        with scene.warehouse.operator.ws() as ws:
            mark_departed(ws, scene.lot.id, quantity=Quantity.of(amount, "TNE"))
        scene.world.work()
        with scene.supervisor.operator.ws(read_only=True) as ws:
            watched = watched_device(ws, device.device_id)
            assert (watched.attachment is not None) is watching, amount
    assert watched.standing(scene.world.now + timedelta(days=1)) == "IDLE"
    scene.world.advance(timedelta(hours=5))
    scene.world.work()
    assert alarms(scene) == {}


def test_a_silence_that_held_is_over_when_the_goods_are_gone(scene: Scene) -> None:
    a_watching_device(scene.supervisor, scene.lot.id, kind="climate", interval_seconds=60)
    scene.world.advance(timedelta(hours=5))
    scene.world.work()
    with scene.warehouse.operator.ws() as ws:
        mark_departed(ws, scene.lot.id)
    scene.world.work()
    assert alarms(scene) == {"silence": "MAJOR CLEARED_UNACK"}, "over, and still to be looked at by somebody"


@pytest.mark.parametrize("damaged", [False, True])
def test_lost_goods_are_watched_no_more_and_damaged_ones_are(scene: Scene, damaged: bool) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    with scene.supervisor.operator.ws() as ws:
        report_loss(ws, scene.lot.id, damaged=damaged, because="fire")
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert (watched_device(ws, device.device_id).attachment is not None) is damaged
        told = ws.session.scalars(select(Event.kind).where(Event.stream_id == scene.lot.id)).all()
    assert ("DeviceDetached" in told) is not damaged


def test_a_lot_that_was_split_is_watched_no_more(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    with scene.sme.operator.ws() as ws:
        plan = inventory.propose_split(ws, scene.lot.id, parts=[Quantity.of(part, "TNE") for part in ("98.75", "400")])
    with scene.warehouse.operator.ws() as ws:
        bins = [
            inventory.draw_bin(
                ws, plan.site_id, code=code, x=Decimal(x), y=Decimal(30), width=Decimal(2), height=Decimal(2)
            )
            for code, x in (("B-1", 1), ("B-2", 5))
        ]
    with scene.warehouse.approver.ws() as ws:
        lines = lines_of(ws, plan.id)
        places = {line.child_id: inventory.Place(place.id) for line, place in zip(lines, bins, strict=True)}
        inventory.carry_out_conversion(ws, plan.id, places=places)
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert watched_device(ws, device.device_id).attachment is None
