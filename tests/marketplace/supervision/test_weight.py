"""A scale under the goods, through the real actions: example E34, the quantity that it measures, work that explains a change."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.inventory.queries import find_lot
from marketplace.supervision import actions
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import alarms_of_lot, condition_of, latest_readings, series
from tenants.events import Event
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, an_enrolled_device, say, weights

BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def alarms(scene: Scene) -> list[Alarm]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return alarms_of_lot(ws, scene.lot.id)


def facts(scene: Scene, kind: str) -> list[Event]:
    with scene.bank.operator.ws(read_only=True) as ws:
        return list(ws.session.scalars(select(Event).where(Event.stream_id == scene.lot.id, Event.kind == kind)))


def test_e34_is_raised_at_the_fifth_sample_and_clears_after_five_quiet_minutes(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    minute = timedelta(minutes=1)
    for number, difference in enumerate((-1600, -1400, -1700, -1800, -1900)):
        say(scene.world, scale, weights(start + number * timedelta(seconds=10), [BOOK + difference]))
        assert len(alarms(scene)) == (number == 4)
    [alarm] = alarms(scene)
    assert (alarm.type, alarm.severity, alarm.status) == ("weight_change", "CRITICAL", "ACTIVE_UNACK")
    assert alarm.raised_at == start + timedelta(seconds=40)
    assert (alarm.quantity, alarm.unit) == (Decimal("1.900"), "TNE")
    assert alarm.facts["difference"] == {"amount": "-1900.000", "unit": "KGM"}
    quiet = start + 2 * minute
    say(scene.world, scale, weights(quiet, [BOOK - 748], every=minute))
    say(scene.world, scale, weights(quiet + 4 * minute, [BOOK - 749, BOOK - 748], every=timedelta(seconds=50)))
    assert alarms(scene)[0].status == "ACTIVE_UNACK", "749 kg is beyond half the tolerance: the five minutes begin anew"
    say(scene.world, scale, weights(quiet + 5 * minute, [BOOK - 748] * 6, every=minute))
    [alarm] = alarms(scene)
    assert alarm.status == "CLEARED_UNACK"
    assert alarm.cleared_at == quiet + timedelta(minutes=4, seconds=50) + 5 * minute + timedelta(seconds=10)
    assert [len(facts(scene, kind)) for kind in ("AlarmRaised", "AlarmCleared")] == [1, 1]


def test_a_cleared_alarm_that_comes_again_is_a_new_record(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    low, full = [BOOK - 2000] * 4, [BOOK] * 20
    say(scene.world, scale, weights(start, [*low, *full]))
    say(scene.world, scale, weights(start + timedelta(minutes=9), low))
    assert [alarm.status for alarm in alarms(scene)] == ["ACTIVE_UNACK", "CLEARED_UNACK"]


def test_the_scale_s_level_is_told_once_when_it_has_settled_and_matters(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    say(scene.world, scale, weights(start, [BOOK + wobble for wobble in (-300, 200, 0, -900, 400, 100)]))
    assert facts(scene, "QuantityMeasured") == [], "within the tolerance nothing is told"
    say(scene.world, scale, weights(start + timedelta(minutes=3), [BOOK - 30000] * 12))
    say(scene.world, scale, weights(start + timedelta(minutes=9), [BOOK - 30100] * 12))
    [told] = facts(scene, "QuantityMeasured")
    assert told.values["measured"] == {"amount": "468.750", "unit": "TNE"}
    assert told.values["expected"] == {"amount": "498.750", "unit": "TNE"}
    with scene.bank.operator.ws(read_only=True) as ws:
        condition = condition_of(ws, scene.lot.id)
    assert condition.measured_qty == Decimal("468.650")
    assert condition.has_open_critical


def test_a_scale_that_bears_the_book_out_measures_the_verified_quantity(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 400, BOOK - 380]))
    with scene.bank.operator.ws(read_only=True) as ws:
        condition = condition_of(ws, scene.lot.id)
    assert condition.measured_qty == Decimal("498.750")
    assert condition.coverage == 1
    assert condition.reasons == ()


def test_tare_is_taken_off(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id, tare_kg=Decimal(1250))
    say(scene.world, scale, weights(scene.world.now, [BOOK + 1250] * 4))
    with scene.sme.operator.ws(read_only=True) as ws:
        [latest] = latest_readings(ws, scene.lot.id)
        assert latest.value == BOOK
        assert alarms_of_lot(ws, scene.lot.id) == []


def test_announced_handling_is_no_alarm_and_its_readings_are_kept(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    with scene.warehouse.operator.ws() as ws:
        actions.announce_handling(ws, scene.lot.id, hours=2, because="Turning the stack")
    say(scene.world, scale, weights(start, [BOOK - 60000] * 9))
    assert alarms(scene) == []
    with scene.bank.operator.ws(read_only=True) as ws:
        assert len(series(ws, scene.lot.id, "weight", start, start + timedelta(hours=1))) == 9
    after = start + timedelta(hours=2)
    say(scene.world, scale, weights(after, [BOOK - 60000] * 3))
    assert [alarm.raised_at for alarm in alarms(scene)] == [after + timedelta(seconds=40)]


def test_closing_it_as_true_writes_the_missing_off_and_ends_it(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    say(scene.world, scale, weights(start, [BOOK - 30000] * 12))
    [alarm] = alarms(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.close_alarm(
            ws,
            alarm.id,
            disposition="TRUE",
            note="Sixty bags gone by the rear door.",
            evidence=["photo 17", "count sheet 4"],
        )
    with scene.bank.operator.ws(read_only=True) as ws:
        assert find_lot(ws, scene.lot.id).verified_qty == Decimal("468.750")
    say(scene.world, scale, weights(start + timedelta(hours=1), [BOOK - 30000] * 12))
    assert [one.status for one in alarms(scene)] == ["CLOSED"], "the new book is the new baseline"
    assert alarms(scene)[0].closed_by == scene.supervisor.operator.name


def test_an_uncalibrated_scale_verifies_no_quantity(scene: Scene) -> None:

    scale = an_enrolled_device(scene.supervisor, calibrated_until=date(2026, 2, 1))
    with scene.supervisor.operator.ws() as ws:
        actions.attach_device(ws, scale.device_id, lot_id=scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 30000] * 12))
    with scene.bank.operator.ws(read_only=True) as ws:
        condition = condition_of(ws, scene.lot.id)
    assert condition.measured_qty is None
    assert {alarm.type for alarm in alarms(scene)} == {"weight_change", "calibration_expired"}, "it still may alarm"
    assert facts(scene, "QuantityMeasured") == [], "but it measures nothing"
