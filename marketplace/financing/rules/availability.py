"""Why so much may be drawn and no more: availability told line by line, from all that is pledged down to what is left.

Every line says what is added or taken off; the sums among them are what the lines above come to. Read from the top, the last sum is the answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marketplace.exact import Exact, exact
from marketplace.money import Money, total
from marketplace.valuation.rules.base import Base


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a msgid with its facts, an amount (below zero where it is taken off), and whether it is a sum of those above."""

    says: str
    amount: Money
    is_sum: bool = False
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """The loan's side: its limit and initial line once terms are agreed, what is owed, what is instructed and not yet paid, whether drawing is open."""

    limit: Money | None
    initial: Exact | None
    outstanding: Money
    committed: Money
    may_draw: bool = True


def explain(base: Base, market_value: Money, drawn: Drawn) -> list[Line]:
    """The lines of a borrowing base statement. Amounts add up, to the minor unit, between one sum and the next."""
    return [*_goods(base), *_loan(base, market_value, drawn)]


def availability_of(lines: list[Line]) -> Money:
    """What may be drawn by a statement: its last line."""
    return lines[-1].amount


def _goods(base: Base) -> Iterator[Line]:
    yield Line("Value of all pledged goods", base.gross, is_sum=True)
    for reason, amount in base.ineligible.items():
        yield Line(reason, -amount)
    yield Line("Eligible goods", base.eligible, is_sum=True)
    doubts = total(base.doubts.values(), base.gross.currency)
    yield Line("Haircuts", doubts - base.haircuts)
    for grade, amount in base.doubts.items():
        yield Line("Evidence of grade %(grade)s: a larger haircut", -amount, facts=(("grade", grade),))
    for kind, amount in base.over_cap.items():
        yield Line("%(kind)s above the cap on one kind of goods", -amount, facts=(("kind", kind),))
    if base.held:
        yield Line("Above the sub-limit for %(names)s", -base.held.over, facts=(("names", base.held.names),))
    for reserve in base.reserves:
        yield Line("Held back: %(why)s", -reserve.amount, facts=(("why", reserve.why),))
    beyond = base.amount - _left(base)
    if beyond:
        yield Line("Held back beyond what the goods carry", beyond)
    yield Line("Borrowing base", base.amount, is_sum=True)


def _left(base: Base) -> Money:
    """What the subtractions come to, below nothing too."""
    over = [*base.over_cap.values(), *([base.held.over] if base.held else [])]
    taken = [*over, *(reserve.amount for reserve in base.reserves)]
    return base.collateral - sum(taken, Money.zero(base.gross.currency))


def _loan(base: Base, market_value: Money, drawn: Drawn) -> Iterator[Line]:
    zero = Money.zero(base.gross.currency)
    line = zero if drawn.initial is None else Money(int(market_value.minor * exact(drawn.initial)), zero.currency)
    limit = drawn.limit or zero
    within_line, within_limit = min(base.amount, line), min(base.amount, line, limit)
    if drawn.initial is not None:
        if within_line < base.amount:
            yield Line("Above the initial line of the market value", within_line - base.amount)
        if within_limit < within_line:
            yield Line("Above the limit of the facility", within_limit - within_line)
    else:
        yield Line("No terms are agreed yet", -base.amount)
    yield Line("May be owed at most", within_limit, is_sum=True)
    yield Line("Outstanding", -drawn.outstanding)
    yield Line("Instructed and not yet paid", -drawn.committed)
    yield from _answer(within_limit - drawn.outstanding - drawn.committed, drawn.may_draw)


def _answer(left: Money, may_draw: bool) -> Iterator[Line]:
    if left.minor < 0:
        yield Line("More is owed than the goods carry", -left)
        left = left.at_least_zero()
    elif left and not may_draw:
        yield Line("Drawing is over", -left)
        left = Money.zero(left.currency)
    yield Line("May be drawn", left, is_sum=True)
