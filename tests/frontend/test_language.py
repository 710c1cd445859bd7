"""Moments as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel import numbers
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from frontend import language
from marketplace.money import EXPONENTS, LARGEST_MINOR, Money
from marketplace.quantity import Quantity

MORNING, EVENING = datetime(2026, 3, 1, 16, 30, 5, tzinfo=UTC), datetime(2026, 3, 2, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tongue", "form", "moment", "written"),
    [
        ("en", "short", MORNING, "2 Mar 2026, 00:30"),
        ("en", "medium", MORNING, "2 Mar 2026, 00:30:05"),
        ("en", "short", EVENING, "2 Mar 2026, 21:05"),
        ("zh", "short", EVENING, "2026年3月2日 21:05"),
        ("zh", "medium", MORNING, "2026年3月2日 00:30:05"),
    ],
)
def test_a_clock_has_twenty_four_hours(app: Flask, tongue: str, form: str, moment: datetime, written: str) -> None:
    with app.test_request_context(f"/?lang={tongue}"):
        assert language.datetime_text(moment, form) == written


def test_a_month_with_its_year(app: Flask) -> None:
    for tongue, written in (("en", "Feb 2027"), ("zh", "2027年2月")):
        with app.test_request_context(f"/?lang={tongue}"):
            assert language.month_text(date(2027, 2, 1)) == written


def test_a_time_of_day_and_a_moment_in_a_sentence_too(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert language.time_text(EVENING) == "21:05"
        assert language.translate("by %(when)s", when=EVENING.isoformat()) == "by 2 Mar 2026, 21:05:00"


@pytest.mark.parametrize(
    ("tongue", "fact", "expected"),
    [
        ("en", {"seconds": 86400}, "1 day"),
        ("en", {"seconds": 300}, "5 minutes"),
        ("en", {"seconds": 90}, "90 seconds"),
        ("en", {"seconds": 7200}, "2 hours"),
        ("zh", {"seconds": 300}, "5分钟"),
        ("en", {"amount": "0", "unit": "TNE"}, "0.000 t"),
        ("en", {"amount": "12345.5", "unit": "TNE"}, "12,345.500 t"),
        ("zh", {"amount": "7.5", "unit": "TNE"}, "7.500 吨"),
        ("en", Quantity.of("12.5", "TNE"), "12.500 t"),
        ("zh", str(Quantity.of("12.5", "KGM")), "12.5 千克"),
        ("en", str(Money(123_456_789, "CNY")), "CN¥1,234,567.89"),
        ("zh", str(Money(-5, "CNY")), "-¥0.05"),
        ("en", "ABC 12.00", "ABC 12.00"),
        ("en", "12.000 BOX", "12.000 BOX"),
    ],
)
def test_a_fact_inside_a_sentence(tongue: str, fact: object, expected: str) -> None:
    assert language.translate_into(tongue, "%(what)s", what=fact) == expected


@pytest.mark.parametrize(("tongue", "expected"), [("en", "90 minutes"), ("zh", "90分钟")])
def test_a_length_of_time_in_the_largest_unit_that_holds_it_exactly(app: Flask, tongue: str, expected: str) -> None:
    with app.test_request_context(f"/?lang={tongue}"):
        assert language.duration(5400) == expected


@given(
    st.integers(-LARGEST_MINOR, LARGEST_MINOR),
    st.sampled_from(sorted(EXPONENTS)),
    st.sampled_from(sorted(language.LOCALES)),
)
@example(0, "CNY", "en")
@example(-1, "KWD", "zh")
@example(100_000, "JPY", "en")
def test_money_is_written_as_cldr_has_it(minor: int, currency: str, tongue: str) -> None:
    """To the last sign, of every currency that we keep: the house writes the figure itself, since looking all of it up takes as long as a bid."""
    amount = Decimal(minor).scaleb(-numbers.get_currency_precision(currency))
    told = language.translate_into(tongue, "%(sum)s", sum={"minor": minor, "currency": currency})
    assert told == numbers.format_currency(amount, currency, locale=language.LOCALES[tongue])


@pytest.mark.parametrize("tongue", sorted(language.LOCALES))
@given(st.decimals(-(10**12), 10**12, places=5), st.integers(0, 4))
@example(Decimal("-0.00001"), 2)
@example(Decimal("0.125"), 2)
@example(Decimal("999999.995"), 2)
@example(Decimal(-0), 0)
def test_figures_are_written_as_cldr_has_them(app: Flask, tongue: str, figure: Decimal, places: int) -> None:
    form = "#,##0." + "0" * places if places else "#,##0"
    with app.test_request_context(f"/?lang={tongue}"):
        assert language.decimal(figure, places) == numbers.format_decimal(figure, form, locale=language.LOCALES[tongue])
        assert language.percent(figure, places) == numbers.format_percent(figure, form + "%", locale=language.LOCALES[tongue])  # fmt: skip
