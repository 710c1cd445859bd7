"""Calls about cameras: their scenes and frames, the pictures by which an incident is looked at, and originals for who asked."""

import base64
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, PageQuery, Ratio, Shape
from marketplace.cameras import actions, queries
from marketplace.cameras.models import Frame, FrameOpening, Scene
from marketplace.cameras.rules.views import LONGEST_MARK, MOST_MARKS
from marketplace.cameras.viewing import OPEN_FOR, masked_picture, original_picture
from marketplace.supervision.alarms.incidents import incident_of
from tenants.workspace import Workspace

api = Api("cameras")


class MarkShape(Shape):
    """A mark, `TAG:` and the number of a marker card (AprilTag 36h11) or `QR:` and the text of the code, and what it stands for."""

    mark: Annotated[str, Field(max_length=LONGEST_MARK + 4, examples=["TAG:17"])]
    label: Annotated[str, Field(max_length=LONGEST_MARK)] = ""


class SceneBody(Shape):
    """The frame that shows how the view should look, and the marks that it should show."""

    frame_id: UUID
    marks: Annotated[list[MarkShape], Field(max_length=MOST_MARKS, default_factory=list)]


class SceneView(Shape):
    """A scene: in force from `accepted_at` until the next one."""

    id: UUID
    frame_id: UUID
    sha256: str
    marks: list[MarkShape]
    accepted_by: str
    accepted_at: Moment


class FrameView(Shape):
    """A frame. `cause`: why the camera saw nothing to rely on (DARK, COVERED, DEFOCUSED, TURNED); `change`: share of the picture. `kept`: its picture is still there."""

    id: UUID
    device_id: UUID
    device_name: str
    boot: int
    sequence: int
    taken_at: Moment
    received_at: Moment
    sha256: str
    media_type: str
    width: int
    height: int
    cause: str | None
    change: Ratio | None
    seen: list[str]
    missing: list[str]
    kept: bool


class FramePage(Shape):
    """Frames of a camera, newest first; `next` is the cursor of the page after."""

    items: list[FrameView]
    next: UUID | None


class CameraView(Shape):
    """A camera with the scene in force and its newest frame."""

    id: UUID
    name: str
    scene: SceneView | None
    newest: FrameView | None


class BoundFrame(Shape):
    """A frame by which an incident is looked at: BEFORE the change, AT the alarm or AFTER it."""

    when: str
    frame: FrameView


class BoundFrames(Shape):
    """In the order of time."""

    items: list[BoundFrame]


class PictureView(Shape):
    """A picture in base64."""

    sha256: str
    media_type: str
    picture: str


class OpeningView(Shape):
    """Who asked for an original, for which alarm; it is theirs to see until then."""

    id: UUID
    alarm_id: UUID | None
    opened_by: str
    opened_at: Moment
    until: Moment


@api.look("/cameras/<uuid:camera_id>", gives=CameraView)
def show_camera(ws: Workspace, camera_id: UUID) -> Any:
    """A camera of one's own, with its scene and newest frame."""
    device, scene = queries.find_camera(ws, camera_id), queries.scene_of(ws, camera_id, ws.now)
    newest = next(iter(queries.frames_of(ws, camera_id, limit=1)), None)
    return {"id": device.id, "name": device.name, "scene": scene and _scene(scene), "newest": newest and _frame(newest)}


@api.look("/cameras/<uuid:camera_id>/frames", gives=FramePage, takes=PageQuery)
def list_frames(ws: Workspace, camera_id: UUID, body: PageQuery) -> Any:
    """The frames of a camera of one's own."""
    queries.find_camera(ws, camera_id)
    found = queries.frames_of(ws, camera_id, limit=body.limit, cursor=body.cursor)
    return {"items": [_frame(one) for one in found], "next": found[-1].id if len(found) == body.limit else None}


@api.act("/cameras/<uuid:camera_id>/scene", gives=SceneView, takes=SceneBody, status=201)
def accept_scene(ws: Workspace, camera_id: UUID, body: SceneBody) -> Any:
    """Accept how a camera's view should look, and which marks it should show."""
    marks = {one.mark: one.label or one.mark for one in body.marks}
    return SceneView.model_validate(_scene(actions.accept_scene(ws, camera_id, frame_id=body.frame_id, marks=marks)))


@api.look("/frames/<uuid:frame_id>", gives=FrameView)
def show_frame(ws: Workspace, frame_id: UUID) -> Any:
    """What a frame shows, and its proof."""
    return _frame(queries.find_frame(ws, frame_id))


@api.look("/frames/<uuid:frame_id>/picture", gives=PictureView)
def show_picture(ws: Workspace, frame_id: UUID) -> Any:
    """The picture with nobody recognisable in it."""
    frame = queries.find_frame(ws, frame_id)
    return _picture(frame.masked_sha256, "image/jpeg", masked_picture(ws, frame_id))


@api.act("/frames/<uuid:frame_id>/openings", gives=OpeningView, status=201)
def open_original(ws: Workspace, frame_id: UUID, body: Nothing) -> Any:
    """Ask to see a picture as it was taken, for an open alarm; it is recorded."""
    return OpeningView.model_validate(_opening(actions.open_original(ws, frame_id)))


@api.look("/frames/<uuid:frame_id>/original", gives=PictureView)
def show_original(ws: Workspace, frame_id: UUID) -> Any:
    """The picture as it was taken, for who asked for it within the last ten minutes."""
    frame, picture = original_picture(ws, frame_id)
    return _picture(frame.sha256, frame.media_type, picture)


@api.look("/incidents/<uuid:alarm_id>/frames", gives=BoundFrames)
def list_bound_frames(ws: Workspace, alarm_id: UUID) -> Any:
    """What the cameras over the goods saw before, at and after the alarms of an incident."""
    bound = queries.frames_of_alarms(ws, incident_of(ws, alarm_id).alarms)
    return {"items": [{"when": one.when, "frame": _frame(one.frame)} for one in bound]}


def _frame(frame: Frame) -> dict[str, Any]:
    names = ("id", "device_id", "device_name", "boot", "sequence", "taken_at", "received_at", "sha256", "media_type", "width", "height", "cause", "change", "seen", "missing")  # fmt: skip
    return {name: getattr(frame, name) for name in names} | {"kept": frame.dropped_at is None}


def _scene(scene: Scene) -> dict[str, Any]:
    names = ("id", "frame_id", "sha256", "accepted_by", "accepted_at")
    marks = [{"mark": mark, "label": label} for mark, label in sorted(scene.marks.items())]
    return {name: getattr(scene, name) for name in names} | {"marks": marks}


def _opening(one: FrameOpening) -> dict[str, Any]:
    names = ("id", "alarm_id", "opened_by", "opened_at")
    return {name: getattr(one, name) for name in names} | {"until": one.opened_at + OPEN_FOR}


def _picture(sha256: str, media_type: str, picture: bytes) -> dict[str, str]:
    return {"sha256": sha256, "media_type": media_type, "picture": base64.b64encode(picture).decode()}
