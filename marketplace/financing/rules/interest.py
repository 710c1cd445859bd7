"""What money costs for a time, how the days of a time are counted, and when a rate is looked at anew.

Interest is P · r · n / D. Days are counted so that a period cut in two costs what it costs whole (invariant 18): the
first day counts, the last does not, and 30/360 is the 30E/360 form, whose day numbers do not depend on the other
end. Nothing is rounded here; the caller rounds once, when it posts.
"""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money
from tenants.errors import Invalid


class DayCount(StrEnum):
    """How days and years are counted."""

    ACT_360 = "ACT/360"
    ACT_365 = "ACT/365"
    THIRTY_360 = "30/360"

    @property
    def year(self) -> int:
        """Days of a year: 365 or 360."""
        return 365 if self is DayCount.ACT_365 else 360


# 银发〔2003〕251号: overdue 1.3 to 1.5 times the contract rate, misuse of the money 1.5 to 2 times. To be verified
# with counsel.
OVERDUE_FACTORS = (Fraction(13, 10), Fraction(15, 10))
MISUSE_FACTORS = (Fraction(15, 10), Fraction(2))


def days_between(start: date, end: date, count: DayCount) -> int:
    """Days from `start` (counted) to `end` (not counted) by the convention. Refuses a period that runs backwards."""
    if end < start:
        raise Invalid("period_backwards", "A period ends before it begins.", field="end")
    if count is not DayCount.THIRTY_360:
        return (end - start).days
    return _thirty(end) - _thirty(start)


def interest(principal: Money, annual: Exact, days: int, count: DayCount) -> Fraction:
    """P · r · n / D in major units, unrounded: 1,000,000 at 4.35 per cent for 45 days of 360 is 5,437.50."""
    _require_rate(annual)
    return principal.exact * exact(annual) * days / count.year


def next_reset(begins_on: date, every_months: int, after: date) -> date:
    """The first reset after a day: every so many months on the day of the loan's begin (or the last of a shorter month)."""
    assert every_months > 0, "a rate that never resets has no next reset"
    months = (after.year - begins_on.year) * 12 + after.month - begins_on.month
    number = max(1, months // every_months)
    while (found := months_later(begins_on, number * every_months)) <= after:
        number += 1
    return found


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month: 31 Jan, 28 Feb, 31 Mar."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def extended_until(begins_on: date, matures_on: date) -> date:
    """The latest day to which a loan may be extended: a loan of up to a year for as long again, of up to five for half as long, of more for three years
    (贷款通则 12; to be verified with counsel).
    """
    days = (matures_on - begins_on).days
    more = days if days <= 366 else days // 2 if days <= 5 * 366 else 3 * 365
    return matures_on + timedelta(days=more)


def _thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _require_rate(annual: Exact) -> None:
    if exact(annual) < 0:
        raise Invalid("rate_negative", "An interest rate is not negative.", field="rate")
