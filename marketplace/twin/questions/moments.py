"""Times as people name them, in English and Chinese: "since Monday", "last night", "on 3 March at 14:30", 昨晚, 周一以来, 3月3日. Pure: text and now in, a span out.

A span is what was named, in the house's own days. Weeks begin on Monday; a night lasts from 20:00 to 08:00; a day without its year is the last one that has begun.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from marketplace.business_days import SHANGHAI
from tenants.errors import Invalid

DAY = timedelta(days=1)
NIGHT_BEGINS, NIGHT_ENDS = time(20), time(8)
EARLIEST_YEAR = 2000
LONGEST_DAYS = 3650
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS_ZH = "一二三四五六日天"
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_DAY_EN = rf"(?:{'|'.join(WEEKDAYS)}|today|yesterday|\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}} (?:{'|'.join(MONTHS)})(?: \d{{4}})?|(?:{'|'.join(MONTHS)}) \d{{1,2}}(?:,? \d{{4}})?)"
_DAY_ZH = rf"(?:(?:本|这)?(?:周|星期|礼拜)[{WEEKDAYS_ZH}]|今天|昨天|前天|\d{{4}}-\d{{1,2}}-\d{{1,2}}|(?:\d{{4}}年)?\d{{1,2}}月\d{{1,2}}[日号])"
_TIME = r"(?P<hour>\d{1,2})[::](?P<minute>\d{2})"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, never beyond now. `is_moment`: a single moment was meant, or the end of a day; then `end` is that moment."""

    start: datetime
    end: datetime
    is_moment: bool


def find_span(text: str, now: datetime) -> tuple[str, Span | None]:
    """The text without the time that it names, and that time; None where it names none. Refuses a day that there is not, one to come, and two times in one question."""
    local = now.astimezone(SHANGHAI)
    for pattern, meaning in _WAYS:
        found = pattern.search(text)
        if found:
            left = f"{text[: found.start()]} {text[found.end() :]}"
            return " ".join(left.split()), _checked(meaning(found, local), local)
    return text, None


def moment_now(now: datetime) -> Span:
    """Now, as a span."""
    return Span(now, now, True)


def _checked(span: Span, now: datetime) -> Span:
    if span.start > now:
        raise Invalid("moment_ahead", "That moment has not come yet.", field="q")
    if span.start.year < EARLIEST_YEAR:
        raise Invalid("moment_wrong", "Nothing was recorded then.", field="q")
    return Span(span.start, min(span.end, now), span.is_moment)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _day_named(words: str, today: date) -> date:
    """The day that these words name; of weekdays and of days without a year the last one."""
    words = words.strip(" ,")
    back = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1, "前天": 2}.get(words)
    if back is not None:
        return today - back * DAY
    weekday = _weekday(words)
    if weekday is not None:
        return today - (today.weekday() - weekday) % 7 * DAY
    return _calendar_day(words, today)


def _weekday(words: str) -> int | None:
    if words in WEEKDAYS:
        return WEEKDAYS.index(words)
    if re.fullmatch(rf"(?:本|这)?(?:周|星期|礼拜)[{WEEKDAYS_ZH}]", words):
        return min(WEEKDAYS_ZH.index(words[-1]), 6)
    return None


def _calendar_day(words: str, today: date) -> date:
    month = next((place for place, name in enumerate(MONTHS, start=1) if name in words), None)
    numbers = [int(one) for one in re.findall(r"\d+", words)]
    if month is not None:  # the day stands before the year
        numbers = [*numbers[1:], month, numbers[0]]
    try:
        if len(numbers) == 3:
            return date(*numbers)
        tried = (_of_year(today.year - back, *numbers) for back in range(9))
        return next(found for found in tried if found and found <= today)
    except (ValueError, StopIteration) as wrong:
        raise Invalid("date_wrong", "There is no such day.", field="q") from wrong


def _of_year(year: int, month: int, day: int) -> date | None:
    """That day of the year; none in a year without a 29 February. Refuses a day of no year."""
    if (month, day) == (2, 29):
        return date(year, month, day) if year % 4 == 0 and (year % 100 or year % 400 == 0) else None
    return date(year, month, day)


def _at_time(day: date, found: re.Match[str]) -> datetime:
    try:
        return datetime.combine(day, time(int(found["hour"]), int(found["minute"])), SHANGHAI)
    except ValueError as wrong:
        raise Invalid("time_wrong", "There is no such time of day.", field="q") from wrong


def _days(found: re.Match[str]) -> int:
    count = int(found["count"])
    if not 1 <= count <= LONGEST_DAYS:
        raise Invalid("days_out_of_range", "Ask for 1 to %(most)s days.", field="q", most=LONGEST_DAYS)
    return count


def _since(found: re.Match[str], now: datetime) -> Span:
    return Span(_begin(_day_named(found["day"], now.date())), now, False)


def _on(found: re.Match[str], now: datetime) -> Span:
    day = _day_named(found["day"], now.date())
    return Span(_begin(day), _begin(day) + DAY - timedelta(microseconds=1), True)


def _on_at(found: re.Match[str], now: datetime) -> Span:
    moment = _at_time(_day_named(found["day"], now.date()), found)
    return Span(moment, moment, True)


def _at(found: re.Match[str], now: datetime) -> Span:
    """A time of day alone: today, or yesterday where it is still to come."""
    moment = _at_time(now.date(), found)
    moment = moment if moment <= now else moment - DAY
    return Span(moment, moment, True)


def _ago(found: re.Match[str], now: datetime) -> Span:
    unit = timedelta(hours=1) if found["unit"] in ("hour", "小时") else DAY
    moment = now - _days(found) * unit
    return Span(moment, moment, True)


def _last(found: re.Match[str], now: datetime) -> Span:
    unit = timedelta(hours=1) if found["unit"] in ("hour", "小时") else DAY
    return Span(now - _days(found) * unit, now, False)


def _night(_found: re.Match[str], now: datetime) -> Span:
    today = now.date()
    return Span(
        datetime.combine(today - DAY, NIGHT_BEGINS, SHANGHAI), datetime.combine(today, NIGHT_ENDS, SHANGHAI), False
    )


def _this_week(_found: re.Match[str], now: datetime) -> Span:
    return Span(_begin(now.date() - now.weekday() * DAY), now, False)


def _last_week(_found: re.Match[str], now: datetime) -> Span:
    monday = _begin(now.date() - now.weekday() * DAY)
    return Span(monday - 7 * DAY, monday, False)


def _now(_found: re.Match[str], now: datetime) -> Span:
    return moment_now(now)


Meaning = Callable[[re.Match[str], datetime], Span]
# The longer way of saying it comes first.
_WAYS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (rf"\bsince (?P<day>{_DAY_EN})\b", _since),
        (rf"(?:自从|从|自)?(?P<day>{_DAY_ZH})(?:以来|以后|之后|起|至今)", _since),
        (rf"(?:\bon )?\b(?P<day>{_DAY_EN}) at {_TIME}", _on_at),
        (rf"\bat {_TIME} (?:on )?(?P<day>{_DAY_EN})\b", _on_at),
        (rf"在?(?P<day>{_DAY_ZH})\s?{_TIME}", _on_at),
        (r"\b(?:in|over|during) the last (?P<count>\d{1,6}) (?P<unit>hour|day)s?\b", _last),
        (r"(?:最近|过去|近)(?P<count>\d{1,6})(?:个)?(?P<unit>小时|天|日)(?:内|里)?", _last),
        (r"\b(?P<count>\d{1,6}) (?P<unit>hour|day)s? ago\b", _ago),
        (r"(?P<count>\d{1,6})(?:个)?(?P<unit>小时|天)(?:以)?前", _ago),
        (r"\b(?:last night|overnight)\b", _night),
        (r"昨晚|昨夜|夜里|夜间", _night),
        (r"\bthis week\b|本周(?![一二三四五六日天])|这周(?![一二三四五六日天])", _this_week),
        (r"\blast week\b|上周(?![一二三四五六日天])", _last_week),
        (rf"(?:\bon )?\b(?P<day>{_DAY_EN})\b", _on),
        (rf"在?(?P<day>{_DAY_ZH})", _on),
        (rf"\bat {_TIME}", _at),
        (r"\b(?:right now|now|at the moment|at present)\b|现在|目前|当前", _now),
    )
)
