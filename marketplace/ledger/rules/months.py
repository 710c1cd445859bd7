"""A deal's statement folded by month: what was owed at its beginning, what came to it, what went off it, what was owed at its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from marketplace.ledger.rules.accounts import DEBT, Account
from marketplace.money import Money

DebtLine = tuple[date, str, Money, bool]


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month of a debt, by value date. opening + lent + charged + restored - settled = closing, to the fen; each opens as the one before closed.

    lent: put on the principal (interest that is added to it among it). charged: interest, penalty and fees. restored: owed again, since a payment was
    taken back. settled: all that went off the debt, paid or written off.
    """

    first: date
    opening: Money
    lent: Money
    charged: Money
    restored: Money
    settled: Money
    closing: Money


def by_month(lines: Iterable[DebtLine], currency: str) -> list[Month]:
    """The months in which anything was posted, oldest first, from a book's lines (value date, account, amount: debits above zero, whether it takes a payment
    back). Lines on other accounts than the debt's, which move money and not what is owed, and in other currencies count for nothing.
    """
    owed = [one for one in lines if one[1] in DEBT and one[2].currency == currency]
    months: list[Month] = []
    opening = Money(0, currency)
    for first, group in groupby(sorted(owed, key=lambda one: one[0]), key=lambda one: one[0].replace(day=1)):
        months.append(_month(first, opening, list(group)))
        opening = months[-1].closing
    return months


def _month(first: date, opening: Money, lines: list[DebtLine]) -> Month:
    def told(minor: int) -> Money:
        return Money(minor, opening.currency)

    debits = [(account, money.minor, restores) for _, account, money, restores in lines if money.minor > 0]
    whole = sum(minor for _, minor, _ in debits)
    restored = sum(minor for _, minor, restores in debits if restores)
    lent = sum(minor for account, minor, restores in debits if account == Account.LOAN_PRINCIPAL and not restores)
    settled = -sum(money.minor for _, _, money, _ in lines if money.minor < 0)
    closing = told(opening.minor + whole - settled)
    return Month(first, opening, told(lent), told(whole - restored - lent), told(restored), told(settled), closing)
