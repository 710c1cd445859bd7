"""What a loan costs a firm all in (综合融资成本): interest by its plan, the bank's fee, and what its terms make the firm pay to others.

Two yearly rates say the same in two ways, as 中国人民银行公告〔2021〕第3号 lets lenders show it (all costs against the principal that is really in
use; the wording is to be verified with counsel): the simple one, cost / Σ(principal in use · days) · 365; and the compound one, the rate X at which
what comes in and what goes out are worth the same today, Σ C_k / (1 + X)^(t_k / 365) = 0 (内部收益率; the same equation as Annex I of Directive
2008/48/EC). Insurance, storage and supervision count, as the bank and the firm list them in 企业贷款综合融资成本清单.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction

from marketplace.exact import half_up
from marketplace.financing.rules.interest import DayCount, months_later
from marketplace.financing.rules.schedule import Period, Plan, period_ends, plan_periods
from marketplace.money import Money, total

_PRECISE = Context(prec=30)
_HIGHEST = Decimal(1000)  # 100,000 per cent a year: beyond it nobody lends and no rate is told
_STEPS = 90
PLACES = 6


@dataclass(frozen=True, slots=True)
class Charges:
    """What is paid beside interest: the bank's fee and the insurance premium at the drawdown, storage and supervision for each month begun."""

    fee: Money
    premium: Money
    storage_monthly: Money
    supervision_monthly: Money

    @property
    def at_once(self) -> Money:
        """What is paid on the day of the drawdown."""
        return self.fee + self.premium

    @property
    def monthly(self) -> Money:
        """What each month begun costs."""
        return self.storage_monthly + self.supervision_monthly


@dataclass(frozen=True, slots=True)
class Borrowing:
    """What is borrowed, and how: drawn in full on `starts_on`, paid back by the plan until `ends_on`, at `annual_rate` (a share; a floating one as today)."""

    amount: Money
    annual_rate: Decimal
    count: DayCount
    plan: Plan
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class AllIn:
    """The cost of an amount over a term, part by part to the minor unit, and as two yearly rates (shares; None where there is none to tell)."""

    amount: Money
    days: int
    interest: Money
    fee: Money
    premium: Money
    storage: Money
    supervision: Money
    simple: Decimal
    compound: Decimal | None

    @property
    def total(self) -> Money:
        """All of it."""
        return self.interest + self.fee + self.others

    @property
    def others(self) -> Money:
        """What the bank's terms make the firm pay to others."""
        return self.premium + self.storage + self.supervision


def all_in_cost(loan: Borrowing, charges: Charges) -> AllIn:
    """What the loan costs. 1,000,000 at 4.35 per cent ACT/360 for 45 days costs 5,437.50, which is 4.41 per cent of 365 days (domain model, E6)."""
    periods = _periods(loan)
    months = months_begun(loan.starts_on, loan.ends_on)
    currency = loan.amount.currency
    interest = total((one.interest for one in periods), currency)
    storage, supervision = charges.storage_monthly.times(months), charges.supervision_monthly.times(months)
    cost = interest + charges.at_once + storage + supervision
    return AllIn(
        loan.amount,
        (loan.ends_on - loan.starts_on).days,
        interest,
        charges.fee,
        charges.premium,
        storage,
        supervision,
        half_up(Fraction(cost.minor * 365) / in_use(loan.amount, periods), PLACES),
        compound_rate(_flows(loan, charges, periods, months)),
    )


def months_begun(starts_on: date, ends_on: date) -> int:
    """How many months a term begins: 31 days from 1 March are one month, 32 are two."""
    months = 1
    while months_later(starts_on, months) < ends_on:
        months += 1
    return months


def in_use(amount: Money, periods: Sequence[Period]) -> Fraction:
    """Σ principal in use · days, in minor units."""
    principal, used = amount.minor, Fraction(0)
    for one in periods:
        used += principal * (one.ends_on - one.starts_on).days
        principal = one.balance.minor
    return used


def compound_rate(flows: Sequence[tuple[int, int]]) -> Decimal | None:
    """The yearly rate at which flows of (day, minor units in) are worth nothing together: what comes in first, what goes out later.

    None where nothing is left of the loan after its costs, or no rate below 100,000 per cent does it. A loan without cost bears 0.
    """
    if sum(minor for day, minor in flows if day == 0) <= 0 or sum(minor for _, minor in flows) > 0:
        return None
    low, high = Decimal(0), _HIGHEST
    if _present(flows, high) < 0:
        return None
    for _ in range(_STEPS):
        middle = _PRECISE.divide(_PRECISE.add(low, high), Decimal(2))
        low, high = (middle, high) if _present(flows, middle) < 0 else (low, middle)
    return half_up(high, PLACES)


def _present(flows: Sequence[tuple[int, int]], rate: Decimal) -> Decimal:
    """Σ C_k / (1 + X)^(t_k / 365); it rises with the rate, since what is paid back lies later."""
    growth = _PRECISE.ln(1 + rate)
    worth = Decimal(0)
    for day, minor in flows:
        discount = _PRECISE.exp(_PRECISE.divide(_PRECISE.multiply(growth, Decimal(-day)), Decimal(365)))
        worth = _PRECISE.add(worth, _PRECISE.multiply(Decimal(minor), discount))
    return worth


def _periods(loan: Borrowing) -> tuple[Period, ...]:
    ends = period_ends(loan.plan, loan.starts_on, loan.ends_on)
    return plan_periods(loan.plan, loan.amount, loan.annual_rate, loan.starts_on, ends, loan.count)


def _flows(loan: Borrowing, charges: Charges, periods: Sequence[Period], months: int) -> list[tuple[int, int]]:
    """What comes in on the first day, what goes out on each day after it."""
    due = [(months_later(loan.starts_on, number), charges.monthly) for number in range(1, months + 1)]
    out = [*due, *((one.ends_on, one.payment) for one in periods)]
    paid = [((min(day, loan.ends_on) - loan.starts_on).days, -money.minor) for day, money in out if money]
    return [(0, (loan.amount - charges.at_once).minor), *paid]
