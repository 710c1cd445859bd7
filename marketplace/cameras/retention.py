"""Letting pictures go at the end of their retention. What stays as long as it is needed: accepted scenes, and what an alarm was seen by that was true or is open."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from marketplace.cameras import ports
from marketplace.cameras.events import PicturesLetGo
from marketplace.cameras.models import Frame, Scene
from marketplace.supervision.models.alarms import Alarm
from tenants.workspace import Workspace

LET_GO = "cameras.let_pictures_go"
AROUND = timedelta(minutes=30)
MOST_AT_ONCE = 500
MOMENT = timedelta(seconds=1)


def let_go_later(ws: Workspace) -> None:
    """Have the pictures of this day let go when their retention ends: one timer for each day on which a camera spoke."""
    day = ws.now.date().isoformat()
    ws.set_timer(LET_GO, key=day, due=ws.now + ports.kept_for(), stream_id=ws.tenant_id)


def let_go(ws: Workspace) -> int:
    """Let go of what is older than the retention and held by nothing. Returns how many pictures; comes again at once where more are waiting."""
    due = _due(ws, ws.now - ports.kept_for())
    for frame in due:
        frame.dropped_at = ws.now
    ws.session.flush()
    _drop_files(ws, due)
    if due:
        ws.record(PicturesLetGo(pictures=len(due), days=ports.kept_for().days), on=ws.tenant_id)
    if len(due) == MOST_AT_ONCE:
        key = f"{ws.now.isoformat()}:{due[-1].id}"
        ws.set_timer(LET_GO, key=key, due=ws.now + MOMENT, stream_id=ws.tenant_id)
    return len(due)


def _due(ws: Workspace, before: datetime) -> Sequence[Frame]:
    about = or_(Alarm.about_id == Frame.subject_id, Alarm.device_id == Frame.device_id)
    until = func.coalesce(Alarm.cleared_at, ws.now) + AROUND
    needed = or_(Alarm.closed_at.is_(None), Alarm.disposition == "TRUE")
    seen_by = exists().where(about, needed, Frame.taken_at.between(Alarm.raised_at - AROUND, until))
    accepted = exists().where(Scene.tenant_id == Frame.tenant_id, Scene.frame_id == Frame.id)
    old = (Frame.tenant_id == ws.tenant_id, Frame.dropped_at.is_(None), Frame.received_at <= before)
    wanted = select(Frame).where(*old, ~seen_by, ~accepted).order_by(Frame.received_at, Frame.id)
    return ws.session.scalars(wanted.limit(MOST_AT_ONCE).with_for_update(skip_locked=True)).all()


def _drop_files(ws: Workspace, gone: Sequence[Frame]) -> None:
    """Bytes that no other frame has as well."""
    hashes = {sha256 for frame in gone for sha256 in (frame.sha256, frame.masked_sha256)}
    for column in (Frame.sha256, Frame.masked_sha256):
        kept = select(column).where(Frame.tenant_id == ws.tenant_id, Frame.dropped_at.is_(None), column.in_(hashes))
        hashes -= set(ws.session.scalars(kept))
    for sha256 in sorted(hashes):
        ports.frame_store().drop(ws.tenant_id, sha256)
