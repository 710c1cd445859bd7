"""A patrol route for tests, at the site of a running loan's goods, with officers whose phones sign."""

import json
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from marketplace.business_days import SHANGHAI
from marketplace.patrols import actions, queries
from marketplace.patrols.models import Checkpoint, Patrol, PatrolScan
from marketplace.patrols.rules.routes import Point
from marketplace.patrols.rules.scans import FORM, shown
from marketplace.patrols.rules.windows import Window, drawn_minute
from tests.factories import Firm, Person, World
from tests.marketplace.financing.makers import ADeal, a_running_loan
from tests.marketplace.stocktakes.makers import APhone

MINUTE = timedelta(minutes=1)
NAMES = ("North gate", "Bay A-01", "South door")
POINTS = tuple(Point(name, Decimal(4 + 8 * n), Decimal(6), f"E2801160600002{n:02}" if n == 2 else "") for n, name in enumerate(NAMES))  # fmt: skip


@dataclass
class ARoute:
    """Three checkpoints, to be walked within twenty minutes, in a window of two hours that begins in an hour."""

    world: World
    deal: ADeal
    firm: Firm
    officer: Person
    phone: APhone
    id: UUID
    opens_at: datetime
    points: list[Checkpoint] = field(default_factory=list)

    def draw(self) -> datetime:
        """The window begins; the minute that was drawn, as nobody is shown it."""
        self.world.set_clock(max(self.world.now, self.opens_at))
        self.world.work()
        row = self.world.admin.execute("select starts_at from house.patrol where route_id = %s order by id desc limit 1", [self.id]).fetchone()  # fmt: skip
        assert row
        return row[0]  # type: ignore[no-any-return]

    def call(self) -> Patrol:
        """The minute comes."""
        self.world.set_clock(self.draw())
        self.world.work()
        return self.patrols()[0]

    def run_out(self) -> Patrol:
        """Nobody walks (any further)."""
        self.world.advance(21 * MINUTE)
        self.world.work()
        return self.patrols()[0]

    def patrols(self, person: Person | None = None) -> list[Patrol]:
        """Rounds as the supervisor, or somebody else, sees them."""
        with (person or self.firm.operator).ws(read_only=True) as ws:
            return queries.list_patrols(ws, route_id=self.id)

    def say(self, patrol: Patrol, label: str, /, *, at: datetime | None = None, **known: Any) -> tuple[str, str]:
        """What the officer's phone signs of a label."""
        told: dict[str, Any] = {
            "form": FORM, "patrol": str(patrol.id), "seen": shown(patrol.id, label), "taken_at": (at or self.world.now).isoformat(),
            "place": None, "previous": self.phone.head,
        }  # fmt: skip
        text = json.dumps(told | known)
        self.phone.head = sha256(text.encode()).hexdigest()
        return text, self.phone.sign(text)

    def send(self, patrol: Patrol, statement: str, signature: str) -> PatrolScan:
        """What the phone sends."""
        with self.officer.ws() as ws:
            return actions.scan_checkpoint(ws, patrol.id, phone_id=self.phone.id, statement=statement, signature=signature)  # fmt: skip

    def scan(self, patrol: Patrol, n: int, **known: Any) -> PatrolScan:
        """The officer stands at a checkpoint now, and a minute goes by."""
        scan = self.send(patrol, *self.say(patrol, self.points[n].label, **known))
        self.world.advance(MINUTE)
        return scan

    def walk(self, patrol: Patrol) -> list[PatrolScan]:
        """All of it."""
        return [self.scan(patrol, n) for n in range(len(self.points))]


def a_window(world: World, *, minutes: int = 120, after: timedelta = timedelta(hours=1)) -> Window:
    """A window that begins in a while."""
    begins = (world.now + after).astimezone(SHANGHAI)
    return Window(time(begins.hour, begins.minute), minutes)


def a_seed(opens_at: datetime) -> bytes:
    """One that draws no minute near the beginning or the end of the window."""
    seeds = (bytes(31) + bytes([n]) for n in range(256))
    inside = (opens_at + 10 * MINUTE, opens_at + 90 * MINUTE)
    return next(one for one in seeds if inside[0] < drawn_minute(one, "", opens_at, opens_at + 100 * MINUTE) < inside[1])  # fmt: skip


def a_route(world: World, deal: ADeal | None = None, *, planted: bool = True, **known: Any) -> ARoute:
    """Planned now; the phone was enrolled two days ago. `planted`: its first minute is drawn by a seed that leaves time before and after."""
    loan = deal or a_running_loan(world)
    firm = loan.parties.supervisor
    officer = firm.person("operator", name="Officer Li")
    phone = APhone(officer)
    world.advance(timedelta(days=2))
    with firm.operator.ws() as ws:
        window = a_window(world)
        planned = {"name": "Night round", "minutes": 20, "windows": [window], "points": POINTS} | known
        route = actions.plan_route(ws, loan.lots[0].site_id, **planned)
        points = queries.checkpoints_of(ws, route.id)
    opens_at = (world.now + timedelta(hours=1)).replace(second=0, microsecond=0)
    if planted:
        world.admin.execute("update house.patrol_route set seed = %s where id = %s", [a_seed(opens_at), route.id])
    return ARoute(world, loan, firm, officer, phone, route.id, opens_at, points)
