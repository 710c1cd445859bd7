"""A house in which a scenario is played: its devices enrolled and attached by the same actions as anybody's, its messages through the real door, the clock driven."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from integrations.devices.intake import Incoming
from integrations.devices.play import Part, Play, Rhythm
from integrations.devices.scenario_file import Scenario, begins_at, read_scenario
from integrations.devices.scenario_label import Told
from integrations.devices.simulator import Letter, Memory
from integrations.taking import Taker
from marketplace.cameras.queries import frames_of
from marketplace.cameras.viewing import accept_scene, marks_in
from marketplace.inventory.models import Lot
from marketplace.supervision import actions
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot

SITE = ZoneInfo("Asia/Shanghai")
STEP = timedelta(minutes=5)
MOST_LATE = timedelta(minutes=4)
ALARMS = """
select type, device_id, raised_at, noticed_at, cleared_at from house.alarm where tenant_id = %s and device_id = any(%s) order by raised_at, type
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

    def alarms(self) -> list[tuple[Told, datetime | None]]:
        """What its devices raised, with the end of each where it has one."""
        rows = self.world.admin.execute(ALARMS, (self.firm.tenant_id, list(self.names))).fetchall()
        return [(Told(kind, self.names[device_id], raised, noticed), cleared) for kind, device_id, raised, noticed, cleared in rows]  # fmt: skip


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
        start = self._start()
        return [self._hall(lot, number, start) for number, lot in enumerate(lots)]

    def _start(self) -> datetime:
        """The next full hour, or the next hour of the site's day at which the scenario wants to start."""
        earliest = self.world.now + timedelta(minutes=15)
        begins = begins_at(self.path)
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
        for part in scenario.parts.values():
            if part.lens:
                self._accept(part, part.lens)
        Play(list(scenario.parts.values()), feed, Memory(), rhythm=Rhythm(scenario.span), clock=feed.clock).run()
        names = {device_id: name for name, (_, device_id) in ids.items()}
        return Hall(self.world, self.supervisor, lot, scenario, names, feed)

    def _accept(self, part: Part, lens: Callable[[datetime], bytes]) -> None:
        """A camera's first look is accepted as its scene, with every mark that is in it."""
        device, now = part.device, self.world.now
        Taker(self.world.gateway_app)([Incoming(device.device_id, device.frame(lens(now), now), device.tenant_id)])
        with self.supervisor.operator.ws() as ws:
            first = frames_of(ws, device.device_id)[0]
            tags = marks_in(first)
            accept_scene(ws, device.device_id, frame_id=first.id, marks=dict.fromkeys(tags, "Bag"))


def play_on_time(halls: Sequence[Hall]) -> None:
    """The first hall's messages arrive when they were sent; work that was announced is announced for every hall. Time passes in steps, so that timers run."""
    first = halls[0]
    world, scenario, feed = first.world, first.scenario, list(first.feed.sent)
    moments = {at for at, _ in feed} | {since for since, _ in scenario.handled}
    now = scenario.start
    while now <= scenario.until + STEP:
        moments.add(now)
        now += STEP
    for moment in sorted(moments):
        world.set_clock(moment)
        for since, until in scenario.handled:
            if since == moment:
                _announce(halls, until - since)
        due = [letter for at, letter in feed if at == moment]
        if due:
            first.take(due)
        world.work()


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
