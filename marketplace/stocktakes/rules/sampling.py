"""Which goods a surprise count looks at, and what its finding proves of the rest.

Goods are drawn as audits draw monetary units (probability proportional to size, with replacement): each draw lands on a gram of the book, weighted by
the risk of its lot. Let q be a lot's book mass, r >= 1 its risk, W the sum of q * r. A draw finds a lot that is not whole with the probability
sum(q * r over such lots) / W, which is at least (what is missing) / W. An upper limit for that rate is therefore, times W, one for what is missing:
Clopper-Pearson's exact one is used (Biometrika 26, 1934), with a lot that is short by anything counted as missing altogether. So the statement errs to the
safe side only, whatever pattern the thief chose.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, comb
from uuid import UUID

GRID = 10_000  # rates are told to a hundredth of a per cent, rounded up
CONFIDENCES = (Decimal("0.90"), Decimal("0.95"), Decimal("0.99"))
TOLERABLE = (Decimal("0.05"), Decimal("0.10"), Decimal("0.20"))
MOST_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Stack:
    """A lot as the draw sees it: its book mass in grams (None where it is not known by weight), and the reasons why it is a risk."""

    lot_id: UUID
    grams: int | None
    reasons: tuple[str, ...] = ()
    certain: bool = False

    @property
    def risk(self) -> int:
        """How many times as likely a gram of it is drawn as one without a reason."""
        return 1 + len(self.reasons)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is to be looked at: how often each lot was drawn (0: it is looked at in any case), and the weight of all that the draws stand for."""

    draws: Mapping[UUID, int]
    weight: int
    whole: bool


def draw(stacks: Sequence[Stack], *, confidence: Decimal, tolerable: Decimal, seed: bytes) -> Sample:
    """Choose the lots of a surprise count: so many draws that, if all are whole, at most `tolerable` of the book's mass can be missing at `confidence`.

    Lots under alarm and goods that are not known by weight are looked at in any case; so is everything where as many draws as lots would be needed. The
    same seed and stacks give the same sample, so that anybody may draw it again.
    """
    certain = [one for one in stacks if one.certain or one.grams is None]
    open_ones = [one for one in stacks if not one.certain and one.grams]
    book = sum(one.grams or 0 for one in open_ones)
    weight = sum((one.grams or 0) * one.risk for one in open_ones)
    wanted = draws_needed(Fraction(tolerable) * book / weight, confidence) if weight else 0
    if wanted >= len(open_ones):
        return Sample({one.lot_id: 0 for one in stacks if one.grams != 0}, 0, whole=True)
    counted = {one.lot_id: 0 for one in certain}
    for place in _places(seed, weight, wanted):
        lot_id = _at(open_ones, place)
        counted[lot_id] = counted.get(lot_id, 0) + 1
    return Sample(counted, weight, whole=False)


def draws_needed(rate: Fraction, confidence: Decimal) -> int:
    """How many draws, all found whole, put the rate of what is not at most at `rate` (in (0, 1]), with this confidence in (0, 1)."""
    doubt, passed, draws = 1 - Fraction(confidence), Fraction(1), 0
    while passed > doubt and draws < MOST_DRAWS:
        draws += 1
        passed = (1 - rate) ** draws
    return draws


@cache
def greatest_rate(draws: int, failed: int, confidence: Decimal) -> Fraction:
    """The exact upper limit (Clopper-Pearson) of the rate behind `failed` of `draws`, in [0, 1], rounded up to the grid."""
    assert 0 <= failed <= draws
    if failed == draws:
        return Fraction(1)
    doubt, low, high = 1 - Fraction(confidence), 0, GRID
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _at_most(failed, draws, Fraction(middle, GRID)) <= doubt else (middle, high)
    return Fraction(high, GRID)


def least_present(*, book: int, weight: int, draws: int, failed: int, confidence: Decimal) -> int:
    """How many of the `book` grams that the draws stand for are there at least, with this confidence; never negative."""
    if not draws:
        return 0
    missing = ceil(greatest_rate(draws, failed, confidence) * weight)
    return max(0, book - missing)


def _at_most(failed: int, draws: int, rate: Fraction) -> Fraction:
    return sum(
        (comb(draws, n) * rate**n * (1 - rate) ** (draws - n) for n in range(failed + 1)),
        Fraction(0),
    )


def _places(seed: bytes, weight: int, draws: int) -> Iterator[int]:
    """Even numbers in [0, weight), from SHA-256 of the seed and a counter: 256 bits on so few grams leave no bias worth naming."""
    for number in range(draws):
        drawn = int.from_bytes(hashlib.sha256(seed + number.to_bytes(4)).digest())
        yield drawn * weight >> 256


def _at(stacks: Sequence[Stack], place: int) -> UUID:
    """The lot whose weighted grams cover `place`."""
    for one in stacks:
        place -= (one.grams or 0) * one.risk
        if place < 0:
            return one.lot_id
    raise AssertionError("places lie within the weight")
