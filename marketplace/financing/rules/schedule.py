"""How a loan is paid back: level payments, equal principal, interest only, or all at the end.

Each month's interest is the balance at i = r / 12, rounded to the minor unit when it is posted; the last instalment
takes what rounding left, so principal always comes back to the fen.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money
from tenants.errors import Invalid

INSTALMENTS_MAX = 600


class Plan(StrEnum):
    """等额本息, 等额本金, 先息后本, 到期一次还本付息."""

    LEVEL = "LEVEL"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    INTEREST_ONLY = "INTEREST_ONLY"
    BULLET = "BULLET"


@dataclass(frozen=True, slots=True)
class Instalment:
    """The `number`-th payment (from 1): its interest, its principal, and the balance left after it."""

    number: int
    interest: Money
    principal: Money
    balance: Money

    @property
    def payment(self) -> Money:
        """What is paid."""
        return self.interest + self.principal


def schedule(plan: Plan, principal: Money, annual: Exact, months: int) -> tuple[Instalment, ...]:
    """The instalments of a loan of `principal` at `annual` (a share) over `months`. Refuses nothing lent, no months,
    a negative rate.
    """
    rate = exact(annual) / 12
    if principal.minor <= 0 or not 1 <= months <= INSTALMENTS_MAX or rate < 0:
        raise Invalid(
            "schedule_impossible", "A schedule needs an amount, at least one month and a rate.", field="months"
        )
    if plan is Plan.LEVEL:
        payment = level_payment(principal, annual, months)
        return _amortise(principal, rate, months, lambda number, owed: payment - owed)
    if plan is Plan.EQUAL_PRINCIPAL:
        part = principal.times(Fraction(1, months))
        return _amortise(principal, rate, months, lambda number, owed: part)
    if plan is Plan.INTEREST_ONLY:
        return _amortise(principal, rate, months, lambda number, owed: Money.zero(principal.currency))
    return (Instalment(1, principal.times(rate * months), principal, Money.zero(principal.currency)),)


def level_payment(principal: Money, annual: Exact, months: int) -> Money:
    """P · i (1 + i)^n / ((1 + i)^n - 1), i = r / 12: 1,200,000 at 4.8 per cent over 12 months is 102,619.03."""
    rate = exact(annual) / 12
    if rate == 0:
        return principal.times(Fraction(1, months))
    growth = (1 + rate) ** months
    return principal.times(rate * growth / (growth - 1))


def due_dates(first_due_on: date, count: int) -> tuple[date, ...]:
    """Monthly due dates on the day of the first, or on the last day of a shorter month: 31 Jan, 28 Feb, 31 Mar."""
    return tuple(_months_later(first_due_on, months) for months in range(count))


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _amortise(
    principal: Money, rate: Fraction, months: int, part: Callable[[int, Money], Money]
) -> tuple[Instalment, ...]:
    """Month by month; `part(number, interest)` says how much principal is paid, and the last month pays all that is
    left.
    """
    balance, instalments = principal, []
    for number in range(1, months + 1):
        owed = balance.times(rate)
        paid = balance if number == months else _within(part(number, owed), balance)
        balance = balance - paid
        instalments.append(Instalment(number, owed, paid, balance))
    return tuple(instalments)


def _within(part: Money, balance: Money) -> Money:
    """Never more principal than is owed, and never less than nothing: rounding of tiny loans could otherwise
    overshoot.
    """
    return min(part.at_least_zero(), balance)
