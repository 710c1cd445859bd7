"""Hearing of each officer once an hour. A missed hour is told up the ladder of the desk, and after half an hour to the banks (domain.md, section 7)."""

from uuid import UUID

from sqlalchemy import select

from marketplace.duty.events import LivenessConfirmed, LivenessLeftToBank, LivenessMissed, ShiftEnded
from marketplace.duty.handing import SIGNED_WITHIN
from marketplace.duty.models import LivenessCheck, Shift
from marketplace.duty.planning import LOOK, show_banks
from marketplace.duty.queries import checks_of, find_shift
from marketplace.duty.rules.rosters import next_look, slot_of, slots_over
from marketplace.supervision.rules.duty import BANK_RUNGS, ESCALATION, LIVENESS_EVERY, RUNG_WORDS
from marketplace.supervision.words import saying
from tenants.errors import Conflict, NotAllowed
from tenants.workspace import Workspace

CLIMB, ASK = "duty.climb_ladder", "duty.ask_for_handover"


def confirm_liveness(ws: Workspace, shift_id: UUID) -> LivenessCheck:
    """The officer on duty says: I am here. Counts for the hour that runs, and answers the hours that were missed before.

    Refuses another's shift, a time outside of it, and a second word within the same hour.
    """
    ws.may("stand_duty")
    shift = find_shift(ws, shift_id, lock=True)
    if shift.officer_id != ws.person_id or shift.replaced_at is not None:
        raise NotAllowed("not_your_shift", "This is not your shift.")
    slot = slot_of(shift.starts_at, shift.ends_at, ws.now)
    if slot is None:
        raise Conflict("not_on_duty", "You are not on duty now.")
    if ws.session.get(LivenessCheck, (ws.tenant_id, shift.id, slot)):
        raise Conflict("already_confirmed", "You have confirmed for this hour already.")
    _note_missed(ws, shift)
    answered = _unanswered(ws, shift)
    for one in answered:
        one.answered_at = ws.now
    made = _check(shift, slot)
    made.confirmed_at = ws.now
    ws.session.add(made)
    ws.session.flush()
    ws.record(LivenessConfirmed(shift_id=shift.id, officer=shift.officer, slot_at=slot, answers=len(answered)), on=shift.roster_id)  # fmt: skip
    return made


def look_for_officer(ws: Workspace, shift: Shift) -> None:
    """An hour of the shift is over: was the officer heard? Then wait for the next, and for the handover when the shift is over."""
    if shift.replaced_at is not None:
        return
    show_banks(ws, shift.roster_id)
    fresh = _note_missed(ws, shift)
    if fresh:
        climb(ws, shift, fresh[-1])
    due = next_look(shift.starts_at, shift.ends_at, ws.now)
    if due is not None:
        ws.set_timer(
            LOOK, key=f"{shift.id}:{due.isoformat()}", due=due, stream_id=shift.roster_id, shift_id=str(shift.id)
        )
    else:
        _tell_end(ws, shift)
        ws.set_timer(ASK, key=str(shift.id), due=shift.ends_at + SIGNED_WITHIN, stream_id=shift.roster_id, shift_id=str(shift.id))  # fmt: skip


def climb(ws: Workspace, shift: Shift, check: LivenessCheck) -> None:
    """Tell whoever stands on the rungs that are due and were not told, as one; set the next. Ends where the officer is heard again."""
    if check.answered_at or check.missed_at is None:
        return
    due = [who for after, who in ESCALATION[check.rungs :] if check.missed_at + after <= ws.now]
    if due:
        check.rungs += len(due)
        kind, silent = LivenessLeftToBank if BANK_RUNGS & set(due) else LivenessMissed, _unanswered(ws, shift)
        ws.record(kind(shift_id=shift.id, officer=shift.officer, since=silent[0].slot_at, hours=len(silent), whom=saying(RUNG_WORDS[due[-1]])), on=shift.roster_id)  # fmt: skip
    if check.rungs < len(ESCALATION):
        at = check.missed_at + ESCALATION[check.rungs][0]
        ws.set_timer(CLIMB, key=f"{shift.id}:{at.isoformat()}", due=at, stream_id=shift.roster_id, shift_id=str(shift.id), slot_at=check.slot_at.isoformat())  # fmt: skip


def _note_missed(ws: Workspace, shift: Shift) -> list[LivenessCheck]:
    """Rows for the hours that are over and in which nothing was heard, oldest first."""
    known = set(ws.session.scalars(select(LivenessCheck.slot_at).where(LivenessCheck.shift_id == shift.id)))
    made = []
    for slot in slots_over(shift.starts_at, shift.ends_at, ws.now):
        if slot not in known:
            one = _check(shift, slot)
            one.missed_at = min(slot + LIVENESS_EVERY, shift.ends_at)
            made.append(one)
    ws.session.add_all(made)
    ws.session.flush()
    return made


def _unanswered(ws: Workspace, shift: Shift) -> list[LivenessCheck]:
    """The hours that were missed since the officer was last heard of, oldest first: a word answers all before it, so they stand in a row."""
    wanted = select(LivenessCheck).where(LivenessCheck.shift_id == shift.id, LivenessCheck.missed_at.is_not(None))
    return list(ws.session.scalars(wanted.where(LivenessCheck.answered_at.is_(None)).order_by(LivenessCheck.slot_at)))


def _tell_end(ws: Workspace, shift: Shift) -> None:
    """One line of the record for the shift, for those who do not read each of its hours."""
    heard = [bool(one.confirmed_at) for one in checks_of(ws, shift.id)]
    ws.record(ShiftEnded(shift_id=shift.id, officer=shift.officer, ended_at=shift.ends_at, hours=len(heard), confirmed=sum(heard)), on=shift.roster_id)  # fmt: skip


def _check(shift: Shift, slot: object) -> LivenessCheck:
    return LivenessCheck(tenant_id=shift.tenant_id, shift_id=shift.id, slot_at=slot, roster_id=shift.roster_id, rungs=0)
