"""Letting readings go at the end of their retention. Roll-ups stay for charts, seals and digests stay so that what is gone can still be named, and an event in
the same record tells that it went. Sealed first: what lies under no seal is never let go.
"""

from datetime import timedelta

from sqlalchemy import exists, select, text

from marketplace.supervision.models.seals import SealedBatch
from marketplace.supervision.seal_events import ReadingsLetGo
from tenants import rooms
from tenants.workspace import Workspace

LET_GO = "supervision.let_readings_go"
KEPT_DAYS = 1095  # three years: the general limitation of claims, Civil Code 188; a product default
KEPT_DAYS_LEAST = 30
LOOK_AGAIN = timedelta(days=30)
MOST_AT_ONCE = 5_000
MOMENT = timedelta(seconds=1)
GATE = text("select * from gate.let_readings_go(:before, :most) order by subject_id, device_id")

_kept: list[timedelta] = []


def keep_readings_for(days: int) -> None:
    """Choose for how long this process keeps readings that nothing holds; thirty days at least."""
    _kept[:] = [timedelta(days=max(days, KEPT_DAYS_LEAST))]


def kept_for() -> timedelta:
    """How long readings are kept that nothing holds."""
    return _kept[0] if _kept else timedelta(days=KEPT_DAYS)


def let_go_later(ws: Workspace) -> None:
    """Have what was sealed today let go when its retention ends: one timer for each night on which something was sealed."""
    ws.set_timer(LET_GO, key=ws.now.date().isoformat(), due=ws.now + kept_for(), stream_id=ws.tenant_id)


def let_go(ws: Workspace, *, most: int = MOST_AT_ONCE) -> int:
    """Let go of what is older than the retention and held by nothing; returns of how many messages. Comes again while more waits, and in a month for what is held."""
    before = ws.now - kept_for()
    gone = ws.session.execute(GATE, {"before": before, "most": most}).all()
    for one in gone:
        fact = ReadingsLetGo(
            subject_id=one.subject_id,
            device_id=one.device_id,
            batches=one.batches,
            first_at=one.first_at,
            last_at=one.last_at,
            days=kept_for().days,
        )
        ws.record(fact, on=one.subject_id if rooms.my_roles(ws, one.subject_id) else ws.tenant_id)
    total: int = sum(one.batches for one in gone)
    if total == most or _is_held(ws, before):
        due = ws.now + (MOMENT if total == most else LOOK_AGAIN)
        ws.set_timer(LET_GO, key=due.isoformat(), due=due, stream_id=ws.tenant_id)
    return total


def _is_held(ws: Workspace, before: object) -> bool:
    """Whether something old is still there."""
    old = (SealedBatch.tenant_id == ws.tenant_id, SealedBatch.let_go_at.is_(None), SealedBatch.last_at < before)
    return bool(ws.session.scalar(select(exists().where(*old))))
