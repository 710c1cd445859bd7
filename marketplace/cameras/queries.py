"""Looking at cameras: their frames, the scene in force at a time, and whose business a picture is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_

from marketplace.cameras.models import Frame, FrameOpening, Scene
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import BatchPlace
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_FRAMES = 200
AROUND = timedelta(minutes=30)
BEFORE, AT, AFTER = "BEFORE", "AT", "AFTER"
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


def openings_of(ws: Workspace, frame_id: UUID) -> list[FrameOpening]:
    """Who asked to see a picture as it was taken, latest first."""
    wanted = select(FrameOpening).where(FrameOpening.frame_id == frame_id)
    return list(ws.session.scalars(wanted.order_by(FrameOpening.id.desc()).limit(MOST_FRAMES)))


@dataclass(frozen=True)
class Bound:
    """A frame by which an alarm is looked at: `when` says whether it was taken BEFORE the goods or the view changed, AT the alarm or AFTER it."""

    frame: Frame
    when: str


def frames_of_alarms(ws: Workspace, alarms: Sequence[Alarm]) -> list[Bound]:
    """What the cameras over the goods saw before, at and after each of these alarms; in the order of time, each frame once."""
    bound: dict[UUID, Bound] = {}
    for alarm in alarms:
        for device_id in _cameras_around(ws, alarm):
            for one in _around(ws, device_id, alarm):
                if one.when == AT or one.frame.id not in bound:
                    bound[one.frame.id] = one
    return sorted(bound.values(), key=lambda one: (one.frame.taken_at, one.frame.id))


def _cameras_around(ws: Workspace, alarm: Alarm) -> Sequence[UUID]:
    within = Frame.taken_at.between(alarm.raised_at - AROUND, alarm.raised_at + AROUND)
    return ws.session.scalars(
        select(Frame.device_id).where(_about(alarm), within).distinct().order_by(Frame.device_id)
    ).all()


def _about(alarm: Alarm) -> ColumnElement[bool]:
    """Of the same goods, or by the same camera of a place."""
    own = [Frame.subject_id == alarm.device_id] if alarm.device_id else []
    return or_(Frame.subject_id == alarm.about_id, *own)


def _around(ws: Workspace, device_id: UUID, alarm: Alarm) -> Iterator[Bound]:
    """BEFORE is the last that showed everything, for an alarm waits until several frames agree."""
    mine = select(Frame).where(Frame.device_id == device_id, _about(alarm))
    newest, oldest = (Frame.taken_at.desc(), Frame.id), (Frame.taken_at, Frame.id)
    until = mine.where(Frame.taken_at.between(alarm.raised_at - AROUND, alarm.raised_at)).order_by(*newest)
    at = ws.session.scalars(until.limit(1)).first()
    if at is not None:
        whole = until.where(Frame.taken_at < at.taken_at, Frame.missing == [], Frame.cause.is_(None))
        before = ws.session.scalars(whole.limit(1)).first()
        yield from (Bound(one, when) for one, when in ((before, BEFORE), (at, AT)) if one is not None)
    later = mine.where(Frame.taken_at > alarm.raised_at, Frame.taken_at <= alarm.raised_at + AROUND)
    after = ws.session.scalars(later.order_by(*oldest).limit(1)).first()
    if after is not None:
        yield Bound(after, AFTER)
