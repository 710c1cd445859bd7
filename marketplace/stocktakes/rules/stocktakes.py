"""A surprise count from its order to its statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from marketplace.quantity import Quantity
from marketplace.states import Actor, Machine, step
from marketplace.stocktakes.rules.sampling import least_present

SHORT_BY = Decimal("0.005")  # half a per cent, as scales and inspections differ


class StocktakeState(StrEnum):
    """Where a count stands."""

    ORDERED = "ORDERED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class Outcome(StrEnum):
    """What a challenge came to."""

    SHOWN = "SHOWN"
    SHORT = "SHORT"
    MISSED = "MISSED"


ORDERING = (Actor.SUPERVISOR, Actor.BANK)
STOCKTAKE = Machine(
    "Surprise count",
    step(None, "order", StocktakeState.ORDERED, *ORDERING),
    step(StocktakeState.ORDERED, "close", StocktakeState.CLOSED, Actor.SYSTEM),
    step(StocktakeState.ORDERED, "withdraw", StocktakeState.WITHDRAWN, *ORDERING),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """One lot of the sample after the count: how often it was drawn, its book mass in grams where known, what of it was shown."""

    lot_id: UUID
    draws: int
    grams: int | None
    book: Quantity
    found: Quantity
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Statement:
    """What the count proves: at `confidence`, at least `least` of the `book` grams are there. `whole`: everything was looked at."""

    confidence: Decimal
    whole: bool
    lots: int
    looked_at: int
    failed: int
    book: int
    least: int


def outcome_of(book: Quantity, counted: Quantity) -> Outcome:
    """Short is what falls below the book by more than half a per cent."""
    return Outcome.SHOWN if counted.exact >= book.exact * (1 - Fraction(SHORT_BY)) else Outcome.SHORT


def state_finding(
    looked: Sequence[Looked], *, lots: int, book: int, weight: int, confidence: Decimal, whole: bool
) -> Statement:
    """What of `book` grams in `lots` lots is there at least. Lots looked at in any case count for what was shown of them, the rest by the draws."""
    certain = [one for one in looked if not one.draws]
    drawn = [one for one in looked if one.draws]
    sure = sum(_shown(one) for one in certain)
    rest = book - sum(one.grams or 0 for one in certain)
    by_draws = least_present(
        book=rest,
        weight=weight,
        draws=sum(one.draws for one in drawn),
        failed=sum(one.draws for one in drawn if one.outcome is not Outcome.SHOWN),
        confidence=confidence,
    )
    # What was seen of the drawn lots is there in any case, however little the draws prove of the rest.
    return Statement(
        confidence=confidence,
        whole=whole,
        lots=lots,
        looked_at=len(looked),
        failed=sum(one.outcome is not Outcome.SHOWN for one in looked),
        book=book,
        least=sure + max(by_draws, sum(_shown(one) for one in drawn)),
    )


def _shown(one: Looked) -> int:
    """Grams of it that were shown, at most the book's."""
    return int((one.grams or 0) * min(Fraction(1), one.found.exact / one.book.exact))
