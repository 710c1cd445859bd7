"""Business days and legal periods in the places of the trade.

China moves working days onto weekends around its long holidays (调休), so neither "Monday to Friday" nor a list of
holidays is enough. Calendars come from the `holidays` package, which holds the State Council's yearly notice; a year
without a notice yet is filled with the fixed holidays of the law and must be read as provisional.
"""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from tenants.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")


@cache
def _calendar(country: str, year: int) -> holidays.HolidayBase:
    # One object per year: the package learns moved working days only for years that it was built with.
    try:
        return holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        raise Invalid("calendar_unknown", "We keep no calendar for %(country)s.", country=country) from None


def is_business_day(day: date, country: str = "CN") -> bool:
    """Whether banks settle on that day: 2025-01-26, a Sunday, is one in China; 2025-01-29, a Wednesday, is not."""
    return bool(_calendar(country, day.year).is_working_day(day))


def rolled_forward(day: date, country: str = "CN") -> date:
    """`day`, or the first business day after it (Civil Code 203: a last day on a holiday ends on the day after the
    holiday).
    """
    while not is_business_day(day, country):
        day += timedelta(days=1)
    return day


def period_end(start: date, days: int, country: str = "CN") -> date:
    """The last day of a legal period of `days` days: the day of the start is not counted (Civil Code 201), and it
    rolls forward (203).
    """
    return rolled_forward(start + timedelta(days=days), country)


def business_days_after(day: date, count: int, country: str = "CN") -> date:
    """The `count`-th business day after `day`, `day` itself not counted."""
    assert count >= 0, "periods run forward"
    for _ in range(count):
        day = rolled_forward(day + timedelta(days=1), country)
    return day


def business_time_after(at: datetime, count: int, zone: ZoneInfo = SHANGHAI, country: str = "CN") -> datetime:
    """The same time of day, `count` business days later, by the clock on that place's wall. `at` must know its zone."""
    assert at.tzinfo is not None, "a time without its zone is a bug"
    local = at.astimezone(zone)
    day = business_days_after(local.date(), count, country)
    return datetime.combine(day, local.time(), tzinfo=zone)
