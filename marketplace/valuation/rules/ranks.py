"""What a second rank is worth: the goods less what the first bank may be paid before it.

The first bank may lend up to its cap at any time, so the cap counts in full whatever it has lent. It is taken from the value of all goods under one
consent together, and once more from their collateral value: what the second bank may lend is value times rate less the cap, and its loan is held
against value less the cap. Goods that carry nothing anyway bear it last, so that it is never hidden behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from marketplace.money import Money


@dataclass(frozen=True, slots=True)
class Behind:
    """One lot held under a consent: its values as if nothing stood ahead, the share of it that is in second rank, and whether it is barred."""

    market: Money
    collateral: Money
    share: Fraction = Fraction(1)
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What the first rank takes of a lot's market value and of its collateral value."""

    market: Money
    collateral: Money


def taken_ahead(goods: Sequence[Behind], cap: Money) -> tuple[Taken, ...]:
    """What a first rank of `cap` takes of each lot, in the order given; together min(cap, value), and never more of a lot than is behind it."""
    order = sorted(range(len(goods)), key=lambda place: goods[place].barred)
    markets = _fill([_behind(goods[place].market, goods[place].share) for place in order], cap)
    collaterals = _fill([_behind(goods[place].collateral, goods[place].share) for place in order], cap)
    taken = {place: Taken(*both) for place, *both in zip(order, markets, collaterals, strict=True)}
    return tuple(taken[place] for place in range(len(goods)))


def _behind(value: Money, share: Fraction) -> Money:
    """The part of a value that stands in second rank, rounded up: in doubt the first bank has it."""
    return Money(-int(-value.minor * share // 1), value.currency)


def _fill(values: Sequence[Money], cap: Money) -> list[Money]:
    taken, left = [], cap
    for value in values:
        taken.append(min(value, left))
        left = left - taken[-1]
    return taken
