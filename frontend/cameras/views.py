"""Pages of cameras: one camera with its pictures, one picture, and the pictures themselves: masked, or as they were taken for who asked."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend.cameras.shown import marks_typed, scene_marks, typed_marks
from frontend.pages import Pages, render
from marketplace.cameras import actions, queries
from marketplace.cameras.viewing import is_opened, marks_in, masked_picture, may_open, original_picture
from marketplace.cameras.words import CAUSES
from marketplace.supervision.queries import alarms_of_device, fates_of, watched_device
from tenants.workspace import Workspace

STRIP = 12
pages = Pages("cameras", __name__)


@pages.look("/cameras/<uuid:camera_id>")
def show_camera(ws: Workspace, camera_id: UUID) -> Any:
    device = queries.find_camera(ws, camera_id)
    row, frames = watched_device(ws, camera_id), queries.frames_of(ws, camera_id, limit=STRIP)
    scene, newest = queries.scene_of(ws, camera_id, ws.now), next(iter(frames), None)
    found = marks_in(newest) if newest and newest.dropped_at is None else frozenset()
    return render(
        "cameras/camera.html",
        device=device,
        state=row.state,
        standing=row.standing(ws.now),
        newest=newest,
        frames=[(frame, None) for frame in reversed(frames)],
        scene=scene,
        marks=scene_marks(scene, newest),
        proposed=typed_marks(dict.fromkeys(found, "") | (scene.marks if scene else {})),
        alarms=alarms_of_device(ws, camera_id),
        fates=fates_of(ws, camera_id),
        causes=CAUSES,
        may_accept=ws.can("enrol_device") and not device.revoked_at,
        may_open=newest is not None and may_open(ws, newest),
        sequence=int(row.state.heard_at.timestamp() * 1000) if row.state.heard_at else 0,
    )


@pages.act("/cameras/<uuid:camera_id>/scene", again="show_camera")
def accept_scene(ws: Workspace, camera_id: UUID) -> Any:
    marks = marks_typed(request.form.get("marks", ""))
    actions.accept_scene(ws, camera_id, frame_id=_frame_chosen(), marks=marks)
    return redirect(url_for(".show_camera", camera_id=camera_id))


@pages.look("/frames/<uuid:frame_id>")
def show_frame(ws: Workspace, frame_id: UUID) -> Any:
    frame = queries.find_frame(ws, frame_id)
    return render(
        "cameras/frame.html",
        frame=frame,
        own=frame.tenant_id == ws.tenant_id,
        opened=is_opened(ws, frame),
        may_open=may_open(ws, frame),
        openings=queries.openings_of(ws, frame_id),
        causes=CAUSES,
    )


@pages.look("/frames/<uuid:frame_id>/picture.jpg")
def show_picture(ws: Workspace, frame_id: UUID) -> Any:
    return _picture(masked_picture(ws, frame_id), "image/jpeg", "private, max-age=3600")


@pages.act("/frames/<uuid:frame_id>/openings")
def open_original(ws: Workspace, frame_id: UUID) -> Any:
    actions.open_original(ws, frame_id)
    return redirect(url_for(".show_frame", frame_id=frame_id))


@pages.look("/frames/<uuid:frame_id>/original")
def show_original(ws: Workspace, frame_id: UUID) -> Any:
    frame, picture = original_picture(ws, frame_id)
    return _picture(picture, frame.media_type, "no-store")


def _picture(content: bytes, media_type: str, kept: str) -> Response:
    answer = Response(content, mimetype=media_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = kept
    return answer


def _frame_chosen() -> UUID:
    try:
        return UUID(request.form.get("frame_id", ""))
    except ValueError:
        return UUID(int=0)  # there is no such picture
