"""A round from its draw to its end, and what of its checkpoints was seen in time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.states import Actor, Guard, Machine, step

HEARD_WITHIN = timedelta(hours=24)  # after it was due: a phone without a line still sends what it kept


class PatrolState(StrEnum):
    """Where a round stands. SCHEDULED: its minute is fixed and nobody is told. LAPSED: the house itself stood still through the window, and nobody is blamed."""

    SCHEDULED = "SCHEDULED"
    CALLED = "CALLED"
    WALKED = "WALKED"
    LATE = "LATE"
    MISSED = "MISSED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"


ALL_SEEN = Guard("all_seen", "Not every checkpoint of this round has been seen.")
IN_TIME = Guard("in_time", "A checkpoint was seen after the time of this round.")

_P = PatrolState
PATROL = Machine[PatrolState](
    "Patrol",
    step(None, "draw", _P.SCHEDULED, Actor.SYSTEM),
    step(None, "lapse", _P.LAPSED, Actor.SYSTEM),
    step(_P.SCHEDULED, "call", _P.CALLED, Actor.SYSTEM),
    step(_P.SCHEDULED, "withdraw", _P.WITHDRAWN, Actor.SUPERVISOR),
    step((_P.CALLED, _P.MISSED), "finish", _P.WALKED, Actor.SUPERVISOR, guards=(ALL_SEEN, IN_TIME)),
    step((_P.CALLED, _P.MISSED), "finish_late", _P.LATE, Actor.SUPERVISOR, guards=(ALL_SEEN,)),
    step(_P.CALLED, "run_out", _P.MISSED, Actor.SYSTEM),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a round's checkpoints was seen: which are missing, and which were seen after it was due."""

    missing: tuple[UUID, ...]
    late: tuple[UUID, ...]

    @property
    def proofs(self) -> frozenset[str]:
        """The guards that it satisfies."""
        return frozenset(guard.name for guard, holds in ((ALL_SEEN, not self.missing), (IN_TIME, not self.late)) if holds)  # fmt: skip

    @property
    def ends_by(self) -> str | None:
        """The step that ends the round; None while a checkpoint is missing."""
        return None if self.missing else "finish_late" if self.late else "finish"


def seen_of(checkpoints: Collection[UUID], taken: Mapping[UUID, datetime], due_at: datetime) -> Seen:
    """`taken`: when each checkpoint was first seen, by the phones' clocks. Whatever comes in whatever order, the round stands the same."""
    return Seen(
        tuple(one for one in checkpoints if one not in taken),
        tuple(one for one in checkpoints if one in taken and taken[one] > due_at),
    )


def is_heard(status: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether a phone may still say something about the round."""
    return status in (_P.CALLED, _P.MISSED) and due_at is not None and now <= due_at + HEARD_WITHIN
