"""Accepting scenes, and looking at pictures: masked for everybody whose business they are, as they were taken for few and never unrecorded."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.cameras import ports, queries
from marketplace.cameras.events import OriginalOpened, SceneAccepted
from marketplace.cameras.models import Frame, FrameOpening, Scene
from marketplace.cameras.retention import AROUND
from marketplace.cameras.rules.views import LONGEST_MARK, QR, TAG, checked_marks
from marketplace.supervision.alarms.concerning import stream_of
from marketplace.supervision.models.alarms import Alarm
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, Unavailable
from tenants.workspace import Workspace

OPEN_FOR = timedelta(minutes=10)


def accept_scene(ws: Workspace, device_id: UUID, *, frame_id: UUID, marks: Mapping[str, str]) -> Scene:
    """From now on this camera's view should look as in this frame, and show these marks (mark -> what it stands for: a lot's number, a bin's code).

    Refuses another camera's frame, one in which the camera was blind, a mark that the frame does not show, and marks of no known form.
    """
    ws.may("enrol_device")
    device, frame = queries.find_camera(ws, device_id), queries.find_frame(ws, frame_id)
    if frame.device_id != device.id:
        raise Invalid("frame_of_another", "This picture is another camera's.", field="frame_id")
    if frame.cause in ("DARK", "COVERED", "DEFOCUSED"):
        raise Conflict("frame_blind", "In this picture the camera sees nothing: accept another.", field="frame_id")
    wanted = checked_marks(list(marks))
    unseen = sorted(set(wanted) - marks_in(frame, wanted))
    if unseen:
        raise Invalid("marks_unseen", "The picture does not show %(marks)s.", field="marks", marks=", ".join(unseen))
    scene = Scene(
        tenant_id=ws.tenant_id, id=new_id(), device_id=device.id, frame_id=frame.id, sha256=frame.sha256,
        marks={mark: marks[mark].strip()[:LONGEST_MARK] for mark in wanted}, accepted_by=ws.member.name, accepted_at=ws.now,
    )  # fmt: skip
    ws.session.add(scene)
    fact = SceneAccepted(device_id=device.id, name=device.name, scene_id=scene.id, frame_id=frame.id, sha256=frame.sha256, marks=len(wanted))  # fmt: skip
    ws.record(fact, on=device.id, evidence=[frame.sha256])
    return scene


def marks_in(frame: Frame, wanted: tuple[str, ...] = (f"{TAG}0", f"{QR}?")) -> frozenset[str]:
    """The marks that a picture shows, of the sorts that are wanted; of all sorts where none are named."""
    return ports.eyes().look(original_of(frame), scene=None, marks=wanted).marks


def masked_picture(ws: Workspace, frame_id: UUID) -> bytes:
    """The picture with whatever is not part of the accepted scene made unrecognisable (a JPEG)."""
    frame = queries.find_frame(ws, frame_id)
    return _bytes_of(frame, frame.masked_sha256)


def open_original(ws: Workspace, frame_id: UUID) -> FrameOpening:
    """Ask to see a picture as it was taken, for an alarm that is open; who asked and for which alarm is recorded where the alarm's story is told.

    A camera without an accepted scene shows its own firm the picture, for somebody has to accept one. Refuses everybody at any other time.
    """
    ws.may("see_original")
    frame = queries.find_frame(ws, frame_id)
    alarm = open_alarm_of(ws, frame)
    if alarm is None and not _is_being_set_up(ws, frame):
        raise NotAllowed("picture_masked", "No open alarm asks for this picture: it is shown masked.")
    _require_kept(frame)
    opening = FrameOpening(
        tenant_id=ws.tenant_id, id=new_id(), frame_id=frame.id, subject_id=frame.subject_id, alarm_id=alarm.id if alarm else None,
        person_id=ws.person_id, opened_by=ws.member.name, organisation=ws.member.organisation, opened_at=ws.now,
    )  # fmt: skip
    ws.session.add(opening)
    fact = OriginalOpened(
        device_id=frame.device_id, name=frame.device_name, frame_id=frame.id, sha256=frame.sha256, taken_at=frame.taken_at,
        alarm_id=opening.alarm_id, alarm=alarm.number if alarm else "–", opened_by=ws.member.name,
    )  # fmt: skip
    ws.record(fact, on=stream_of(ws, alarm) if alarm else frame.device_id, evidence=[frame.id, frame.sha256])
    return opening


def may_open(ws: Workspace, frame: Frame) -> bool:
    """Whether the viewer could ask for the original now."""
    kept = frame.dropped_at is None and ws.can("see_original")
    return kept and (open_alarm_of(ws, frame) is not None or _is_being_set_up(ws, frame))


def is_opened(ws: Workspace, frame: Frame) -> bool:
    """Whether the viewer asked for the original just now."""
    mine = (FrameOpening.frame_id == frame.id, FrameOpening.person_id == ws.person_id, FrameOpening.opened_at > ws.now - OPEN_FOR)  # fmt: skip
    return ws.session.scalars(select(FrameOpening.id).where(*mine).limit(1)).first() is not None


def original_picture(ws: Workspace, frame_id: UUID) -> tuple[Frame, bytes]:
    """The picture as it was taken, for who asked for it within the last ten minutes; refuses everybody else."""
    frame = queries.find_frame(ws, frame_id)
    if not is_opened(ws, frame):
        raise NotAllowed("picture_not_opened", "Ask for this picture first: who looks at it is recorded.")
    return frame, original_of(frame)


def open_alarm_of(ws: Workspace, frame: Frame) -> Alarm | None:
    """An alarm without a disposition about the same goods or of this camera, in whose time the picture was taken; the earliest."""
    about = or_(Alarm.about_id == frame.subject_id, Alarm.device_id == frame.device_id)
    until = or_(Alarm.cleared_at.is_(None), Alarm.cleared_at >= frame.taken_at - AROUND)
    when = (Alarm.closed_at.is_(None), Alarm.raised_at <= frame.taken_at + AROUND, until)
    return ws.session.scalars(select(Alarm).where(about, *when).order_by(Alarm.raised_at, Alarm.id).limit(1)).first()


def original_of(frame: Frame) -> bytes:
    """The bytes under the frame's hash."""
    return _bytes_of(frame, frame.sha256)


def _is_being_set_up(ws: Workspace, frame: Frame) -> bool:
    return frame.tenant_id == ws.tenant_id and queries.scene_of(ws, frame.device_id, ws.now) is None


def _require_kept(frame: Frame) -> None:
    if frame.dropped_at is not None:
        raise Conflict(
            "picture_let_go", "This picture reached the end of its retention; its hash and what it showed are kept."
        )


def _bytes_of(frame: Frame, sha256: str) -> bytes:
    _require_kept(frame)
    content = ports.frame_store().get(frame.tenant_id, sha256)
    if content is None:
        raise Unavailable("picture_missing", "The file of this picture is not at hand. Tell the operator.")
    return content
