"""A desk for tests: four officers in two crews, and a plan for a day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.duty import actions
from marketplace.duty.queries import own_shifts
from marketplace.duty.rules.rosters import rotation
from tests.factories import Firm, Person, World

HOUR = timedelta(hours=1)


@dataclass
class ADesk:
    """A supervisor's desk with its officers, by name, and what was planned."""

    world: World
    firm: Firm
    officers: dict[UUID, Person] = field(default_factory=dict)
    roster_id: UUID | None = None
    start: datetime | None = None

    def at(self, moment: datetime) -> list[tuple[UUID, Person]]:
        """Shifts on duty at a moment, with their officers."""
        with self.firm.operator.ws(read_only=True) as ws:
            return [(one.id, self.officers[one.officer_id]) for one in own_shifts(ws, after=moment) if one.starts_at <= moment]  # fmt: skip


def a_desk(
    world: World, firm: Firm | None = None, *, lasting: timedelta = 24 * HOUR, length: timedelta = 8 * HOUR
) -> ADesk:
    """A supervisor whose two crews of two take turns from now on."""
    desk = ADesk(world, firm or world.firm("SUPERVISOR"))
    people = [desk.firm.person("operator", name=f"Officer {name}") for name in ("Li", "Wang", "Zhou", "Chen")]
    desk.officers = {one.person_id: one for one in people}
    ids = [str(one.person_id) for one in people]
    desk.start = world.now
    turns = rotation(desk.start, desk.start + lasting, length, (ids[:2], ids[2:]))
    with desk.firm.operator.ws() as ws:
        planned = [(UUID(one.officer), one.start, one.end) for one in turns]
        desk.roster_id = actions.plan_roster(ws, starts_at=desk.start, ends_at=desk.start + lasting, shifts=planned).id
    return desk


def a_handover(world: World, firm: Firm) -> dict[str, UUID]:
    """Ids of a roster, of a shift that is about to end, of the handover that its officer signed, and of a drill."""
    desk = a_desk(world, firm, lasting=HOUR, length=HOUR / 3)
    assert desk.roster_id
    assert desk.start
    (shift_id, giver), *_ = desk.at(desk.start)
    taker = desk.at(desk.start + HOUR / 3)[0][1]
    with giver.ws() as ws:
        made = actions.hand_over(ws, shift_id, to=taker.person_id, note="All quiet.")
    with firm.operator.ws() as ws:
        drill = actions.ring_drill(ws, severity="MAJOR", script="Smoke in hall 2.")
    return {"roster_id": desk.roster_id, "shift_id": shift_id, "handover_id": made.id, "drill_id": drill.id}
