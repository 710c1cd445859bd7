"""Which part of a debt a payment pays: costs, then interest, then principal, unless agreed otherwise (Civil Code 561).

What is received is allocated to the fen, nothing is allocated twice, and principal never goes below zero (invariant
17).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.money import Money, lowest
from tenants.errors import Invalid


class Part(StrEnum):
    """The parts of a debt. Penalty and compound interest rank with interest, behind it."""

    COSTS = "COSTS"
    INTEREST = "INTEREST"
    PENALTY = "PENALTY"
    PRINCIPAL = "PRINCIPAL"


LEGAL_ORDER = (Part.COSTS, Part.INTEREST, Part.PENALTY, Part.PRINCIPAL)
PRINCIPAL_FIRST = (Part.COSTS, Part.PRINCIPAL, Part.INTEREST, Part.PENALTY)  # where the parties agreed on it


class Recalculation(StrEnum):
    """What an early repayment of principal changes: the payments (减额) or the term (缩期)."""

    SMALLER = "SMALLER"
    SHORTER = "SHORTER"


@dataclass(frozen=True, slots=True)
class Due:
    """An amount owed, of which part, and since when. `number`: the instalment it belongs to. `early`: it is not due yet, so all that is due goes before."""

    part: Part
    due_on: date
    amount: Money
    number: int | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a payment went to one due, and how much of that due is still open."""

    due: Due
    paid: Money
    open: Money


@dataclass(frozen=True, slots=True)
class Allocated:
    """A payment's allocations in the order in which they were paid, and what was left when nothing more was due."""

    lines: tuple[Allocation, ...]
    unallocated: Money


def allocate_repayment(received: Money, dues: Sequence[Due], order: Sequence[Part] = LEGAL_ORDER) -> Allocated:
    """Pay what is due part by part in `order`, the oldest first within a part, and only then what is not due yet. Refuses a payment of nothing."""
    if received.minor <= 0:
        raise Invalid("amount_not_positive", "A payment needs an amount above zero.", field="amount")
    assert set(order) >= {due.part for due in dues}, "the order names every part"
    left, lines = received, []
    for due in sorted(dues, key=lambda due: (due.early, order.index(due.part), due.due_on)):
        paid = lowest(left, due.amount).at_least_zero()
        left = left - paid
        lines.append(Allocation(due, paid, due.amount - paid))
    return Allocated(tuple(lines), left)
