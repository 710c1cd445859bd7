"""Reconciliation of the book with the bank's account (对账): what both know is settled, what only one of them knows is open, and the open items are the whole difference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from marketplace.money import Money


class Side(StrEnum):
    """Who knows of a movement."""

    BOOK = "BOOK"
    ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved by one side's word: above zero came in, below zero went out. `is_open`: the other side does not know it yet."""

    side: Side
    day: date
    amount: Money
    reference: str
    counterparty: str
    deal_id: UUID | None
    is_open: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """One currency at the end of the day: what stands by the account and by the book, and the open items of each. The difference is what the open items explain."""

    currency: str
    account: Money
    book: Money
    account_only: Money
    book_only: Money

    @property
    def difference(self) -> Money:
        """Account less book."""
        return self.account - self.book

    @property
    def unexplained(self) -> Money:
        """What the open items do not explain: nothing, or a movement is matched with one of another amount."""
        return self.difference - (self.account_only - self.book_only)


def sums_of(movements: Iterable[Movement]) -> tuple[Sums, ...]:
    """The sums of each currency that moved, in their alphabetical order."""
    found: dict[str, list[Movement]] = {}
    for one in movements:
        found.setdefault(one.amount.currency, []).append(one)
    return tuple(_sums(currency, found[currency]) for currency in sorted(found))


def _sums(currency: str, movements: Sequence[Movement]) -> Sums:
    def of(side: Side, *, open_only: bool = False) -> Money:
        return Money(sum(one.amount.minor for one in movements if one.side is side and (one.is_open or not open_only)), currency)  # fmt: skip

    return Sums(
        currency,
        account=of(Side.ACCOUNT),
        book=of(Side.BOOK),
        account_only=of(Side.ACCOUNT, open_only=True),
        book_only=of(Side.BOOK, open_only=True),
    )
