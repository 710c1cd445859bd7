"""What it costs to use a loan for something else than was agreed (挪用): the misuse rate in place of the contract's, or of the overdue rate, never both.

银发〔2003〕251号, 3: a loan that is both overdue and misused bears the graver rate of the two. A day's own interest is taken up as always (`rules.days`); here is
what the misuse adds to it. To be verified with counsel.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import half_up_whole
from marketplace.financing.rules.interest import MISUSE_FACTORS
from tenants.errors import Invalid


@dataclass(frozen=True, slots=True)
class LentDay:
    """A day of a loan as its book has it: what bears the contract's rate and what is overdue, in minor units; rates as shares.

    `running`: the period's interest at the contract's rate with this day's, before the division by the year.
    """

    day: date
    principal: int
    overdue: int
    annual_rate: Decimal
    penalty_rate: Decimal
    weight: int
    year: int
    running: Decimal
    closes_period: bool


@dataclass(frozen=True, slots=True)
class MisusedDay:
    """What the misuse adds to a day: on how much, how much of that is overdue, at what rate, and what is posted. `running`: what the next day goes on from."""

    day: date
    misused: int
    overdue: int
    annual_rate: Fraction
    running: Fraction
    posted: int


def require_misuse_factor(factor: Decimal) -> None:
    """Refuse terms beyond what is permitted."""
    if not MISUSE_FACTORS[0] <= factor <= MISUSE_FACTORS[1]:
        raise Invalid("misuse_wrong", "Misused loans cost 1.5 to 2 times the rate.", field="misuse_factor")


def take_up_misuse(
    days: Iterable[LentDay], amount: int, factor: Decimal, running: Fraction = Fraction(0)
) -> Iterator[MisusedDay]:
    """What the misuse of `amount` (minor units) adds to each of these days, in their order, on from the period's running total.

    Rounded once a period and together with the contract's interest, so that both together are what the rates come to, to the fen. Where a part was misused
    and a part is overdue nobody knows which: they count as the same money as far as they can, which costs the borrower least.
    """
    for one in days:
        misused = min(amount, one.principal + one.overdue)
        overdue = min(misused, one.overdue)
        rate = Fraction(one.annual_rate) * Fraction(factor)
        more = (misused - overdue) * (rate - Fraction(one.annual_rate)) + overdue * (rate - Fraction(one.penalty_rate))
        grown = running + one.weight * more
        contract = Fraction(one.running)
        before = contract - one.weight * one.principal * Fraction(one.annual_rate)
        posted = _added(contract, grown, one.year) - _added(before, running, one.year)
        running = Fraction(0) if one.closes_period else grown
        yield MisusedDay(one.day, misused, overdue, rate, running, posted)


def _added(contract: Fraction, misuse: Fraction, year: int) -> int:
    """What a period's misuse adds so far, in minor units: all interest rounded, less the contract's part rounded."""
    return half_up_whole((contract + misuse) / year) - half_up_whole(contract / year)
