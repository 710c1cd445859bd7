"""A house in which a scenario is played: its devices enrolled and attached by the same actions as anybody's, its messages through the real door, the clock driven."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from integrations.devices.intake import Incoming
from integrations.devices.play import Part, Play, Rhythm
from integrations.devices.scenario_file import Route, Scenario, read_scenario
from integrations.devices.scenario_label import Told
from integrations.devices.simulator import Letter, Memory
from integrations.taking import Taker
from marketplace.cameras.queries import frames_of
from marketplace.cameras.viewing import accept_scene, marks_in
from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity
from marketplace.shipments import actions as shipments
from marketplace.shipments import routes
from marketplace.supervision import actions
from marketplace.supervision.alarms.incidents import open_incidents
from marketplace.supervision.rules.incidents import Fused
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot
from tests.marketplace.shipments.makers import a_planned_shipment

SITE = ZoneInfo("Asia/Shanghai")
STEP = timedelta(minutes=5)
MOST_LATE = timedelta(minutes=4)
# Two neighbours may change places, and none waits for the other longer than the house has patience.
JITTER = timedelta(minutes=6)
ALARMS = """
select type, device_id, raised_at, noticed_at from house.alarm where tenant_id = %s and device_id = any(%s) order by raised_at, type
"""
STANDING = """
select type, device_id, raised_at, cleared_at, severity from house.alarm
where tenant_id = %s and device_id = any(%s) and boot is not null and superseded_at is null
"""


@dataclass
class Feed:
    """A publisher that keeps each letter with the moment at which it was sent."""

    now: datetime
    sent: list[tuple[datetime, Letter]] = field(default_factory=list)

    def clock(self, at: datetime) -> None:
        self.now = at

    def send(self, letter: Letter) -> None:
        self.sent.append((self.now, letter))

    def drain(self, timeout: float) -> bool:
        return True

    def counters(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Hall:
    """A lot under the devices of one scenario, and all that they send."""

    world: World
    firm: Firm
    lot: Lot
    scenario: Scenario
    names: dict[UUID, str]
    feed: Feed

    def take(self, letters: Sequence[Letter]) -> None:
        """Through the door, in one call."""
        messages = [Incoming(one.device_id, one.payload, one.tenant_id) for one in letters]
        Taker(self.world.gateway_app)(messages)

    def alarms(self) -> list[Told]:
        """What its devices raised."""
        rows = self.world.admin.execute(ALARMS, (self.firm.tenant_id, list(self.names))).fetchall()
        return [Told(kind, self.names[device_id], raised, noticed) for kind, device_id, raised, noticed in rows]

    def standing(self) -> list[tuple[Any, ...]]:
        """What stands told of its goods: type, origin, begin, end and severity."""
        rows = self.world.admin.execute(STANDING, (self.firm.tenant_id, list(self.names))).fetchall()
        return sorted((kind, self.names[device_id], *rest) for kind, device_id, *rest in rows)

    def incidents(self) -> list[tuple[Any, ...]]:
        """The incidents of its goods: begin, end and severity, and each alarm in them; what concerns the line alone left out."""
        with self.firm.operator.ws(read_only=True) as ws:
            mine = [one for one in open_incidents(ws) if one.fused.of_goods[0].about_id == self.lot.id]
            goods = [Fused(one.fused.of_goods) for one in mine if not one.fused.of_goods[0].of_arrival]
        return [(one.opened_at, one.ended_at, one.severity, [(each.type, each.raised_at) for each in one.of_goods]) for one in goods]  # fmt: skip


@dataclass
class Cast:
    """Three firms, and how many halls stand already."""

    world: World
    path: Path
    keys: Path
    sme: Firm
    warehouse: Firm
    supervisor: Firm

    def halls(self, count: int) -> list[Hall]:
        """As many halls of the same scenario, each with a lot and devices of its own, starting at the same moment."""
        with_label = read_scenario(self.path, self.keys, start=self.world.now)
        tonnes = (with_label.book_kg or 20000) / 1000
        lots = [a_verified_lot(self.world, self.sme, self.warehouse, self.supervisor, amount=f"{tonnes:.3f}") for _ in range(count)]  # fmt: skip
        start = self._start(with_label.begins)
        return [self._hall(lot, number, start) for number, lot in enumerate(lots)]

    def _start(self, begins: time | None) -> datetime:
        """The next full hour, or the next hour of the site's day at which the scenario wants to start."""
        earliest = self.world.now + timedelta(minutes=15)
        there = earliest.astimezone(SITE).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        while begins and there.time() != begins:
            there += timedelta(hours=1)
        self.world.set_clock(there)
        return self.world.now

    def _hall(self, lot: Lot, number: int, start: datetime) -> Hall:
        keys = self.keys / str(number)
        known = read_scenario(self.path, keys, start=start)
        ids: dict[str, tuple[UUID, UUID]] = {}
        for name, part in known.parts.items():
            with self.supervisor.operator.ws() as ws:
                described = actions.Described(
                    kind=known.kinds[name], name=f"{name} {number}",
                    interval_seconds=int(known.span.total_seconds()), calibrated_until=(start + timedelta(days=300)).date(),
                )  # fmt: skip
                device = actions.enrol_device(ws, described, public_key=part.device.public_key)
                actions.attach_device(ws, device.id, lot_id=lot.id)
                ids[name] = (self.supervisor.tenant_id, device.id)
        scenario, feed = read_scenario(self.path, keys, start=start, ids=ids), Feed(start)
        if scenario.route:
            self._load(lot, scenario.route, next(iter(ids.values()))[1])
        for part in scenario.parts.values():
            if part.lens:
                self._accept(part, part.lens)
        Play(list(scenario.parts.values()), feed, Memory(), rhythm=Rhythm(scenario.span), clock=feed.clock).run()
        names = {device_id: name for name, (_, device_id) in ids.items()}
        return Hall(self.world, self.supervisor, lot, scenario, names, feed)

    def _load(self, lot: Lot, route: Route, tracker_id: UUID) -> None:
        """The goods are on the truck, and their supervisor took the carrier's plan of the way."""
        carrier = self.world.firm("LOGISTICS")
        shipment_id = a_planned_shipment(self.world, lot, self.sme, carrier, amount=str(lot.verified_qty)).shipment_id
        with carrier.operator.ws() as ws:
            routes.plan_route(ws, shipment_id, waypoints=route.waypoints, width_m=route.width_m, leaves_at=ws.now, arrives_by=route.arrives_by)  # fmt: skip
            shipments.book(ws, shipment_id, vehicle="浙B 7A213", driver="Zheng")
        with self.supervisor.approver.ws() as ws:
            actions.accept_route(ws, shipment_id, tracker_id=tracker_id)
        with self.warehouse.operator.ws() as ws:
            shipments.hand_out(ws, shipment_id, weighed=Quantity(lot.verified_qty or Decimal(0), lot.unit))
        with carrier.operator.ws() as ws:
            shipments.pick_up(ws, shipment_id)

    def _accept(self, part: Part, lens: Callable[[datetime], bytes]) -> None:
        """A camera's first look is accepted as its scene, with every mark that is in it."""
        device, now = part.device, self.world.now
        Taker(self.world.gateway_app)([Incoming(device.device_id, device.frame(lens(now), now), device.tenant_id)])
        with self.supervisor.operator.ws() as ws:
            first = frames_of(ws, device.device_id)[0]
            tags = marks_in(first)
            accept_scene(ws, device.device_id, frame_id=first.id, marks=dict.fromkeys(tags, "Bag"))


def play_on_time(halls: Sequence[Hall], *, shuffled: Hall | None = None) -> None:
    """The first hall's messages arrive when they were sent; work that was announced is announced for every hall. Time passes in steps, so that timers run.

    `shuffled`: a hall to which the same messages come some minutes late, some before their predecessors, some twice.
    """
    first = halls[0]
    world, scenario = first.world, first.scenario
    feed = [(at, first, letter) for at, letter in first.feed.sent]
    feed += [(at, shuffled, letter) for at, letter in _jittered(shuffled)] if shuffled else []
    moments = {at for at, _, _ in feed} | {since for since, _ in scenario.handled}
    now = scenario.start
    while now <= scenario.until + STEP:
        moments.add(now)
        now += STEP
    for moment in sorted(moments):
        world.set_clock(moment)
        for since, until in scenario.handled:
            if since == moment:
                _announce(halls, until - since)
        for hall in halls:
            due = [letter for at, where, letter in feed if at == moment and where is hall]
            if due:
                hall.take(due)
        world.work()


def _jittered(hall: Hall) -> list[tuple[datetime, Letter]]:
    chance = random.Random(len(hall.feed.sent))
    twice = [(at, letter) for at, letter in hall.feed.sent for _ in range(chance.choice((1, 1, 2)))]
    return [(at + timedelta(seconds=chance.randrange(int(JITTER.total_seconds()))), letter) for at, letter in twice]


def play_in_disorder(hall: Hall, seed: int) -> None:
    """Long after the end all messages come: in another order, some of them twice, some of them after the house has given them up."""
    chance = random.Random(seed)
    letters = [letter for _, letter in hall.feed.sent]
    letters += [letter for letter in letters if chance.random() < 0.3]
    chance.shuffle(letters)
    while letters:
        size = chance.randint(1, 12)
        hall.take(letters[:size])
        letters = letters[size:]
        hall.world.advance(chance.random() * MOST_LATE)
        hall.world.work()
    hall.world.advance(MOST_LATE)
    hall.world.work()


def _announce(halls: Sequence[Hall], lasting: timedelta) -> None:
    for hall in halls:
        with hall.firm.operator.ws() as ws:
            actions.announce_handling(ws, hall.lot.id, hours=int(lasting / timedelta(hours=1)), because="Restacking")
