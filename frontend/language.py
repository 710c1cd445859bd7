"""The two languages: English msgids in the code, Simplified Chinese beside each room in `messages.zh.json`; figures and dates by locale (CLDR)."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import Flask, g, has_request_context, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept

from frontend.chinese import spaced
from marketplace.money import Money
from marketplace.quantity import Quantity

# English as the rest of the world writes it: the day before the month, twenty-four hours.
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
# Where room is scarce the seconds go, never the name of the month: 03/04 is two days.
SHORT = {"en": "d MMM y, HH:mm", "zh": "y年M月d日 HH:mm"}
SHORT_DAY = {"en": "d MMM y", "zh": "y/M/d"}
SETTLED = "bailee.locale"  # where a request keeps it
ZONE = ZoneInfo("Asia/Shanghai")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MONEY = re.compile(r"([A-Z]{3}) (-?\d+\.\d\d)")  # as money and quantities write themselves
QUANTITY = re.compile(r"(-?\d+\.\d{3}) ([A-Z0-9]{2,3})")


def catalogues() -> Iterator[tuple[str, dict[str, str]]]:
    """Each room's words: where they stand, and the Chinese of each msgid."""
    here = Path(__file__).parent
    for words in sorted(here.glob("**/messages.zh.json")):
        if "node_modules" not in words.parts:
            yield str(words.parent.relative_to(here)), json.loads(words.read_text())


@cache
def _chinese() -> dict[str, str]:
    """Every room's words in one catalogue; two rooms may not translate one msgid differently."""
    return {msgid: chinese for _, words in catalogues() for msgid, chinese in words.items()}


def locale() -> str:
    """`zh` or `en`: what the reader chose, else what the browser asks for; found out once for each request, since every word on a page asks."""
    if not has_request_context():
        return "en"
    around = request.environ
    return str(around.get(SETTLED) or around.setdefault(SETTLED, _preferred()))


def _preferred() -> str:
    return preferred(request.args.get("lang") or request.cookies.get("locale"), request.accept_languages)


def preferred(chosen: str | None, accepted: LanguageAccept) -> str:
    """The language of whoever chose one (or none that we speak) and whose browser asks for some."""
    return chosen if chosen in LOCALES else accepted.best_match(["zh", "en"]) or "en"


def translate(msgid: str, /, **facts: object) -> str:
    """The sentence in the reader's language, its `%(name)s` places filled."""
    return translate_into(locale(), msgid, **facts)


def in_words(fact: object) -> str:
    """One fact as the reader writes it: money, a quantity, a moment, a day; anything else as it is."""
    return str(_readable(fact, locale()))


def said(sentence: dict[str, Any]) -> str:
    """A sentence that was kept with its facts (`tenants.events.sentence`), in the reader's language."""
    return translate(sentence["word"], **sentence["facts"])


def translate_into(language: str, msgid: str, /, **facts: object) -> str:
    """The same for a reader who is not here: mail and documents."""
    sentence = _chinese().get(msgid, msgid) if language == "zh" else msgid
    words = {name: _readable(fact, language) for name, fact in facts.items()}
    return _filled(sentence, words, language) if words else sentence


def translate_plural(singular: str, plural: str, count: int, **facts: object) -> str:
    """A sentence about so many, its places filled."""
    sentence = _of_number(singular, plural, count)
    return _filled(sentence, {"num": count, "count": count, **facts}, locale()) if "%(" in sentence else sentence


def _of_number(singular: str, plural: str, count: int) -> str:
    """English has two forms; Chinese has one, kept under the plural or else the singular."""
    if locale() == "zh":
        return _chinese().get(plural) or _chinese().get(singular) or plural
    return singular if count == 1 else plural


def _filled(sentence: str, facts: dict[str, object], language: str) -> str:
    return (spaced(sentence, facts) if language == "zh" else sentence) % facts


def money(value: Any) -> str:
    """`¥1,250,000.00` or `CN¥1,250,000.00`: a Money, exact to the minor unit."""
    if value is None:
        return "–"
    return _money_in(locale(), value.minor, value.currency)


def _money_in(language: str, minor: int, currency: str) -> str:
    """As `numbers.format_currency` writes it, which takes twenty times as long: it looks everything up for each amount, and a page has hundreds."""
    before, after, digits = _around_money(language, currency, negative=minor < 0)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{before}{whole:,}.{rest:0{digits}}{after}" if digits else f"{before}{whole:,}{after}"


@cache
def _around_money(language: str, currency: str, *, negative: bool) -> tuple[str, str, int]:
    """What stands before and after a figure of this currency, and its decimals (CLDR): told from one amount, since both of our languages group by three."""
    digits = numbers.get_currency_precision(currency)
    one = numbers.format_currency(-1 if negative else 1, currency, locale=LOCALES[language])
    before, _, after = one.partition(f"{1:.{digits}f}")
    return before, after, digits


DURATIONS: tuple[tuple[int, Literal["day", "hour", "minute", "second"]], ...] = (
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)
UNIT_SIGNS = {"TNE": "t", "KGM": "kg", "GRM": "g", "H87": "pcs", "LTR": "L", "MTQ": "m³", "MTR": "m"}
UNIT_SIGNS_ZH = UNIT_SIGNS | {"TNE": "吨", "KGM": "千克", "H87": "件", "LTR": "升"}


def unit(code: str) -> str:
    """The sign of a UN/ECE unit as people write it."""
    return _signs(locale()).get(code, code)


def _signs(language: str) -> dict[str, str]:
    return UNIT_SIGNS_ZH if language == "zh" else UNIT_SIGNS


def quantity(value: Any) -> str:
    """`498.750 t`: three places, as goods are booked."""
    if value is None:
        return "–"
    return f"{_figure(Decimal(value.amount), 3)} {unit(value.unit)}"


def percent(value: Any, places: int = 2) -> str:
    """A ratio as a percentage."""
    return "–" if value is None else f"{_figure(Decimal(value).scaleb(2), places)}%"


def decimal(value: Any, places: int = 2) -> str:
    """A plain figure with fixed places."""
    return "–" if value is None else _figure(Decimal(value), places)


def _figure(value: Decimal, places: int) -> str:
    """`1,234.50`: CLDR groups by three in both of our languages, and Python does it in a thirtieth of babel's time. Rounded to even, as babel does."""
    return f"{value:,.{places}f}"


def datetime_text(value: datetime | None, form: str = "medium") -> str:
    """Date and time in the house's zone, by the twenty-four-hour clock; `short` is to the minute."""
    pattern = SHORT[locale()] if form == "short" else form
    return "–" if value is None else _moment_in(locale(), value, pattern)


@lru_cache(4096)  # lists show the same days and moments to everybody who looks
def _moment_in(language: str, value: datetime, form: str) -> str:
    return dates.format_datetime(value, form, tzinfo=ZONE, locale=LOCALES[language])


@lru_cache(4096)
def _day_in(language: str, day: date, form: str) -> str:
    return dates.format_date(day, form, locale=LOCALES[language])


def duration(seconds: int) -> str:
    """`1 day`, `5 minutes`, `90 seconds`: in the largest unit that holds it exactly."""
    return _duration_in(locale(), seconds)


def _duration_in(language: str, seconds: int) -> str:
    name = next(name for size, name in DURATIONS if seconds % size == 0)
    return dates.format_timedelta(
        timedelta(seconds=seconds), granularity=name, threshold=seconds + 1, locale=LOCALES[language]
    )


def time_text(value: datetime | None) -> str:
    """The time of day in the house's zone."""
    return "–" if value is None else dates.format_time(value, "short", tzinfo=ZONE, locale=LOCALES[locale()])


def date_text(value: date | datetime | None, form: str = "medium") -> str:
    """A date; a moment becomes its date in the house's zone."""
    if value is None:
        return "–"
    day = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
    return _day_in(locale(), day, SHORT_DAY[locale()] if form == "short" else form)


def month_text(value: date) -> str:
    """A month with its year: `Feb 2027`."""
    return dates.format_skeleton("yMMM", value, locale=LOCALES[locale()])


def day_text(value: datetime) -> str:
    """The day without its year, for lists of what is recent."""
    return dates.format_skeleton("MMMd", value, tzinfo=ZONE, locale=LOCALES[locale()])


def ago(value: datetime | None) -> str:
    """`3 minutes ago`, measured on the house's clock; what lies within half a minute is now, and what is a week away has its date."""
    if value is None:
        return "–"
    since = value - (g.ws.now if has_request_context() and "ws" in g else datetime.now(UTC))
    if abs(since) < timedelta(seconds=30):
        return translate("just now")
    if abs(since) > timedelta(days=7):
        return date_text(value)
    return dates.format_timedelta(since, add_direction=True, locale=LOCALES[locale()])


def _readable(fact: object, language: str) -> object:
    """A fact as people write it: money, quantities, moments and days by locale; a sentence inside a fact in the reader's language."""
    if isinstance(fact, Money):
        fact = {"minor": fact.minor, "currency": fact.currency}
    if isinstance(fact, Quantity):
        fact = {"amount": str(fact.amount), "unit": fact.unit}
    if isinstance(fact, dict) and set(fact) == {"word", "facts"}:
        return translate_into(language, fact["word"], **fact["facts"])
    if isinstance(fact, dict) and set(fact) == {"minor", "currency"}:
        return _money_in(language, fact["minor"], fact["currency"])
    if isinstance(fact, dict) and set(fact) == {"amount", "unit"}:
        return _quantity_in_words(fact["amount"], fact["unit"], language)
    if isinstance(fact, dict) and set(fact) == {"seconds"}:
        return _duration_in(language, fact["seconds"])
    if isinstance(fact, list) and all(isinstance(one, str) for one in fact):
        return ("、" if language == "zh" else ", ").join(translate_into(language, one) for one in fact)
    return _text_in_words(fact, language) if isinstance(fact, str) else fact


def _quantity_in_words(amount: str, code: str, language: str) -> str:
    """Tonnes to the kilogram, as goods are booked; what is smaller, as it was said."""
    known = Decimal(amount)
    figure = (
        _figure(known, 3)
        if code == "TNE"
        else numbers.format_decimal(known, format="#,##0.######", locale=LOCALES[language])
    )
    return f"{figure} {_signs(language).get(code, code)}"


def _text_in_words(fact: str, language: str) -> str:
    """Money, a quantity or a moment that a rule told as text, as the reader's locale writes it; any other text as it is."""
    if (told := MONEY.fullmatch(fact)) and told[1] in numbers.list_currencies():
        return numbers.format_currency(Decimal(told[2]), told[1], locale=LOCALES[language])
    if (told := QUANTITY.fullmatch(fact)) and told[2] in UNIT_SIGNS:
        return _quantity_in_words(told[1], told[2], language)
    return _moment_in_words(fact, language)


def _moment_in_words(fact: str, language: str) -> str:
    """An ISO moment or day as the reader's locale writes it; any other text as it is."""
    with suppress(ValueError):  # what somebody typed may look like a day and be none
        if ISO_MOMENT.fullmatch(fact):
            return _moment_in(language, datetime.fromisoformat(fact), "medium")
        if ISO_DAY.fullmatch(fact):
            return _day_in(language, date.fromisoformat(fact), "medium")
    return fact


def set_up(app: Flask) -> None:
    """Give templates the words and the formats."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_gettext, _of_number, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["gettext"] = _in_template
    app.jinja_env.globals["N_"] = str  # marks a word for the catalogue and leaves it as it is
    app.jinja_env.filters.update(
        money=money,
        quantity=quantity,
        percent=percent,
        decimal=decimal,
        datetime=datetime_text,
        date=date_text,
        month=month_text,
        clock_time=time_text,
        ago=ago,
        said=said,
        duration=duration,
        unit=unit,
    )


@pass_context
def _in_template(context: Context, msgid: str, **facts: object) -> str:
    """As Jinja's own, with Chinese closed up around Chinese facts."""
    sentence = spaced(_gettext(msgid), facts) if locale() == "zh" else _gettext(msgid)
    return (Markup(sentence) if context.eval_ctx.autoescape else sentence) % facts  # noqa: S704 -- a msgid, whose facts are escaped


def _gettext(msgid: str) -> str:
    return _chinese().get(msgid, msgid) if locale() == "zh" else msgid
