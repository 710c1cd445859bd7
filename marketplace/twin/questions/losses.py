"""How much of a lot was found gone in a span of time, by what its record says. Pure: events in, the loss out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.quantity import Quantity

KINDS = ("QuantityShrunk", "QuantityMeasured")


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a lot: its kind, its facts and when."""

    kind: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """So much of what there was (`before`) is gone. `by_scale`: the scales show it and nobody has counted it yet. `at`: when it was found last."""

    lost: Quantity
    before: Quantity
    by_scale: bool
    at: datetime

    @property
    def share(self) -> Fraction:
        """Of what there was."""
        return self.lost.exact / self.before.exact if self.before else Fraction(0)


def loss_in(told: Sequence[Told]) -> Loss | None:
    """The loss that these events of one lot, oldest first, come to: the greater of what counts took off and of what the scales last showed to be missing.

    Not their sum: what the scales miss today is what a count takes off tomorrow.
    """
    found = [
        one for one in (_counted(told), _weighed(told)) if one is not None and one.lost > Quantity.zero(one.lost.unit)
    ]
    return max(found, key=lambda one: (one.share, not one.by_scale), default=None)


def _counted(told: Sequence[Told]) -> Loss | None:
    shrunk = [one for one in told if one.kind == "QuantityShrunk"]
    if not shrunk:
        return None
    before = _quantity(shrunk[0].facts["before"])
    lost = Quantity.zero(before.unit)
    for one in shrunk:
        lost = lost + _quantity(one.facts["before"]) - _quantity(one.facts["after"])
    return Loss(lost, before, False, shrunk[-1].at)


def _weighed(told: Sequence[Told]) -> Loss | None:
    """By the last word of the scales: what they found again was not lost."""
    measured = [one for one in told if one.kind == "QuantityMeasured"]
    if not measured:
        return None
    last = measured[-1]
    expected = _quantity(last.facts["expected"])
    return Loss(expected - _quantity(last.facts["measured"]).to(expected.unit), expected, True, last.at)


def _quantity(kept: dict[str, str]) -> Quantity:
    return Quantity(Decimal(kept["amount"]), kept["unit"])
