"""What a movement on the bank's account is: a payment it ordered, one that came back, a repayment of a loan; by reference and amount, never by amount alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.financing.rules.bank_messages import Direction, Moved
from marketplace.money import Money


class Meaning(StrEnum):
    """What was found."""

    PAID_OUT = "PAID_OUT"
    RETURNED = "RETURNED"
    REPAID = "REPAID"
    KNOWN_REPAYMENT = "KNOWN_REPAYMENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Awaited:
    """A payment that was ordered: what comes back with its reference should have its amount."""

    id: UUID
    deal_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Owing:
    """A loan that a repayment may name by its deal's number, and what is owed on it."""

    deal_id: UUID
    number: str
    owed: Money


@dataclass(frozen=True, slots=True)
class Found:
    """What a movement is, whose, and where nothing was found why not: an English sentence."""

    meaning: Meaning
    deal_id: UUID | None = None
    id: UUID | None = None
    because: str = ""


NO_REFERENCE = "No reference of ours is in it."
OTHER_AMOUNT = "The reference is known, the amount is another."
SEVERAL_DEALS = "It names more than one deal."
MORE_THAN_OWED = "More came in than is owed."
NOT_BOOKED = "The bank has not booked it yet."
NOTHING_OWED = "Nothing is owed on the deal it names."


def recognise(
    moved: Moved,
    ordered: Mapping[str, Awaited],
    owing: Sequence[Owing],
    known: Mapping[str, tuple[UUID, UUID, Money]],
) -> Found:
    """What `moved` is. `ordered`: payments by end-to-end reference; `known`: repayments entered before, by reference: (id, deal, amount)."""
    if not moved.is_booked:
        return Found(Meaning.UNKNOWN, because=NOT_BOOKED)
    order = ordered.get(moved.end_to_end_id)
    if order is not None:
        if order.amount != moved.amount:
            return Found(Meaning.UNKNOWN, order.deal_id, because=OTHER_AMOUNT)
        came_back = moved.is_return or moved.direction is Direction.IN
        return Found(Meaning.RETURNED if came_back else Meaning.PAID_OUT, order.deal_id, order.id)
    if moved.direction is Direction.OUT or moved.is_return:
        return Found(Meaning.UNKNOWN, because=NO_REFERENCE)
    for reference in filter(None, (moved.bank_reference, moved.end_to_end_id)):
        if reference in known:
            repayment_id, deal_id, amount = known[reference]
            same = amount == moved.amount
            return (
                Found(Meaning.KNOWN_REPAYMENT, deal_id, repayment_id)
                if same
                else Found(Meaning.UNKNOWN, deal_id, because=OTHER_AMOUNT)
            )
    return _repaid(moved, owing)


def _repaid(moved: Moved, owing: Sequence[Owing]) -> Found:
    """A credit that names one deal, by its number as a word of its own, and is not more than is owed on it."""
    said = f"{moved.end_to_end_id} {moved.remittance}"
    named = [
        one
        for one in owing
        if re.search(rf"(?<![\w-]){re.escape(one.number)}(?![\w-])", said, re.ASCII | re.IGNORECASE)
    ]
    if not named:
        return Found(Meaning.UNKNOWN, because=NO_REFERENCE)
    if len(named) > 1:
        return Found(Meaning.UNKNOWN, because=SEVERAL_DEALS)
    if named[0].owed.currency != moved.amount.currency or not named[0].owed:
        return Found(Meaning.UNKNOWN, named[0].deal_id, because=NOTHING_OWED)
    if moved.amount > named[0].owed:
        return Found(Meaning.UNKNOWN, named[0].deal_id, because=MORE_THAN_OWED)
    return Found(Meaning.REPAID, named[0].deal_id)
