"""What the desk does by itself, where there is a roster and nowhere else: it looks for its officers each hour, and for a handover after each shift."""

from datetime import datetime
from uuid import UUID

from marketplace.duty.drilling import close_drill as close
from marketplace.duty.handing import look_for_handover
from marketplace.duty.liveness import climb
from marketplace.duty.liveness import look_for_officer as look
from marketplace.duty.models import LivenessCheck
from marketplace.duty.queries import find_drill, find_shift
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def look_for_officer(ws: Workspace, happened: Happened) -> None:
    """An hour of a shift is over."""
    look(ws, find_shift(ws, UUID(happened.facts["shift_id"]), lock=True))


@reacts_to(roles=set())
def climb_ladder(ws: Workspace, happened: Happened) -> None:
    """Nothing was heard of an officer since: it is told again, higher up."""
    shift = find_shift(ws, UUID(happened.facts["shift_id"]), lock=True)
    slot = datetime.fromisoformat(happened.facts["slot_at"])
    check = ws.session.get(LivenessCheck, (shift.tenant_id, shift.id, slot))
    if check:
        climb(ws, shift, check)


@reacts_to(roles=set())
def ask_for_handover(ws: Workspace, happened: Happened) -> None:
    """A shift ended a while ago: was the desk handed over?"""
    look_for_handover(ws, find_shift(ws, UUID(happened.facts["shift_id"])))


@reacts_to(roles=set())
def close_drill(ws: Workspace, happened: Happened) -> None:
    """The time to answer a drill is over."""
    close(ws, find_drill(ws, UUID(happened.facts["drill_id"]), lock=True))
