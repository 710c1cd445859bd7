"""What is typed into forms is read as the trade means it, and refused at its own field where it cannot be read."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from frontend import entered
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.errors import Invalid, Refused

READERS: dict[str, Callable[[], Any]] = {
    "money": lambda: entered.money("field"),
    "quantity": lambda: entered.quantity("field", "TNE"),
    "figure": lambda: entered.figure("field"),
    "share": lambda: entered.share("field"),
    "signed share": lambda: entered.signed_share("field"),
    "whole": lambda: entered.whole("field"),
    "days": lambda: entered.days("field", 7),
    "day": lambda: entered.day("field"),
    "moment": lambda: entered.moment("field"),
    "choice": lambda: entered.chosen("field"),
}
UNREADABLE = [
    "x",
    "1e3",
    "NaN",
    "Infinity",
    "٣",
    "1.2.3",
    "--1",
    "0x10",
    "½",
    "1_000",
    "12345678901234567890123",
    "\x00",
]


def typed(text: str) -> Any:
    """A request whose form carries this text."""
    return Flask(__name__).test_request_context("/", method="POST", data={"field": text, "empty": ""})


@pytest.mark.parametrize(
    ("reader", "text", "meant"),
    [
        ("money", " 1,234.50 ", Money.of("1234.5", "CNY")),
        ("money", "1，234.5", Money.of("1234.5", "CNY")),
        ("quantity", "1 234.5", Quantity.of("1234.5", "TNE")),
        ("figure", "-0.25", Decimal("-0.25")),
        ("share", "65%", Decimal("0.65")),
        ("share", "4.35", Decimal("0.0435")),
        ("signed share", "-0.15", Decimal("-0.0015")),
        ("whole", "90", 90),
        ("days", "", 7),
        ("days", "9999", 9_999),
        ("day", "2026-03-02", date(2026, 3, 2)),
        ("moment", "2026-03-02T08:30", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        ("moment", "2026-03-02T08:30+00:00", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
    ],
)
def test_what_was_typed_is_read_as_meant(reader: str, text: str, meant: Any) -> None:
    with typed(text):
        assert READERS[reader]() == meant


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("reader", READERS)
def test_what_cannot_be_read_is_refused_at_its_field(reader: str, text: str) -> None:
    with typed(text), pytest.raises(Invalid) as refused:
        READERS[reader]()
    assert refused.value.field == "field"


@pytest.mark.parametrize("reader", sorted(set(READERS) - {"days"}))
def test_nothing_is_no_figure(reader: str) -> None:
    with typed(" "), pytest.raises(Invalid) as refused:
        READERS[reader]()
    assert refused.value.field == "field"


def test_days_end_somewhere() -> None:
    with typed("10000"), pytest.raises(Invalid, match="number of days"):
        READERS["days"]()


@given(st.text(max_size=30), st.sampled_from(sorted(READERS)))
def test_no_text_breaks_a_reader(text: str, reader: str) -> None:
    with typed(text):
        refused = _refusal(READERS[reader])
    assert refused is None or refused.field == "field"


def test_a_field_of_one_form_is_not_its_namesake_of_another() -> None:
    with typed("x"), pytest.raises(Invalid) as refused, entered.prefixed("zone_"):
        entered.figure("field")
    assert refused.value.field == "zone_field"


def _refusal(read: Callable[[], Any]) -> Refused | None:
    try:
        read()
    except Refused as refused:
        return refused
    return None
