"""Planning who stands at the desk, and letting the banks look at it whose goods it watches."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.duty.events import RosterPlanned
from marketplace.duty.models import Roster, Shift
from marketplace.duty.queries import own_shifts
from marketplace.duty.rules.rosters import next_look, planned_shift, require_roster, require_span
from marketplace.pledges.models import Pledge
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict
from tenants.members import find_member
from tenants.permissions import allowed
from tenants.workspace import Workspace

LOOK = "duty.look_for_officer"


def plan_roster(
    ws: Workspace, *, starts_at: datetime, ends_at: datetime, shifts: Sequence[tuple[UUID, datetime, datetime]]
) -> Roster:
    """Plan the desk for [starts_at, ends_at). Shifts: officer, from, until. Shifts of earlier plans that begin in it or later are replaced.

    Refuses a plan that leaves any minute to fewer than two officers, naming it, and officers who left or may not stand at the desk.
    """
    ws.may("plan_duty")
    # One planner at a time: two plans that know nothing of each other could leave a gap between them.
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"duty:{ws.tenant_id}", 0))))
    require_span(starts_at, ends_at, ws.now)
    planned = [planned_shift(str(officer), start, end) for officer, start, end in shifts]
    names = {officer: _officer(ws, officer) for officer in dict.fromkeys(officer for officer, *_ in shifts)}
    known = own_shifts(ws, after=ws.now)
    standing = [one for one in known if one.starts_at < starts_at]
    require_roster(starts_at, ends_at, planned, [one.planned for one in standing], ws.now)
    for one in known:
        if one not in standing:
            one.replaced_at = ws.now
    roster = Roster(tenant_id=ws.tenant_id, id=new_id(), starts_at=starts_at, ends_at=ends_at, planned_by=ws.member.name, planned_at=ws.now)  # fmt: skip
    ws.session.add(roster)
    ws.session.flush()
    rooms.found(ws, roster.id, kind="duty", role="desk")
    for officer, start, end in shifts:
        _put(ws, roster, Shift(tenant_id=ws.tenant_id, id=new_id(), roster_id=roster.id, officer_id=officer, officer=names[officer], starts_at=start, ends_at=end))  # fmt: skip
    show_banks(ws, roster.id)
    ws.record(RosterPlanned(roster_id=roster.id, starts_at=starts_at, ends_at=ends_at, shifts=len(shifts)), on=roster.id)  # fmt: skip
    return roster


def show_banks(ws: Workspace, roster_id: UUID) -> None:
    """Let each bank look at the roster that holds a pledge on goods which this desk watches."""
    held = select(Pledge.bank_id).where(Pledge.supervisor_id == ws.tenant_id, Pledge.status.in_(("ACTIVE", "IMPAIRED", "ENFORCING")))  # fmt: skip
    seen = {one.tenant_id for one in rooms.participants(ws, roster_id)}
    for bank_id in sorted(set(ws.session.scalars(held.distinct())) - seen):
        rooms.share(ws, roster_id, to=bank_id, role="bank")


def _put(ws: Workspace, roster: Roster, shift: Shift) -> None:
    ws.session.add(shift)
    due = next_look(shift.starts_at, shift.ends_at, shift.starts_at)
    assert due is not None, "a shift has a first hour"
    ws.set_timer(LOOK, key=str(shift.id), due=due, stream_id=roster.id, shift_id=str(shift.id))


def _officer(ws: Workspace, person_id: UUID) -> str:
    member = find_member(ws, person_id)
    stands = allowed("stand_duty", kinds=ws.member.kinds, jobs=frozenset(member.jobs), scopes=None)
    if member.ended_at or not stands:
        raise Conflict("officer_unfit", "%(name)s may not stand at the desk.", field="shifts", name=member.name)
    return member.name
