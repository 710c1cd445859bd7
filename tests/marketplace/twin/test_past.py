"""The floor of any moment: as of now it is the live one, and what came later is never on it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.inventory.actions import freeze_lot, mark_departed, shrink_verified
from marketplace.quantity import Quantity
from marketplace.supervision.actions import acknowledge_alarm, close_alarm, detach_device
from marketplace.supervision.alarms.raising import raise_alarm
from marketplace.twin.floors import Floor, floor_now
from marketplace.twin.heats import heat_of
from marketplace.twin.past import floor_at
from marketplace.twin.rules import LAYERS
from marketplace.twin.steps import steps_of
from tenants.errors import Invalid, Refused
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import Parties, an_active_pledge
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values

MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def now(firm: Firm, site_id: UUID) -> Floor:
    with firm.operator.ws(read_only=True) as ws:
        return floor_now(ws, site_id)


def then(firm: Firm, site_id: UUID, at: datetime) -> Floor:
    with firm.operator.ws(read_only=True) as ws:
        return floor_at(ws, site_id, at)


def told(floor: Floor) -> object:
    """All that a floor tells, without the bins' own rows (two sessions have two of each), and an alarm's reason, which later repetitions refresh."""
    places = [
        (one.bin.id, one.goods, one.lots, one.sensed, [_plain(alarm) for alarm in one.alarms]) for one in floor.places
    ]
    return places, [_plain(alarm) for alarm in floor.alarms], floor.devices


def _plain(alarm: object) -> object:
    return replace(alarm, facts={})  # type: ignore[type-var]


class Story:
    """Things that happen to one lot, each a minute after the one before."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.climate = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
        self.left = Decimal("498.750")

    def warm(self, degrees: int) -> None:
        say(
            self.scene.world,
            self.climate,
            values("temperature", "Cel", self.scene.world.now, [degrees, degrees + 1], every=timedelta(seconds=20)),
        )

    def leave(self) -> None:
        with self.scene.warehouse.operator.ws() as ws:
            mark_departed(ws, self.scene.lot.id, quantity=Quantity.of("10", "TNE"))

    def shrink(self) -> None:
        with self.scene.supervisor.operator.ws() as ws:
            lot = now(self.scene.supervisor, self.scene.lot.site_id).places[0].goods
            assert lot
            assert lot.verified_qty
            shrink_verified(ws, self.scene.lot.id, to=Quantity(lot.verified_qty - 1, "TNE"), because="counted again")

    def alarm(self, severity: str) -> None:
        with self.scene.supervisor.operator.ws() as ws:
            raise_alarm(ws, type="water", severity=severity, because="Water on the floor.", lot_id=self.scene.lot.id)

    def acknowledge(self) -> None:
        for alarm in now(self.scene.supervisor, self.scene.lot.site_id).alarms:
            if not alarm.is_acknowledged:
                with self.scene.supervisor.operator.ws() as ws:
                    acknowledge_alarm(ws, alarm.id)

    def freeze(self) -> None:
        with self.scene.bank.operator.ws() as ws:
            freeze_lot(ws, self.scene.lot.id, reason="court order")

    def detach(self) -> None:
        with self.scene.supervisor.operator.ws() as ws:
            detach_device(ws, self.climate.device_id)


ACTS: dict[str, Callable[[Story], None]] = {
    "warm": lambda story: story.warm(20),
    "hot": lambda story: story.warm(33),
    "leave": Story.leave,
    "shrink": Story.shrink,
    "minor": lambda story: story.alarm("MINOR"),
    "critical": lambda story: story.alarm("CRITICAL"),
    "acknowledge": Story.acknowledge,
    "freeze": Story.freeze,
    "detach": Story.detach,
}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(ACTS)), min_size=5, max_size=9))
def test_the_floor_as_of_any_moment_is_what_was_live_then_and_of_now_what_is_live(
    world: World, acts: list[str]
) -> None:
    scene = a_scene(world)
    story, site_id = Story(scene), scene.lot.site_id
    firms = (scene.supervisor, scene.warehouse, scene.bank, scene.sme)
    seen: list[tuple[datetime, list[object]]] = []
    for act in ("warm", *acts):
        world.advance(MINUTE)
        try:
            ACTS[act](story)
        except Refused:
            continue  # frozen goods do not leave, and so on: nothing happened
        seen.append((world.now, [told(now(firm, site_id)) for firm in firms]))
        world.advance(MINUTE)
    for at, live in seen:
        assert [told(then(firm, site_id, at)) for firm in firms] == live
    assert told(then(scene.supervisor, site_id, world.now)) == told(now(scene.supervisor, site_id))


def test_a_lot_is_not_there_before_it_came_nor_held_before_it_was_pledged(world: World) -> None:
    scene = a_scene(world)
    parties = Parties(world, scene.sme, scene.bank, scene.warehouse, scene.supervisor)
    before = world.now
    world.advance(MINUTE)
    an_active_pledge(parties, scene.lot, "100")
    world.advance(MINUTE)
    for firm in (scene.supervisor, scene.bank):
        assert not goods(then(firm, scene.lot.site_id, before)).is_held
        assert goods(then(firm, scene.lot.site_id, world.now)).is_held
        assert told(then(firm, scene.lot.site_id, world.now)) == told(now(firm, scene.lot.site_id))
    assert then(scene.supervisor, scene.lot.site_id, before - timedelta(days=400)).filled == 0


def goods(floor: Floor) -> object:
    return next(one.goods for one in floor.places if one.goods)


def test_what_arrives_late_stands_where_it_belongs(scene: Scene) -> None:
    climate = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    start = scene.world.now
    scene.world.advance(timedelta(hours=2))
    say(scene.world, climate, values("temperature", "Cel", start + MINUTE, [21, 22, 23], every=MINUTE))
    [place] = then(scene.supervisor, scene.lot.site_id, start + 2 * MINUTE).places
    assert [one.value for one in place.sensed] == [22]
    assert not then(scene.supervisor, scene.lot.site_id, start).places[0].sensed


def test_a_device_speaks_for_the_goods_until_it_is_taken_off_them(scene: Scene) -> None:
    story, site_id = Story(scene), scene.lot.site_id
    story.warm(20)
    heard = scene.world.now
    scene.world.advance(MINUTE)
    story.detach()
    scene.world.advance(MINUTE)
    assert [one.value for one in then(scene.bank, site_id, heard).places[0].sensed] == [21]
    assert not then(scene.bank, site_id, scene.world.now).places[0].sensed
    assert len(then(scene.supervisor, site_id, heard).devices) == 1
    assert not then(scene.supervisor, site_id, scene.world.now).devices


def test_an_alarm_tells_how_bad_it_was_then_and_is_gone_once_closed(scene: Scene) -> None:
    story, site_id = Story(scene), scene.lot.site_id
    story.alarm("MINOR")
    raised = scene.world.now
    scene.world.advance(MINUTE)
    story.alarm("CRITICAL")
    scene.world.advance(MINUTE)
    worse = scene.world.now
    scene.world.advance(MINUTE)
    [alarm] = now(scene.supervisor, site_id).alarms
    with scene.supervisor.operator.ws() as ws:
        close_alarm(ws, alarm.id, disposition="FALSE", note="A leaking roof.", evidence=["photo 12"])
    scene.world.advance(MINUTE)
    assert [one.severity for one in then(scene.bank, site_id, raised).alarms] == ["MINOR"]
    assert [one.severity for one in then(scene.bank, site_id, worse).alarms] == ["CRITICAL"]
    assert not then(scene.bank, site_id, scene.world.now).alarms


def test_a_bank_sees_its_own_lots_then_as_now_and_a_stranger_none(scene: Scene) -> None:
    Story(scene).alarm("MINOR")
    other = scene.world.firm("BANK")
    at = scene.world.now
    scene.world.advance(MINUTE)
    assert then(scene.bank, scene.lot.site_id, at).filled == 1
    seen = then(other, scene.lot.site_id, at)
    assert (seen.filled, seen.alarms, seen.devices) == (0, (), ())
    with other.operator.ws(read_only=True) as ws:
        assert steps_of(ws, scene.lot.site_id, at - timedelta(days=9), scene.world.now) == []
        assert all(not any(heat_of(ws, seen, layer).values()) for layer in LAYERS)


def test_a_moment_to_come_and_one_before_this_century_are_refused(scene: Scene) -> None:
    for at in (scene.world.now + MINUTE, datetime.fromisoformat("1999-12-31T00:00:00+00:00")):
        with pytest.raises(Invalid) as refused:
            then(scene.supervisor, scene.lot.site_id, at)
        assert refused.value.field == "at"


def test_the_colours_of_a_moment_count_what_had_happened_by_then(scene: Scene) -> None:
    story, site_id = Story(scene), scene.lot.site_id
    before = scene.world.now
    scene.world.advance(timedelta(days=2))
    story.warm(33)
    story.alarm("MINOR")
    story.leave()
    scene.world.advance(MINUTE)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        found = {
            at: {layer: next(iter(heat_of(ws, floor_at(ws, site_id, at), layer).values()), None) for layer in LAYERS}
            for at in (before, scene.world.now)
        }
        kinds = [step.kind for step in steps_of(ws, site_id, before, scene.world.now)]
    assert found[before] == {"temperature": None, "humidity": None, "alarms": 0, "turnover": 1, "age": 0}
    assert found[scene.world.now] == {
        "temperature": Decimal("34.0"),
        "humidity": None,
        "alarms": 1,
        "turnover": 2,
        "age": 2,
    }
    assert sorted(kinds) == ["LotDeparted", "RAISED"]
