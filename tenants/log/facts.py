"""What happens around the log's witnesses; on the stream of the firm that owns them. What a witness signs is no event: each would call for the next."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class WitnessRegistered(Fact):
    """An administrator named a key by which the firm's own machine witnesses the log."""

    says: ClassVar[str] = "%(name)s witnesses the log for this firm from now on."
    link: ClassVar[str] = "/log"
    witness_id: UUID
    name: str
    key: str


@dataclass(frozen=True, kw_only=True)
class WitnessEnded(Fact):
    """An administrator ended a witness: nothing that its key signs is taken any more."""

    says: ClassVar[str] = "%(name)s witnesses the log no longer."
    link: ClassVar[str] = "/log"
    witness_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class WitnessRefused(Fact):
    """The firm's witness was shown a log that does not follow from the one it saw before: its history was rewritten, cut short, or is shown to others otherwise."""

    says: ClassVar[str] = (
        "%(name)s refused the log: what it was shown with %(shown)s events does not follow from the %(seen)s that it had seen."
    )
    link: ClassVar[str] = "/log"
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    witness_id: UUID
    name: str
    ground: str
    seen: int
    shown: int
    statement: str
