"""Moments as people read them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from frontend import language
from marketplace.money import Money
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
