"""Taking frames in: what each is judged by is looked up, the picture is looked at outside of any transaction, and then the frame takes its place.

A frame goes through the same intake as a batch of readings, with what its picture says as the readings: so its place in the camera's chain, a gap before
it, a replay, a cloned key and a silence are what they are for every device, and the alarm rules judge it in the chain's order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from marketplace.cameras import ports, queries
from marketplace.cameras.events import FrameTaken
from marketplace.cameras.models import Frame
from marketplace.cameras.ports import SignedFrame
from marketplace.cameras.retention import let_go_later
from marketplace.cameras.rules.views import Look, View, readings_of, view_of
from marketplace.supervision.devices.enrolment import find_device
from marketplace.supervision.readings.ports import Continuity, Sample, Samples, SignedBatch, Standing
from marketplace.supervision.readings.spreading import watches_of
from tenants.database import new_id
from tenants.errors import Invalid
from tenants.workspace import Workspace, act_as_device

STANDS_ALREADY = (Continuity.DUPLICATE, Continuity.CONFLICT)


@dataclass(frozen=True)
class Given:
    """A frame with what it is judged by: the accepted scene and its marks. `stands`: its place is taken already, so that nobody need look at it again."""

    frame: SignedFrame
    tenant_id: UUID
    scene_id: UUID | None = None
    scene_sha256: str | None = None
    marks: tuple[str, ...] = ()
    stands: bool = False


@dataclass(frozen=True)
class Seen:
    """A frame and what was seen in it."""

    given: Given
    batch: SignedBatch
    look: Look | None = None
    masked: bytes = b""
    view: View = field(default_factory=lambda: View(None))


def given_for(ws: Workspace, frame: SignedFrame) -> Given:
    """What a frame is judged by: the scene in force when it was taken, whenever it arrives. Refuses a device that is no camera."""
    if not queries.is_camera(ws, frame.device_id):
        raise Invalid("no_camera", "Only a camera sends pictures.", field="device")
    place = (frame.device_id, frame.boot, frame.sequence)
    scene = queries.scene_of(ws, frame.device_id, frame.taken_at)
    stands = bool(queries.digests_at(ws, [place]))
    if scene is None:
        return Given(frame, ws.tenant_id, stands=stands)
    return Given(frame, ws.tenant_id, scene.id, scene.sha256, tuple(scene.marks), stands)


def see(given: Given) -> Seen:
    """Look at the picture. No transaction is open while this runs. Refuses a picture that cannot be read, or has too many pixels."""
    frame = given.frame
    if given.stands:
        return Seen(given, frame.as_batch(Samples.of([Sample("camera_blocked", False, "/", frame.taken_at)])))
    scene = ports.frame_store().get(given.tenant_id, given.scene_sha256) if given.scene_sha256 else None
    look = ports.eyes().look(frame.picture, scene=scene, marks=given.marks)
    view = view_of(look, given.marks)
    batch = frame.as_batch(readings_of(look, view, frame.taken_at, counts=bool(given.marks)))
    return Seen(given, batch, look, ports.eyes().masked(frame.picture, scene), view)


def keep_frames(ws: Workspace, taken: Sequence[tuple[Seen, Standing]]) -> None:
    """Keep the pictures of frames that are new, after their batches were taken in. One that stands already changes nothing."""
    for seen, standing in taken:
        if standing.kind not in STANDS_ALREADY and seen.look is not None:
            _keep(ws, seen, seen.look)


def _keep(ws: Workspace, seen: Seen, look: Look) -> None:
    frame, view = seen.given.frame, seen.view
    act_as_device(ws, frame.device_id)
    device = find_device(ws, frame.device_id)
    watch = next(iter(watches_of(ws, {device.id}, frame.taken_at, frame.taken_at)[device.id]), None)
    kept = Frame(
        tenant_id=ws.tenant_id, id=new_id(), device_id=device.id, device_name=device.name,
        subject_id=watch.lot_id if watch and watch.lot_id else device.id, boot=frame.boot, sequence=frame.sequence,
        taken_at=frame.taken_at, received_at=ws.now, sha256=frame.sha256, masked_sha256=sha256(seen.masked).hexdigest(), media_type=frame.media_type, size=len(frame.picture),
        width=look.width, height=look.height, statement_digest=frame.digest, scene_id=seen.given.scene_id,
        cause=view.cause and view.cause.value, change=view.change, seen=[*view.seen], missing=[*view.missing],
    )  # fmt: skip
    ports.frame_store().put(ws.tenant_id, kept.sha256, frame.picture)
    ports.frame_store().put(ws.tenant_id, kept.masked_sha256, seen.masked)
    ws.session.add(kept)
    let_go_later(ws)
    fact = FrameTaken(device_id=device.id, name=device.name, frame_id=kept.id, sha256=kept.sha256, taken_at=kept.taken_at)  # fmt: skip
    ws.record(fact, on=device.id, evidence=[kept.sha256, frame.digest.hex()])
