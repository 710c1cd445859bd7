"""What happens on patrols: told on the route, which its supervisor and the banks see whose goods lie at its site."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact

SUPERVISOR = frozenset({"supervisor"})
LINK = "/patrols/{patrol_id}"


@dataclass(frozen=True, kw_only=True)
class PatrolPlanned(Fact):
    """A route was laid out. Its evidence is the hash of the seed that will draw the first round."""

    says: ClassVar[str] = (
        "Patrol route %(name)s was planned at %(site)s: %(checkpoints)s checkpoints, %(windows)s windows a day."
    )
    link: ClassVar[str] = "/patrol-routes/{stream}"
    name: str
    site: str
    checkpoints: int
    windows: int


@dataclass(frozen=True, kw_only=True)
class PatrolRouteEnded(Fact):
    """It is walked no more."""

    says: ClassVar[str] = "Patrol route %(name)s has ended: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = "/patrol-routes/{stream}"
    name: str
    because: str


@dataclass(frozen=True, kw_only=True)
class PatrolDrawn(Fact):
    """The minute of a round is fixed. Its evidence: hashes of the seed that was used and of the one for the next round; the minute itself is not told."""

    says: ClassVar[str] = (
        "A patrol of %(name)s was drawn in the window that began at %(window_at)s. Its minute is told when it comes."
    )
    link: ClassVar[str] = "/patrol-routes/{stream}"
    name: str
    window_at: datetime


@dataclass(frozen=True, kw_only=True)
class PatrolCalled(Fact):
    """Its minute has come: an officer walks now."""

    says: ClassVar[str] = "Patrol %(number)s of %(name)s is to be walked now, until %(due_at)s."
    tells: ClassVar[frozenset[str]] = SUPERVISOR
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    name: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckpointSeen(Fact):
    """An officer's phone was at a checkpoint."""

    says: ClassVar[str] = "Patrol %(number)s: %(by)s was at %(checkpoint)s at %(taken_at)s."
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    checkpoint: str
    by: str
    taken_at: datetime
    left: int


@dataclass(frozen=True, kw_only=True)
class ScanRefused(Fact):
    """A scan proved nothing; why."""

    says: ClassVar[str] = "Patrol %(number)s: a scan by %(by)s was refused. %(because)s"
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    by: str
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PatrolWalked(Fact):
    """Every checkpoint was seen, in time."""

    says: ClassVar[str] = "Patrol %(number)s of %(name)s was walked: all %(checkpoints)s checkpoints."
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    name: str
    checkpoints: int


@dataclass(frozen=True, kw_only=True)
class PatrolLate(Fact):
    """Every checkpoint was seen, some after the time."""

    says: ClassVar[str] = (
        "Patrol %(number)s of %(name)s was walked late: %(late)s of %(checkpoints)s checkpoints after its time."
    )
    tells: ClassVar[frozenset[str]] = SUPERVISOR
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    name: str
    late: int
    checkpoints: int


@dataclass(frozen=True, kw_only=True)
class PatrolMissed(Fact):
    """Its time ran out and a checkpoint was not seen. The alarm of this type tells who must act."""

    says: ClassVar[str] = (
        "Patrol %(number)s of %(name)s ran out of time: %(missing)s of %(checkpoints)s checkpoints were not seen."
    )
    link: ClassVar[str] = LINK
    patrol_id: UUID
    number: str
    name: str
    missing: int
    checkpoints: int


@dataclass(frozen=True, kw_only=True)
class PatrolLapsed(Fact):
    """The house itself stood still: no round could be drawn, and nobody is blamed for it."""

    says: ClassVar[str] = (
        "No patrol of %(name)s was drawn in %(windows)s windows from %(window_at)s: the house stood still."
    )
    link: ClassVar[str] = "/patrol-routes/{stream}"
    name: str
    window_at: datetime
    windows: int
