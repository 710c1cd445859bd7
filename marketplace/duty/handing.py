"""Handing the desk over: the outgoing officer signs what is open over, the incoming one signs for it."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.duty.events import DutyHandedOver, DutyTakenOver, HandoverMissed
from marketplace.duty.models import Handover, Shift
from marketplace.duty.queries import find_handover, find_shift, takers_after
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import open_alarms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

AROUND = timedelta(minutes=30)  # before and after the end of a shift in which it is handed over
SIGNED_WITHIN = timedelta(minutes=15)
LONGEST_NOTE = 2000


def hand_over(ws: Workspace, shift_id: UUID, *, to: UUID, note: str) -> Handover:
    """The officer of the shift signs the open alarms over to a colleague who is on duty next, with a note.

    Refuses anybody else's shift, a time other than around its end, a colleague who is not on duty then, and a second signature.
    """
    ws.may("stand_duty")
    shift = find_shift(ws, shift_id, lock=True)
    _require_own(ws, shift)
    if abs(ws.now - shift.ends_at) > AROUND:
        raise Conflict("handover_early", "The desk is handed over within half an hour of the end of the shift.")
    taker = _taker(ws, shift, to)
    text = note.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise Invalid("handover_note", "Say in 1 to %(most)s characters what the next officer must know.", field="note", most=LONGEST_NOTE)  # fmt: skip
    if ws.session.scalars(select(Handover).where(Handover.shift_id == shift.id, Handover.taker_id == to)).first():
        raise Conflict("handed_over", "You have handed over to this officer already.")
    alarms = [_told(one) for one in open_alarms(ws) if one.closed_at is None]
    made = Handover(
        tenant_id=ws.tenant_id, id=new_id(), roster_id=shift.roster_id, shift_id=shift.id, giver_id=ws.person_id, giver=shift.officer,
        taker_id=to, taker=taker, note=text, alarms=alarms, given_at=ws.now, digest="",
    )  # fmt: skip
    made.digest = digest_of(made)
    ws.session.add(made)
    ws.session.flush()
    ws.record(DutyHandedOver(handover_id=made.id, shift_id=shift.id, giver=made.giver, taker=made.taker, alarms=len(alarms), digest=made.digest), on=shift.roster_id, evidence=[made.digest])  # fmt: skip
    return made


def take_over(ws: Workspace, handover_id: UUID) -> Handover:
    """The incoming officer signs for what was handed over. Refuses everybody else, and a second signature."""
    ws.may("stand_duty")
    handover = find_handover(ws, handover_id, lock=True)
    if handover.taker_id != ws.person_id:
        raise NotAllowed("not_your_handover", "Only the officer to whom the desk is handed over signs for it.")
    if handover.taken_at:
        raise Conflict("taken_over", "You have signed for this handover already.")
    assert digest_of(handover) == handover.digest, "what is signed for is what was signed over"
    handover.taken_at, handover.taken_by = ws.now, ws.member.name
    ws.record(DutyTakenOver(handover_id=handover.id, shift_id=handover.shift_id, giver=handover.giver, taker=handover.taker, digest=handover.digest), on=handover.roster_id, evidence=[handover.digest])  # fmt: skip
    return handover


def look_for_handover(ws: Workspace, shift: Shift) -> None:
    """A while after the end of a shift: where the desk goes on, somebody must have signed for what was open."""
    signed = ws.session.scalars(select(Handover.id).where(Handover.shift_id == shift.id, Handover.taken_at.is_not(None))).first()  # fmt: skip
    if takers_after(ws, shift) and signed is None and shift.replaced_at is None:
        ws.record(HandoverMissed(shift_id=shift.id, officer=shift.officer, ended_at=shift.ends_at), on=shift.roster_id)


def digest_of(handover: Handover) -> str:
    """SHA-256 over what is handed over, by whom, to whom and when: both signatures are for this."""
    told = {
        "shift": str(handover.shift_id), "giver": str(handover.giver_id), "taker": str(handover.taker_id), "note": handover.note,
        "alarms": handover.alarms, "given_at": handover.given_at.isoformat(),
    }  # fmt: skip
    return hashlib.sha256(
        json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def _require_own(ws: Workspace, shift: Shift) -> None:
    if shift.officer_id != ws.person_id or shift.replaced_at is not None:
        raise NotAllowed("not_your_shift", "This is not your shift.")


def _taker(ws: Workspace, shift: Shift, to: UUID) -> str:
    """A colleague whose shift goes on after this one, or begins by its end."""
    for one in takers_after(ws, shift):
        if one.officer_id == to:
            return one.officer
    raise Conflict("taker_off_duty", "The desk is handed over to a colleague who is on duty next.", field="to")


def _told(alarm: Alarm) -> dict[str, Any]:
    return {"id": str(alarm.id), "number": alarm.number, "severity": alarm.severity, "type": alarm.type, "status": alarm.status}  # fmt: skip
