"""How a rule on trial did: what it would have raised, held against what people found the alarms of that time to be.

Precision: of the trial's alarms that people have judged, the share that were true. Recall: of what people found true, the share that the trial found too. An
alarm nobody has judged counts for neither, and is told as such; a test or maintenance is no finding about goods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm that a rule raised, or would have: of which device, from when to when (None: to the end of the trial)."""

    device_id: UUID
    subject_id: UUID
    raised_at: datetime
    cleared_at: datetime | None = None

    def meets(self, other: "Ring") -> bool:
        """Whether two rings of one device overlap in time: then they are about the same thing."""
        if self.device_id != other.device_id:
            return False
        return _before(self.raised_at, other.cleared_at) and _before(other.raised_at, self.cleared_at)


@dataclass(frozen=True, slots=True)
class Label:
    """An alarm that people have judged."""

    ring: Ring
    is_true: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How the rings stand to the labels. `missed`: true alarms that none of them meets; `unjudged`: rings that no label says anything of."""

    true: int
    false: int
    missed: int
    unjudged: int

    @property
    def precision(self) -> Fraction | None:
        """None where nobody has judged any of them."""
        judged = self.true + self.false
        return Fraction(self.true, judged) if judged else None

    @property
    def recall(self) -> Fraction | None:
        """None where nothing true was found in that time."""
        there = self.true + self.missed
        return Fraction(self.true, there) if there else None


def score(rings: Sequence[Ring], labels: Sequence[Label]) -> Score:
    """Hold rings against labels. Several rings about one true thing find it once; a ring that meets a true and a false label is true."""
    truths = [label.ring for label in labels if label.is_true]
    lies = [label.ring for label in labels if not label.is_true]
    met = sum(1 for truth in truths if any(ring.meets(truth) for ring in rings))
    others = [ring for ring in rings if not any(ring.meets(truth) for truth in truths)]
    false = sum(1 for ring in others if any(ring.meets(lie) for lie in lies))
    return Score(met, false, len(truths) - met, len(others) - false)


def _before(begin: datetime, end: datetime | None) -> bool:
    return end is None or begin <= end
