"""Looking at the desk: who is on duty, what was handed over, what was heard, and the log of a shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from marketplace.duty.models import Drill, Handover, LivenessCheck, Roster, Shift
from marketplace.duty.rules.rosters import slot_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.rules.duty import gaps
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200
ATTENDED = (
    (Alarm.acknowledged_by, Alarm.acknowledged_at),
    (Alarm.seen_by, Alarm.seen_at),
    (Alarm.on_site_by, Alarm.on_site_at),
)


@dataclass(frozen=True)
class DutyLog:
    """All that is on record of one shift. `alarms`: those that the officer took note of or looked into while on duty; `colleagues`: who stood beside."""

    shift: Shift
    colleagues: Sequence[Shift]
    handovers: Sequence[Handover]
    alarms: Sequence[Alarm]
    checks: Sequence[LivenessCheck]


@dataclass(frozen=True)
class Coverage:
    """A roster as far as its viewer must know: uncovered stretches (there are none unless a plan was cut short), and hours in which nothing was heard."""

    roster: Roster
    shifts: Sequence[Shift]
    gaps: Sequence[tuple[datetime, datetime]]
    missed: int
    confirmed: int


def find_roster(ws: Workspace, roster_id: UUID) -> Roster:
    """A roster of one's own desk, or of one that watches goods pledged to the viewer."""
    found = ws.session.scalars(select(Roster).where(Roster.id == roster_id)).one_or_none()
    if found is None:
        raise NotFound("roster_unknown", "There is no such duty roster.")
    return found


def list_rosters(ws: Workspace) -> list[Roster]:
    """The rosters that the viewer may see, the latest first."""
    wanted = rooms.granted(ws, Roster, Roster.id, kind="duty")
    return list(ws.session.scalars(wanted.order_by(Roster.starts_at.desc()).limit(MOST_ROWS)))


def find_shift(ws: Workspace, shift_id: UUID, *, lock: bool = False) -> Shift:
    """One shift that the viewer may see."""
    wanted = select(Shift).where(Shift.id == shift_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("shift_unknown", "There is no such shift.")
    return found


def shifts_of(ws: Workspace, roster_id: UUID) -> list[Shift]:
    """A roster's shifts in order, without those that were replaced."""
    wanted = select(Shift).where(Shift.roster_id == roster_id, Shift.replaced_at.is_(None))
    return list(ws.session.scalars(wanted.order_by(Shift.starts_at, Shift.officer)))


def own_shifts(ws: Workspace, *, after: datetime, before: datetime | None = None) -> list[Shift]:
    """Shifts of one's own desk that end after a moment (and begin before another), in order."""
    wanted = select(Shift).where(Shift.tenant_id == ws.tenant_id, Shift.replaced_at.is_(None), Shift.ends_at > after)
    if before:
        wanted = wanted.where(Shift.starts_at < before)
    return list(ws.session.scalars(wanted.order_by(Shift.starts_at, Shift.officer).limit(MOST_ROWS * 5)))


def on_duty(ws: Workspace) -> list[Shift]:
    """Who stands at one's own desk now."""
    return [one for one in own_shifts(ws, after=ws.now) if one.starts_at <= ws.now]


def takers_after(ws: Workspace, shift: Shift) -> list[Shift]:
    """The colleagues who are on duty when a shift ends and stay: to them it is handed over."""
    after = own_shifts(ws, after=shift.ends_at, before=shift.ends_at + timedelta(seconds=1))
    return [one for one in after if one.officer_id != shift.officer_id]


def find_handover(ws: Workspace, handover_id: UUID, *, lock: bool = False) -> Handover:
    """One handover that the viewer may see."""
    wanted = select(Handover).where(Handover.id == handover_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("handover_unknown", "There is no such handover.")
    return found


def waiting_handovers(ws: Workspace) -> list[Handover]:
    """Handovers to the viewer that wait for a signature."""
    wanted = select(Handover).where(Handover.tenant_id == ws.tenant_id, Handover.taker_id == ws.person_id)
    return list(ws.session.scalars(wanted.where(Handover.taken_at.is_(None)).order_by(Handover.given_at)))


def checks_of(ws: Workspace, shift_id: UUID) -> list[LivenessCheck]:
    """What was heard of the officer, hour by hour."""
    wanted = select(LivenessCheck).where(LivenessCheck.shift_id == shift_id)
    return list(ws.session.scalars(wanted.order_by(LivenessCheck.slot_at)))


def is_confirmed(ws: Workspace, shift: Shift) -> bool:
    """Whether the officer was heard in the hour that runs now."""
    slot = slot_of(shift.starts_at, shift.ends_at, ws.now)
    return slot is not None and ws.session.get(LivenessCheck, (shift.tenant_id, shift.id, slot)) is not None


def coverage_of(ws: Workspace, roster: Roster) -> Coverage:
    """How well a roster is kept: for the supervisor, and for the banks whose goods it watches."""
    shifts = shifts_of(ws, roster.id)
    counts = select(func.count(LivenessCheck.missed_at), func.count(LivenessCheck.confirmed_at))
    missed, confirmed = ws.session.execute(counts.where(LivenessCheck.roster_id == roster.id)).one()
    # What another plan left standing, or put in its place, covers too.
    within = select(Shift).where(Shift.tenant_id == roster.tenant_id, Shift.replaced_at.is_(None))
    all_shifts = ws.session.scalars(within.where(Shift.ends_at > roster.starts_at, Shift.starts_at < roster.ends_at))
    open_stretches = gaps([one.planned for one in all_shifts], roster.starts_at, roster.ends_at)
    return Coverage(roster, shifts, open_stretches, missed, confirmed)


def log_of(ws: Workspace, shift_id: UUID) -> DutyLog:
    """The log of a shift: who, with whom, what was handed over, which alarms were taken, what was heard."""
    shift = find_shift(ws, shift_id)
    beside = select(Shift).where(Shift.tenant_id == shift.tenant_id, Shift.replaced_at.is_(None), Shift.id != shift.id)
    beside = beside.where(Shift.starts_at < shift.ends_at, Shift.ends_at > shift.starts_at)
    taken = select(Alarm).where(or_(*(and_(by == shift.officer, at >= shift.starts_at, at < shift.ends_at) for by, at in ATTENDED)))  # fmt: skip
    given = select(Handover).where(Handover.tenant_id == shift.tenant_id, Handover.given_at >= shift.starts_at, Handover.given_at < shift.ends_at)  # fmt: skip
    mine = given.where((Handover.shift_id == shift.id) | (Handover.taker_id == shift.officer_id))
    return DutyLog(
        shift,
        ws.session.scalars(beside.order_by(Shift.starts_at)).all(),
        ws.session.scalars(mine.order_by(Handover.given_at)).all(),
        ws.session.scalars(taken.order_by(Alarm.noticed_at, Alarm.id).limit(MOST_ROWS)).all(),
        checks_of(ws, shift.id),
    )


def find_drill(ws: Workspace, drill_id: UUID, *, lock: bool = False) -> Drill:
    """One drill that the viewer may see."""
    wanted = select(Drill).where(Drill.id == drill_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("drill_unknown", "There is no such drill.")
    return found


def list_drills(ws: Workspace) -> list[Drill]:
    """Drills of the viewer's desk, or of those that watch its pledges, newest first."""
    return list(ws.session.scalars(select(Drill).order_by(Drill.id.desc()).limit(MOST_ROWS)))


def ringing(ws: Workspace) -> list[Drill]:
    """Drills of one's own desk that wait for an answer."""
    wanted = select(Drill).where(
        Drill.tenant_id == ws.tenant_id, Drill.answered_at.is_(None), Drill.missed_at.is_(None)
    )
    return list(ws.session.scalars(wanted.where(Drill.due_at >= ws.now).order_by(Drill.due_at)))
