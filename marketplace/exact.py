"""Exact figures: rationals inside the rules, one half-up rounding at the edge.

A rate times a price times a quantity is kept as a fraction of whole numbers, so no order of steps, no precision
setting and no binary float can move a fen. Rounding is half-up, away from zero at the exact half (banks' 四舍五入),
and happens once: when a figure is posted or shown.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

Exact: TypeAlias = int | Decimal | Fraction


def exact(figure: Exact) -> Fraction:
    """The figure as a fraction. A float, a NaN or an infinity here is a bug: none can stand for an amount."""
    assert not isinstance(figure, float | bool), "a float is never an amount"
    assert not isinstance(figure, Decimal) or figure.is_finite(), "an amount is finite"
    return Fraction(figure)


def half_up_whole(figure: Exact) -> int:
    """The nearest whole number; an exact half goes away from zero (0.5 -> 1, -0.5 -> -1)."""
    fraction = exact(figure)
    whole = (2 * abs(fraction.numerator) + fraction.denominator) // (2 * fraction.denominator)
    return whole if fraction >= 0 else -whole


def half_up(figure: Exact, places: int) -> Decimal:
    """The figure rounded half-up to `places` decimals, for a column or a screen: half_up(Fraction(2, 3), 4) is
    0.6667.
    """
    scaled = half_up_whole(exact(figure) * 10**places)
    sign = 1 if scaled < 0 else 0
    return Decimal((sign, tuple(int(digit) for digit in str(abs(scaled))), -places))


def largest_remainder(units: int, weights: Sequence[Fraction]) -> list[int]:
    """Share whole `units` out by weights so that the shares add up exactly: each is rounded down, and what is left goes to the largest lost fractions,
    the earliest first among equals.
    """
    shares = [units * weight / sum(weights) for weight in weights]
    floors = [share.numerator // share.denominator for share in shares]
    by_loss = sorted(range(len(shares)), key=lambda place: (floors[place] - shares[place], place))
    for place in by_loss[: units - sum(floors)]:
        floors[place] += 1
    return floors
