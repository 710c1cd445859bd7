"""What bidders' maxima come to: the highest wins, and pays one step more than the second highest would have.

The closed form of a sale in which everybody leaves a limit (Vickrey's second price, in steps): `bidding.next_bid` comes to the same bid by bid, and a
property holds the two together. Histories of other houses, which list maxima, are replayed by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.disposal.increments import Increments
from marketplace.money import Money


@dataclass(frozen=True, slots=True)
class Maximum:
    """The most that a bidder would pay, said at `order` (any rising number: a sequence, seconds)."""

    bidder: str
    most: Money
    order: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who leads, at what price; the runner-up, and the most that it offered."""

    winner: str
    price: Money
    runner_up: str | None
    second: Money | None


def settle(
    opening: Money, increments: Increments, maxima: Iterable[Maximum], *, reserve: Money | None = None
) -> Outcome | None:
    """Winner and price of these maxima; None where none reaches the opening.

    Of equal maxima the earliest leads, at that amount. One bidder alone pays the opening, however often it raised itself. The price never exceeds the
    winner's own maximum; a maximum that reaches the reserve is bid up to it. Maxima below the opening are no bids.
    """
    ranked = _ranked(each for each in maxima if each.most >= opening)
    if not ranked:
        return None
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    price = opening if second is None else min(best.most, increments.above(second.most))
    if reserve is not None and best.most >= reserve:
        price = max(price, reserve)
    return Outcome(best.bidder, price, second.bidder if second else None, second.most if second else None)


def _ranked(maxima: Iterable[Maximum]) -> list[Maximum]:
    """Each bidder's highest maximum, the winner's first: by amount, then by when it was first said."""
    best: dict[str, Maximum] = {}
    for each in sorted(maxima, key=lambda one: (-one.most.minor, one.order)):
        best.setdefault(each.bidder, each)
    return list(best.values())
