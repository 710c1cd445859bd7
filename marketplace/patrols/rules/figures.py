"""How rounds were walked, in figures that an auditor may recount from the list of rounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import half_up
from marketplace.patrols.rules.rounds import PatrolState

FINISHED = (PatrolState.WALKED, PatrolState.LATE, PatrolState.MISSED)


@dataclass(frozen=True, slots=True)
class Told:
    """A round as the figures take it: its checkpoints, those seen in time, and those of which a scan left a doubt. `windows`: that lapsed, else 1."""

    status: PatrolState
    checkpoints: int
    in_time: int
    doubted: int
    windows: int = 1


@dataclass(frozen=True, slots=True)
class PatrolFigures:
    """Rounds that were called and have ended, by how; and of their checkpoints. `running`: called, not over. `lapsed`: windows without a draw."""

    called: int
    walked: int
    late: int
    missed: int
    running: int
    lapsed: int
    checkpoints: int
    in_time: int
    doubted: int

    @property
    def share(self) -> Decimal | None:
        """Share of the checkpoints that were seen in time; None where none was asked for."""
        return half_up(Fraction(self.in_time, self.checkpoints), 4) if self.checkpoints else None


def patrol_figures(told: Iterable[Told]) -> PatrolFigures:
    """The figures of these rounds. What is drawn and not called, or withdrawn, counts for nothing."""
    rounds = list(told)
    ended = [one for one in rounds if one.status in FINISHED]

    def count(state: PatrolState) -> int:
        return sum(1 for one in rounds if one.status is state)

    return PatrolFigures(
        called=len(ended) + count(PatrolState.CALLED),
        walked=count(PatrolState.WALKED),
        late=count(PatrolState.LATE),
        missed=count(PatrolState.MISSED),
        running=count(PatrolState.CALLED),
        lapsed=sum(one.windows for one in rounds if one.status is PatrolState.LAPSED),
        checkpoints=sum(one.checkpoints for one in ended),
        in_time=sum(one.in_time for one in ended),
        doubted=sum(one.doubted for one in ended),
    )
