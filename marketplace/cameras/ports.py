"""What cameras need from outside: eyes that measure pictures, and a place for the pictures themselves."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from marketplace.cameras.rules.views import Look
from marketplace.supervision.readings.ports import Samples, SignedBatch
from tenants.errors import Unavailable

KEPT_DAYS = 90  # domain.md section 8, on surveillance pictures: a product default


@dataclass(frozen=True, slots=True)
class SignedFrame:
    """A picture whose statement was verified under the key enrolled for `device_id`, and whose bytes are those that the statement names.

    `statement` is what was signed, exactly as received; it takes the camera's place (boot, sequence) in its chain like any batch of readings.
    """

    device_id: UUID
    boot: int
    sequence: int
    sent_at: datetime
    taken_at: datetime
    previous: bytes | None
    picture: bytes
    sha256: str
    media_type: str
    statement: bytes
    signature: bytes
    content_type: str
    renewed: bool = False

    @property
    def digest(self) -> bytes:
        """SHA-256 of the statement: what the next one must name."""
        return sha256(self.statement).digest()

    def as_batch(self, samples: Samples) -> SignedBatch:
        """The same message with what the picture says as its readings."""
        return SignedBatch(
            self.device_id, self.boot, self.sequence, self.sent_at, self.previous, samples, self.statement, self.signature, self.content_type, self.renewed
        )  # fmt: skip


class Eyes(Protocol):
    """Measures pictures, and makes people in them unrecognisable."""

    def look(self, picture: bytes, *, scene: bytes | None, marks: Collection[str]) -> Look:
        """What is in it, beside the scene and as far as these marks go. Refuses what is no picture, or has too many pixels, at the field `picture`."""

    def masked(self, picture: bytes, scene: bytes | None) -> bytes:
        """A JPEG in which whatever is not part of the scene cannot be recognised; nothing at all can where there is no scene."""


class FrameStore(Protocol):
    """Keeps pictures under the firm whose camera took them and their SHA-256."""

    def put(self, tenant_id: UUID, sha256: str, content: bytes) -> None:
        """Keep it so that a power cut after this returns loses nothing."""

    def get(self, tenant_id: UUID, sha256: str) -> bytes | None:
        """The picture, or None where it is not at hand."""

    def drop(self, tenant_id: UUID, sha256: str) -> None:
        """Let it go for good."""


_eyes: list[Callable[[], Eyes]] = []
_store: list[tuple[FrameStore, timedelta]] = []


def see_with(make: Callable[[], Eyes]) -> None:
    """Choose the eyes of this process; they are made at the first frame, for the library behind them is large."""
    made: list[Eyes] = []

    def once() -> Eyes:
        if not made:
            made.append(make())
        return made[0]

    _eyes[:] = [once]


def eyes() -> Eyes:
    """The chosen eyes. Refuses where there are none."""
    if not _eyes:
        raise Unavailable("eyes_unavailable", "Pictures cannot be read on this installation.")
    return _eyes[0]()


def keep_frames_in(store: FrameStore, days: int = KEPT_DAYS) -> None:
    """Choose the place of this process, and for how many days it keeps pictures that nothing holds."""
    _store[:] = [(store, timedelta(days=days))]


def frame_store() -> FrameStore:
    """The chosen place. Refuses where none is set up: a frame without its picture would be a lie."""
    if not _store:
        raise Unavailable("files_unavailable", "There is no place for files on this installation.")
    return _store[0][0]


def kept_for() -> timedelta:
    """How long pictures are kept that nothing holds."""
    return _store[0][1] if _store else timedelta(days=KEPT_DAYS)
