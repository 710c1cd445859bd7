"""A device that hangs in a hall speaks for all goods that lie there then: one alarm for all of them, seen by each party through its own goods alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from integrations.devices.simulator import SimulatedDevice
from marketplace.inventory import actions as goods
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Site, Zone
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.capacity import ZoneKind
from marketplace.quantity import Quantity
from marketplace.reliance.queries import evidence_of
from marketplace.supervision import actions
from marketplace.supervision.about import goods_of
from marketplace.supervision.alarms.incidents import incident_of, open_incidents
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading, ReadingSeries
from marketplace.supervision.queries import (
    alarms_of_lot,
    chart,
    latest_readings,
    list_alarms,
    metrics_between,
    notes_of,
)
from tenants import approvals, rooms
from tenants.errors import Invalid, NotAllowed, NotFound
from tenants.notifications import Notification
from tenants.record import events_of
from tests.factories import Firm, Person, World
from tests.marketplace.inventory.makers import a_declared_lot, a_site
from tests.marketplace.supervision.makers import an_enrolled_device, say, signed, take, values, weights

MINUTE = timedelta(minutes=1)


@dataclass
class Hall:
    """Two firms' goods in one hall, each lent on by its own bank, and a third lot in the yard beside it; one warehouse, one supervisor."""

    world: World
    warehouse: Firm
    supervisor: Firm
    banks: tuple[Firm, Firm]
    owners: tuple[Firm, Firm]
    site: Site
    zone: Zone
    bins: list[Bin]
    lots: list[Lot]

    def receive(self, owner: Firm, place: Bin, *, amount: str = "100") -> Lot:
        lot = a_declared_lot(self.world, owner, self.warehouse, self.supervisor, amount=amount, site=self.site)
        with self.warehouse.operator.ws() as ws:
            weight = {"gross": Quantity.of(amount, "TNE"), "tare": Quantity.of("0", "TNE")}
            goods.receive_lot(ws, lot.id, bin_id=place.id, **weight)
        with self.supervisor.operator.ws() as ws:
            proposal = goods.inspect_lot(ws, lot.id, counted=Quantity.of(amount, "TNE"), passed=True)
        with self.supervisor.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        return lot

    def hang(self, kind: str, **place: UUID) -> SimulatedDevice:
        device = an_enrolled_device(self.supervisor, kind=kind)
        with self.supervisor.operator.ws() as ws:
            actions.attach_device(ws, device.device_id, **place or {"zone_id": self.zone.id})  # type: ignore[arg-type]
        return device

    def says(self, device: SimulatedDevice, metric: str, *figures: object, unit: str = "/") -> datetime:
        start = self.world.now + MINUTE
        say(self.world, device, values(metric, unit, start, figures, every=MINUTE))
        return start


def a_hall(world: World) -> Hall:
    warehouse, supervisor = world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    owners = world.firm("SME"), world.firm("SME")
    banks = world.firm("BANK"), world.firm("BANK")
    site, _ = a_site(world, warehouse)
    with warehouse.operator.ws() as ws:
        room = Quantity.of("9000000", "KGM")
        zone = goods.open_zone(ws, site.id, code="H1", name="Hall 1", kind=ZoneKind.INDOOR, capacity=room)
        size = {"y": Decimal(20), "width": Decimal(2), "height": Decimal(2)}
        bins = [
            goods.draw_bin(ws, site.id, code=f"H-{n}", x=Decimal(3 * n), zone_id=zone.id if n < 4 else None, **size)
            for n in range(1, 6)
        ]
    hall = Hall(world, warehouse, supervisor, banks, owners, site, zone, bins, [])
    for n, owner in enumerate((*owners, owners[0])):
        hall.lots.append(hall.receive(owner, bins[n] if n < 2 else bins[3]))
    for owner, bank, lot in zip(owners, banks, hall.lots, strict=False):
        with owner.operator.ws() as ws:
            goods.share_lot(ws, lot.id, to=bank.tenant_id, role="bank")
    world.advance(timedelta(minutes=15))
    return hall


@pytest.fixture
def hall(world: World) -> Hall:
    return a_hall(world)


def seen_by(person: Person) -> list[tuple[str, str]]:
    with person.ws(read_only=True) as ws:
        return [(one.type, one.severity) for one in list_alarms(ws)]


def goods_seen_by(person: Person) -> set[UUID]:
    """The goods of the one alarm that this person sees."""
    with person.ws(read_only=True) as ws:
        [alarm] = list_alarms(ws)
        return set(goods_of(ws, [alarm])[alarm.id])


def test_smoke_in_a_hall_is_one_alarm_about_all_goods_there_and_each_bank_sees_its_own(hall: Hall) -> None:
    first, second, yard = hall.lots
    smoke = hall.hang("smoke")
    hall.says(smoke, "smoke", False, True, True)
    for person in (hall.supervisor.operator, hall.warehouse.operator, hall.banks[0].operator, hall.banks[1].operator, hall.owners[1].operator):  # fmt: skip
        assert seen_by(person) == [("smoke", "CRITICAL")]
    assert goods_seen_by(hall.supervisor.operator) == goods_seen_by(hall.warehouse.operator) == {first.id, second.id}
    assert goods_seen_by(hall.banks[0].operator) == {first.id}
    assert goods_seen_by(hall.banks[1].operator) == {second.id}
    with hall.banks[0].operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        assert (incident.lot_id, incident.lot_ids) == (first.id, (first.id,))
        assert alarms_of_lot(ws, first.id)
        assert condition_of(ws, first.id).has_open_critical
        assert [one.kind for one in events_of(ws, first.id)].count("AlarmRaised") == 1
    with hall.supervisor.operator.ws(read_only=True) as ws:
        assert not alarms_of_lot(ws, yard.id)
        assert not condition_of(ws, yard.id).has_open_critical
        assert len({alarm.id for lot in hall.lots for alarm in alarms_of_lot(ws, lot.id)}) == 1


def test_a_stranger_sees_nothing_and_a_bank_that_is_let_go_sees_it_no_more(hall: Hall) -> None:
    stranger = hall.world.firm("BANK")
    hall.says(hall.hang("smoke"), "smoke", True, True)
    assert seen_by(stranger.operator) == []
    with hall.owners[0].operator.ws() as ws:
        rooms.end_share(ws, hall.lots[0].id, to=hall.banks[0].tenant_id, role="bank")
    assert seen_by(hall.banks[0].operator) == []
    assert seen_by(hall.banks[1].operator) == [("smoke", "CRITICAL")]


def test_a_whole_site_hears_its_own_devices(hall: Hall) -> None:
    hall.says(hall.hang("water", site_id=hall.site.id), "water", True, True)
    assert goods_seen_by(hall.supervisor.operator) == {lot.id for lot in hall.lots}


def test_goods_that_come_in_while_it_holds_are_concerned_and_those_that_left_before_are_not(hall: Hall) -> None:
    first, second, _ = hall.lots
    smoke = hall.hang("smoke")
    hall.world.advance(MINUTE)
    with hall.warehouse.operator.ws() as ws:
        goods.mark_departed(ws, first.id, quantity=Quantity.of("100", "TNE"))
    hall.world.work()
    hall.world.advance(MINUTE)
    hall.says(smoke, "smoke", True, True)
    assert goods_seen_by(hall.supervisor.operator) == {second.id}
    newcomer = hall.receive(hall.owners[0], hall.bins[2])
    hall.world.work()
    assert goods_seen_by(hall.supervisor.operator) == {second.id, newcomer.id}
    with hall.owners[0].operator.ws(read_only=True) as ws:
        assert [one.kind for one in events_of(ws, newcomer.id)].count("AlarmRaised") == 1


def test_a_late_message_concerns_what_lay_there_when_it_was_read(hall: Hall) -> None:
    first, second, _ = hall.lots
    smoke = hall.hang("smoke")
    then = hall.world.now + MINUTE
    told = signed(
        hall.world, smoke, values("smoke", "/", then, [True, True, False], every=MINUTE), at=then + 3 * MINUTE
    )
    hall.world.advance(timedelta(minutes=10))
    with hall.warehouse.operator.ws() as ws:
        goods.mark_departed(ws, first.id, quantity=Quantity.of("100", "TNE"))
    newcomer = hall.receive(hall.owners[0], hall.bins[2])
    take(hall.world, smoke, told)
    assert goods_seen_by(hall.supervisor.operator) == {first.id, second.id}
    assert newcomer.id not in goods_seen_by(hall.supervisor.operator)


def test_unresolved_it_freezes_all_goods_of_the_hall_and_tells_each_bank_once(hall: Hall) -> None:
    hall.says(hall.hang("smoke"), "smoke", True, True)
    for minutes in (16, 16):
        hall.world.advance(timedelta(minutes=minutes))
        hall.world.work()
    with hall.supervisor.operator.ws(read_only=True) as ws:
        assert [find_lot(ws, lot.id).is_frozen for lot in hall.lots] == [True, True, False]
        wanted = select(Notification).where(Notification.tenant_id == ws.tenant_id, Notification.kind == "AlarmRaised")
        assert [one.facts["type"] for one in ws.session.scalars(wanted)].count("smoke") == 1
    with hall.banks[0].operator.ws(read_only=True) as ws:
        told = set(ws.session.scalars(select(Notification.kind).where(Notification.tenant_id == ws.tenant_id)))
        assert {"AlarmEscalated", "AlarmLeftToBank"} & told


def test_a_door_of_the_hall_bears_out_a_scale_under_the_goods(hall: Hall) -> None:
    first, second, _ = hall.lots
    door, scale = hall.hang("door"), an_enrolled_device(hall.supervisor, kind="weight")
    with hall.supervisor.operator.ws() as ws:
        actions.attach_device(ws, scale.device_id, lot_id=first.id)
    night = hall.world.now.replace(hour=19, minute=0) + timedelta(days=1)
    hall.world.set_clock(night)
    say(hall.world, door, values("door", "/", night + MINUTE, [True, True], every=timedelta(seconds=10)))
    say(hall.world, scale, weights(night + 2 * MINUTE, [*[100000] * 3, *[70000] * 6]))
    with hall.supervisor.operator.ws(read_only=True) as ws:
        [incident] = open_incidents(ws)
        assert {(one.type, one.severity) for one in incident.alarms} >= {
            ("door_open", "CRITICAL"),
            ("weight_change", "CRITICAL"),
        }
        assert set(incident.lot_ids) == {first.id, second.id}
        assert incident.lot_id == first.id
        by_the_door = next(one for one in incident.alarms if one.type == "door_open")
        assert incident_of(ws, by_the_door.id).alarms == incident.alarms
    with hall.banks[1].operator.ws(read_only=True) as ws:
        [other] = open_incidents(ws)
        assert [one.type for one in other.alarms] == ["door_open"]
        assert other.lot_ids == (second.id,)


def test_what_is_read_in_a_hall_stands_in_the_record_of_each_lot_there(hall: Hall) -> None:
    first, second, yard = hall.lots
    climate = hall.hang("climate")
    start = hall.says(climate, "temperature", "21.5", "22.5", unit="Cel")
    for bank, lot in zip(hall.banks, (first, second), strict=True):
        with bank.operator.ws(read_only=True) as ws:
            assert [row.value for row in latest_readings(ws, lot.id)] == [Decimal("22.5")]
            drawn = chart(ws, lot.id, "temperature", start - MINUTE, ws.now + MINUTE)
            assert [point.mean for point in drawn] == [Decimal("21.5"), Decimal("22.5")]
            assert metrics_between(ws, lot.id, start, ws.now + MINUTE) == {"temperature"}
            assert condition_of(ws, lot.id).coverage > 0
            assert not evidence_of(ws, find_lot(ws, lot.id)).is_unwatched
    with hall.supervisor.operator.ws(read_only=True) as ws:
        assert latest_readings(ws, yard.id) == []
        assert condition_of(ws, yard.id).coverage == 0
        assert ws.session.scalar(select(func.count()).select_from(ReadingSeries)) == 1, (
            "written once, whatever lies there"
        )


def test_readings_of_a_time_at_which_its_goods_lay_elsewhere_are_not_the_banks(hall: Hall) -> None:
    climate = hall.hang("climate")
    hall.says(climate, "temperature", "21.5", unit="Cel")
    hall.world.advance(MINUTE)
    newcomer = hall.receive(hall.owners[0], hall.bins[2])
    late = hall.world.firm("BANK")
    with hall.owners[0].operator.ws() as ws:
        goods.share_lot(ws, newcomer.id, to=late.tenant_id, role="bank")
    with late.operator.ws(read_only=True) as ws:
        assert latest_readings(ws, newcomer.id) == []
        assert ws.session.scalars(select(ReadingSeries)).all() == ws.session.scalars(select(LatestReading)).all() == []
    hall.says(climate, "temperature", "23.5", unit="Cel")
    with late.operator.ws(read_only=True) as ws:
        assert [row.final for row in ws.session.scalars(select(ReadingSeries))] == [Decimal("23.5")]
        assert [row.value for row in latest_readings(ws, newcomer.id)] == [Decimal("23.5")]


def test_a_hall_is_held_to_the_strictest_climate_that_goods_in_it_ask_for(hall: Hall) -> None:
    climate = hall.hang("climate")
    with hall.supervisor.operator.ws() as ws:
        actions.set_climate(ws, hall.lots[1].id, metric="temperature", low=None, high=Decimal(25), lasting_seconds=60)
    hall.says(climate, "temperature", *["24"] * 3, unit="Cel")
    assert seen_by(hall.supervisor.operator) == []
    hall.says(climate, "temperature", *["28"] * 4, unit="Cel")
    assert seen_by(hall.banks[0].operator) == [("temperature", "MAJOR")]
    with hall.supervisor.operator.ws(read_only=True) as ws:
        assert condition_of(ws, hall.lots[1].id).degree_hours > 0


def test_work_on_goods_of_the_hall_explains_its_door_and_not_its_smoke(hall: Hall) -> None:
    door, smoke = hall.hang("door"), hall.hang("smoke")
    night = hall.world.now.replace(hour=19, minute=0) + timedelta(days=1)
    hall.world.set_clock(night)
    with hall.supervisor.operator.ws() as ws:
        window = {"starts_at": night, "ends_at": night + timedelta(hours=2), "because": "The roof is welded."}
        asked = actions.propose_maintenance(ws, hall.lots[0].id, types=["door_open", "smoke"], **window)
    with hall.supervisor.approver.ws() as ws:
        approvals.decide(ws, asked.id, approve=True)
    say(hall.world, door, values("door", "/", night + MINUTE, [True, True, False], every=MINUTE))
    assert seen_by(hall.supervisor.operator) == []
    hall.says(smoke, "smoke", True, True)
    assert seen_by(hall.supervisor.operator) == [("smoke", "CRITICAL")]


def test_who_owns_goods_there_clears_nothing_and_says_what_it_has_to_say_about_its_own(hall: Hall) -> None:
    hall.says(hall.hang("smoke"), "smoke", True, True)
    with hall.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = list_alarms(ws)
    with hall.owners[0].operator.ws() as ws, pytest.raises((NotAllowed, NotFound)):
        actions.acknowledge_alarm(ws, alarm.id)
    with hall.owners[0].operator.ws() as ws:
        actions.comment_alarm(ws, alarm.id, "We welded there.")
    with hall.banks[1].operator.ws(read_only=True) as ws:
        assert notes_of(ws, alarm.id) == []
    with hall.banks[0].operator.ws(read_only=True) as ws:
        assert [one.text for one in notes_of(ws, alarm.id)] == ["We welded there."]
    with hall.warehouse.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    with hall.banks[1].operator.ws(read_only=True) as ws:
        assert ws.session.get_one(Alarm, (hall.supervisor.tenant_id, alarm.id)).acknowledged_by == hall.warehouse.operator.name  # fmt: skip
        assert [one.kind for one in events_of(ws, hall.lots[1].id)].count("AlarmAcknowledged") == 1


@pytest.mark.parametrize("kind", ["weight", "position", "tag_reader"])
def test_a_device_that_speaks_of_single_goods_hangs_in_no_hall(hall: Hall, kind: str) -> None:
    device = an_enrolled_device(hall.supervisor, kind=kind)
    for place in ({"zone_id": hall.zone.id}, {"site_id": hall.site.id}):
        with hall.supervisor.operator.ws() as ws, pytest.raises(Invalid, match="not_for_halls"):
            actions.attach_device(ws, device.device_id, **place)  # type: ignore[arg-type]


def test_only_who_keeps_or_supervises_there_hangs_a_device_and_in_one_place(hall: Hall) -> None:
    stranger = hall.world.firm("SUPERVISOR")
    device = an_enrolled_device(stranger, kind="smoke")
    with stranger.operator.ws() as ws, pytest.raises(NotAllowed, match="not_your_goods"):
        actions.attach_device(ws, device.device_id, zone_id=hall.zone.id)
    mine = an_enrolled_device(hall.supervisor, kind="smoke")
    for place in ({}, {"zone_id": hall.zone.id, "site_id": hall.site.id}):
        with hall.supervisor.operator.ws() as ws, pytest.raises(Invalid, match="place_missing"):
            actions.attach_device(ws, mine.device_id, **place)  # type: ignore[arg-type]


def test_of_what_is_ones_own_or_about_ones_lot_no_hall_is_asked(world: World) -> None:
    """Policies are asked in an order, and the dear question comes last: each statement that writes readings sees its own rows through them."""
    with world.admin.transaction(force_rollback=True):
        world.admin.execute("set local role bailee_gateway")
        for table in ("latest_reading", "reading_series", "reading_roll_up"):
            plan = world.admin.execute(f"explain (costs off) select * from house.{table} where subject_id = gen_random_uuid()")  # type: ignore[arg-type]  # fmt: skip
            filters = [line for (line,) in plan.fetchall() if "hears" in line]
            assert filters
            assert all(line.index("tenant_id = ") < line.index("SubPlan") < line.index("hears") for line in filters)
