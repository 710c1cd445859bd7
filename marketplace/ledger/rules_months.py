"""A deal's statement folded by month: what was owed at its beginning, what came to it, what went off it, what was owed at its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from marketplace.ledger.rules_accounts import DEBT, Account
from marketplace.money import Money

DebtLine = tuple[date, str, Money]


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month of a debt, by value date. opening + lent + charged - settled = closing, to the fen; each opens as the one before closed.

    lent: put on the principal (interest that is added to it among it). charged: interest, penalty and fees. settled: all that went off the debt, paid or
    written off; a reversal of a payment puts the debt back where it was taken from.
    """

    first: date
    opening: Money
    lent: Money
    charged: Money
    settled: Money
    closing: Money


def by_month(lines: Iterable[DebtLine], currency: str) -> list[Month]:
    """The months in which anything was posted, oldest first, from a book's lines (value date, account, amount: debits above zero). Lines on other accounts
    than the debt's, which move money and not what is owed, and in other currencies count for nothing.
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

    lent = sum(money.minor for _, account, money in lines if money.minor > 0 and account == Account.LOAN_PRINCIPAL)
    debits = sum(money.minor for _, _, money in lines if money.minor > 0)
    settled = -sum(money.minor for _, _, money in lines if money.minor < 0)
    closing = told(opening.minor + debits - settled)
    return Month(first, opening, told(lent), told(debits - lent), told(settled), closing)
