"""How well the log is watched. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tenants.organisations import Kind

LATE = timedelta(minutes=15)
QUORUM = 2  # different owners; of two one at least is not the platform, for there is one platform
CLOCKS_APART = 300  # seconds that a witness's clock may be ahead of ours


class Standing(StrEnum):
    """What a registered witness is doing."""

    SILENT = "SILENT"  # has signed nothing yet
    WITNESSING = "WITNESSING"
    LATE = "LATE"
    REFUSING = "REFUSING"  # was shown a tree that does not follow from the one it saw
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one witness saw last: its owner, whether that is the platform itself, when the house had its signature, and when its last refusal."""

    owner: UUID
    is_platform: bool
    signed_at: datetime | None
    refused_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How many different owners are witnessing, how many of them outside of the platform, and since when the oldest of their signatures stands."""

    owners: int
    outside: int
    seen_at: datetime | None
    refusing: int

    @property
    def is_enough(self) -> bool:
        """Two owners, and nobody refuses."""
        return self.owners >= QUORUM and not self.refusing


def standing(seen: Seen, now: datetime) -> Standing:
    """A refusal stands until its witness signs again: it will not, unless its owner found out what was wrong."""
    if seen.ended_at is not None:
        return Standing.ENDED
    if seen.refused_at is not None and (seen.signed_at is None or seen.signed_at <= seen.refused_at):
        return Standing.REFUSING
    if seen.signed_at is None:
        return Standing.SILENT
    return Standing.LATE if now - seen.signed_at > LATE else Standing.WITNESSING


def watch(all_seen: Iterable[Seen], now: datetime) -> Watch:
    """The watch over the log as it stands. Two witnesses of one firm count once."""
    live = [one for one in all_seen if standing(one, now) is Standing.WITNESSING]
    refusing = sum(standing(one, now) is Standing.REFUSING for one in all_seen)
    newest = {one.owner: max(other.signed_at for other in live if other.owner == one.owner and other.signed_at) for one in live}  # fmt: skip
    outside = {one.owner for one in live if not one.is_platform}
    return Watch(len(newest), len(outside), min(newest.values(), default=None), refusing)


def is_platform(kinds: Iterable[str]) -> bool:
    """Whether a firm runs the house."""
    return Kind.PLATFORM in set(kinds)
