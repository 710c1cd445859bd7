"""Looking at cameras: their frames, the scene in force at a time, and whose business a picture is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

from marketplace.cameras.models import Frame, Scene
from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import BatchPlace
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_FRAMES = 200
Place = tuple[UUID, int, int]


def find_frame(ws: Workspace, frame_id: UUID) -> Frame:
    """One frame. Refuses, as not found, what the viewer may not see."""
    found = ws.session.scalars(select(Frame).where(Frame.id == frame_id)).one_or_none()
    if found is None:
        raise NotFound("frame_unknown", "There is no such picture.")
    return found


def find_camera(ws: Workspace, device_id: UUID) -> Device:
    """One of the firm's own cameras."""
    device = ws.session.get(Device, (ws.tenant_id, device_id))
    if device is None or device.kind != "camera":
        raise NotFound("camera_unknown", "There is no such camera.")
    return device


def frames_of(ws: Workspace, device_id: UUID, *, limit: int = 24, cursor: UUID | None = None) -> list[Frame]:
    """The last frames of one of the firm's own cameras, newest first."""
    wanted = select(Frame).where(Frame.tenant_id == ws.tenant_id, Frame.device_id == device_id)
    if cursor:
        wanted = wanted.where(Frame.id < cursor)
    newest = wanted.order_by(Frame.taken_at.desc(), Frame.id.desc()) if cursor is None else wanted.order_by(Frame.id.desc())  # fmt: skip
    return list(ws.session.scalars(newest.limit(limit)))


def scene_of(ws: Workspace, device_id: UUID, at: datetime) -> Scene | None:
    """The scene that was in force at a time; None before any was accepted."""
    mine = (Scene.tenant_id == ws.tenant_id, Scene.device_id == device_id, Scene.accepted_at <= at)
    return ws.session.scalars(select(Scene).where(*mine).order_by(Scene.accepted_at.desc()).limit(1)).first()


def is_camera(ws: Workspace, device_id: UUID) -> bool:
    """Whether one of the firm's devices may send pictures."""
    return ws.session.scalar(select(Device.kind).where(Device.tenant_id == ws.tenant_id, Device.id == device_id)) == "camera"  # fmt: skip


def digests_at(ws: Workspace, places: Sequence[Place]) -> dict[Place, bytes]:
    """What stands in these places of the devices' chains already."""
    wanted = select(BatchPlace.device_id, BatchPlace.boot, BatchPlace.sequence, BatchPlace.digest)
    rows = ws.session.execute(wanted.where(BatchPlace.tenant_id == ws.tenant_id, tuple_(BatchPlace.device_id, BatchPlace.boot, BatchPlace.sequence).in_(places)))  # fmt: skip
    return {(device_id, boot, sequence): digest for device_id, boot, sequence, digest in rows}


def frames_between(ws: Workspace, subject_id: UUID, start: datetime, end: datetime) -> list[Frame]:
    """What cameras took of a lot (or a camera of its place) within a span, oldest first, as far as the viewer may know."""
    within = (Frame.subject_id == subject_id, Frame.taken_at.between(start, end))
    return list(ws.session.scalars(select(Frame).where(*within).order_by(Frame.taken_at, Frame.id).limit(MOST_FRAMES)))


def frames_around(ws: Workspace, device_id: UUID, subject_id: UUID, at: datetime, *, within: timedelta) -> list[Frame]:
    """The frame before a moment, that at it, and the first after it, of one camera: what an alarm is looked at by. Oldest first."""
    mine = (Frame.device_id == device_id, Frame.subject_id == subject_id)
    before = _nearest(ws, *mine, Frame.taken_at.between(at - within, at), newest_first=True, most=2)
    after = _nearest(ws, *mine, Frame.taken_at > at, Frame.taken_at <= at + within, newest_first=False, most=1)
    return [*reversed(before), *after]


def _nearest(ws: Workspace, *where: ColumnElement[bool], newest_first: bool, most: int) -> list[Frame]:
    order = Frame.taken_at.desc() if newest_first else Frame.taken_at
    return list(ws.session.scalars(select(Frame).where(*where).order_by(order, Frame.id).limit(most)))
