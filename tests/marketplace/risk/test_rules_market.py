"""Which quarter is meant, and what a cell says."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money
from marketplace.risk.rules.market import Cell, first_day, quarter_after, quarter_name, quarter_named
from tenants.errors import Invalid

TODAY = date(2026, 11, 28)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_lies_in_one_quarter_and_quarters_follow_each_other(day: date) -> None:
    begins = first_day(day)
    assert begins <= day < quarter_after(begins)
    assert first_day(quarter_after(begins) - timedelta(days=1)) == begins
    assert quarter_after(quarter_after(begins), -1) == begins
    assert quarter_named(quarter_name(begins), day) == begins


def test_the_present_quarter_is_meant_where_none_is_named() -> None:
    assert quarter_named(None, TODAY) == date(2026, 10, 1)
    assert quarter_named("2026-Q1", TODAY) == date(2026, 1, 1)


@pytest.mark.parametrize(("written", "code"), [("2026", "quarter_unreadable"), ("2026-Q5", "quarter_unreadable"), ("٢٠٢٦-Q1", "quarter_unreadable"), ("2027-Q1", "quarter_ahead")])  # fmt: skip
def test_a_quarter_that_cannot_be_is_refused(written: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        quarter_named(written, TODAY)
    assert (refused.value.code, refused.value.field) == (code, "quarter")


def test_what_is_money_is_told_as_money_and_what_is_counted_as_counts() -> None:
    sale = Cell("sales", "AGREED_ONLINE", "CNY", True, 4, Decimal(7_000_000), Decimal(10_000_000))
    assert (sale.money, sale.valuation, sale.share) == (
        Money(7_000_000, "CNY"),
        Money(10_000_000, "CNY"),
        Decimal("0.7000"),
    )
    alarms = Cell("alarms", "MAJOR", "", True, 9, Decimal(8), Decimal(2))
    assert (alarms.money, alarms.share) == (None, Decimal("0.2500"))
    hidden = Cell("sales", "AGREED_ONLINE", "CNY", False, None, None, None)
    assert (hidden.money, hidden.valuation, hidden.share) == (None, None, None)
