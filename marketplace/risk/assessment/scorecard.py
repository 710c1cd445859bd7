"""The scorecard of a borrower's deal: points that add up, each from one figure that the bank can look at, and the probability of default that they mean.

Score = base + Σ points of the factors. The base is the bank's own yearly probability of default on the card (domain model, section 5: 600 points at odds of 50 to
1, 20 points to double them). The bands are an expert's card, not fitted to defaults [P]: published whole with its version, so that each number can be argued with.
What is not known costs points: silence must not look like strength.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from marketplace.exact import Exact, exact, half_up
from marketplace.financing.rules.scoring import Scorecard

MODEL = "bailee-scorecard 1"
CARD = Scorecard(Decimal(20), Decimal(600), Decimal(50))
PLACES = 2


class Kind(StrEnum):
    """What a factor looks at."""

    CUSHION = "CUSHION"  # share by which the goods may fall before the call line
    DAYS_PAST_DUE = "DAYS_PAST_DUE"  # the most that this loan ever was
    CALLS_EXPIRED = "CALLS_EXPIRED"  # margin calls whose time to cure ran out
    EVIDENCE = "EVIDENCE"  # the worst grade of the goods: 4 for A to 0 for E
    FLOWS = "FLOWS"  # four-flow score of the trades before the deal, by their amounts
    BUYERS = "BUYERS"  # concentration of buyers, Herfindahl-Hirschman
    CORE = "CORE"  # health of the core enterprise, 0 to 100
    SETTLED = "SETTLED"  # earlier deals with this bank that were paid in full


@dataclass(frozen=True, slots=True)
class Scale:
    """Points by bands: `bands` are (from this figure on, points), rising; below all of them `least`; `unknown` where there is no figure."""

    bands: tuple[tuple[Decimal, int], ...]
    least: int
    unknown: int

    def points(self, figure: Exact | None) -> int:
        """Points of a figure."""
        if figure is None:
            return self.unknown
        reached = [points for start, points in self.bands if exact(figure) >= exact(start)]
        return reached[-1] if reached else self.least


def _scale(least: int, *bands: tuple[str, int], unknown: int) -> Scale:
    return Scale(tuple((Decimal(start), points) for start, points in bands), least, unknown)


SCALES: Mapping[Kind, Scale] = {
    Kind.CUSHION: _scale(-60, ("0", -20), ("0.10", 0), ("0.20", 12), ("0.30", 25), unknown=-20),
    Kind.DAYS_PAST_DUE: _scale(15, ("1", -10), ("11", -30), ("31", -70), unknown=0),
    Kind.CALLS_EXPIRED: _scale(5, ("1", -25), ("2", -50), unknown=0),
    Kind.EVIDENCE: _scale(-40, ("1", -30), ("2", -15), ("3", 5), ("4", 15), unknown=-40),
    Kind.FLOWS: _scale(-50, ("0.70", -20), ("0.85", 0), ("0.95", 15), unknown=-10),
    Kind.BUYERS: _scale(10, ("1500", 0), ("2500", -20), unknown=-5),
    Kind.CORE: _scale(-40, ("40", -15), ("60", 0), ("80", 10), unknown=-10),
    Kind.SETTLED: _scale(0, ("1", 8), ("3", 15), unknown=0),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """One figure and what it contributes; `figure` is None where nothing is known."""

    kind: Kind
    figure: Decimal | None
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """A base, what each factor adds or takes, and what they come to."""

    base: Decimal
    factors: tuple[Factor, ...]

    @property
    def points(self) -> Decimal:
        """The score, to two places."""
        return self.base + sum(one.points for one in self.factors)

    @property
    def default_probability(self) -> Decimal:
        """The yearly probability of default that it means, to six places."""
        return half_up(CARD.default_probability(self.points), 6)


def score_of(base_probability: Decimal, figures: Sequence[tuple[Kind, Exact | None]]) -> Score:
    """The score of these figures, on the bank's own probability (strictly between 0 and 1; refused otherwise)."""
    factors = [Factor(kind, None if one is None else half_up(one, 4), SCALES[kind].points(one)) for kind, one in figures]  # fmt: skip
    return Score(half_up(CARD.score(base_probability), PLACES), tuple(factors))
