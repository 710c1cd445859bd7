"""Cameras for tests: real keys, real signatures, pictures drawn small; through the same door as anybody's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from integrations.devices.intake import Incoming, Outcome
from integrations.devices.rendered import Bay, Fault, faults_of
from integrations.devices.simulator import SimulatedDevice
from integrations.taking import Taker
from marketplace.cameras import queries
from marketplace.cameras.actions import accept_scene
from marketplace.cameras.models import Frame
from marketplace.supervision import actions
from tests.factories import Firm
from tests.marketplace.supervision.makers import Scene, an_enrolled_device

CARDS = (1, 2, 3, 4)
EVERY = timedelta(seconds=20)


@dataclass
class Camera:
    """A camera over a lot with four bags in its view, and the scene that it stands in."""

    scene: Scene
    device: SimulatedDevice
    firm: Firm
    cards: Sequence[int] = CARDS
    sent: list[bytes] = field(default_factory=list)

    def picture(self, *faults: str, which: Sequence[int] = ()) -> bytes:
        """What it sees now, under these faults."""
        now = self.scene.world.now
        spans = [(now, now + timedelta(days=1))]
        named = [Fault(kind, spans, which if kind == "taken" else ()) for kind in faults]
        return faults_of(named, Bay(self.cards, seed=3)).picture(now)

    def send(self, *payloads: bytes) -> list[Outcome]:
        """These messages at the door, in one call."""
        return Taker(self.scene.world.gateway_app)([Incoming(self.device.device_id, one, self.device.tenant_id) for one in payloads])  # fmt: skip

    def shoot(
        self, *faults: str, which: Sequence[int] = (), times: int = 1, picture: bytes | None = None
    ) -> list[Outcome]:
        """So many frames of what it sees now, one each twenty seconds."""
        outcomes = []
        for _ in range(times):
            now = self.scene.world.advance(EVERY)
            self.sent.append(self.device.frame(picture or self.picture(*faults, which=which), now))
            outcomes += self.send(self.sent[-1])
        return outcomes

    def frames(self, firm: Firm | None = None) -> list[Frame]:
        """Its frames as the firm's people see them, newest first."""
        with (firm or self.firm).operator.ws(read_only=True) as ws:
            return list(ws.session.query(Frame).filter(Frame.device_id == self.device.device_id).order_by(Frame.taken_at.desc()))  # fmt: skip

    def accept(self, frame_id: UUID | None = None, marks: dict[str, str] | None = None) -> Any:
        """The keeper accepts a frame, the newest, as the scene."""
        wanted = {f"TAG:{card}": f"Bag {card}" for card in self.cards} if marks is None else marks
        with self.firm.operator.ws() as ws:
            chosen = frame_id or queries.frames_of(ws, self.device.device_id)[0].id
            return accept_scene(ws, self.device.device_id, frame_id=chosen, marks=wanted)

    def alarms(self) -> dict[str, str]:
        """What it raised: type -> status."""
        rows = self.scene.world.admin.execute(
            "select type, case when cleared_at is null then 'ACTIVE' else 'CLEARED' end from house.alarm where device_id = %s order by raised_at",
            (self.device.device_id,),
        )
        return dict(rows.fetchall())  # type: ignore[arg-type]

    def fates(self) -> dict[str, int]:
        """What became of its messages."""
        rows = self.scene.world.admin.execute("select fate, sum(messages)::int from house.intake_count where device_id = %s group by fate", (self.device.device_id,))  # fmt: skip
        return dict(rows.fetchall())  # type: ignore[arg-type]


def a_camera(scene: Scene, *, watched: bool = True, accepted: bool = True) -> Camera:
    """A camera of the supervisor over the scene's lot; its first frame is accepted as the scene."""
    device = an_enrolled_device(scene.supervisor, kind="camera", interval_seconds=60)
    if watched:
        with scene.supervisor.operator.ws() as ws:
            actions.attach_device(ws, device.device_id, lot_id=scene.lot.id)
    camera = Camera(scene, device, scene.supervisor)
    if accepted:
        camera.shoot()
        camera.accept()
    return camera
