"""What cameras tell the house."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class FrameTaken(Fact):
    """A camera took a picture: its hash stands in the record, so that no other can be shown in its place."""

    says: ClassVar[str] = "Camera %(name)s took the picture %(sha256)s."
    link: ClassVar[str] = "/frames/{frame_id}"
    device_id: UUID
    name: str
    frame_id: UUID
    sha256: str
    taken_at: datetime


@dataclass(frozen=True, kw_only=True)
class SceneAccepted(Fact):
    """A keeper accepted how a camera's view should look, and which marks it should see."""

    says: ClassVar[str] = "The scene of camera %(name)s was accepted, with %(marks)s marks to be seen."
    link: ClassVar[str] = "/cameras/{device_id}"
    device_id: UUID
    name: str
    scene_id: UUID
    frame_id: UUID
    sha256: str
    marks: int


@dataclass(frozen=True, kw_only=True)
class OriginalOpened(Fact):
    """Somebody asked to see a picture as it was taken, people recognisable."""

    says: ClassVar[str] = (
        "The unmasked picture that camera %(name)s took at %(taken_at)s was opened for alarm %(alarm)s."
    )
    link: ClassVar[str] = "/frames/{frame_id}"
    device_id: UUID
    name: str
    frame_id: UUID
    sha256: str
    taken_at: datetime
    alarm_id: UUID | None
    alarm: str
    opened_by: str


@dataclass(frozen=True, kw_only=True)
class PicturesLetGo(Fact):
    """The pictures of a day reached the end of their retention; their hashes and what they said stay."""

    says: ClassVar[str] = "%(pictures)s pictures that were older than %(days)s days were let go."
    pictures: int
    days: int
