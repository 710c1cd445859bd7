"""What a lot could raise: the same sum as a valuation's, never more than the terms lend, and a reason wherever it is nothing."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.raising import (
    NO_GRADE,
    NO_PRICE,
    NO_TERMS,
    NOT_FREE,
    NOT_VERIFIED,
    NOT_WEIGHED,
    OLD_PRICE,
    OTHER_MEASURE,
    Published,
    Stock,
    raised_on,
)
from marketplace.quantity import Quantity
from marketplace.reliance.rules.grades import grade_evidence
from marketplace.reliance.rules.table import TABLES
from marketplace.valuation.rules.base import ALARMED, FROZEN, UNPROVEN, UNWATCHED
from marketplace.valuation.rules.prices import UnitPrice
from tests.marketplace.reliance.test_rules import BEST

TODAY = date(2026, 3, 2)
PRICE = UnitPrice(Decimal("19850"), "CNY", "TNE")
TERMS = Published(Decimal("0.30"), Decimal("0.65"), {"A": "0.98"}, False, PRICE, TODAY, 5)
LOT = Stock(Quantity.of("498.750", "TNE"), "A")


def test_a_lot_raises_its_value_times_the_lower_share() -> None:
    """Domain model, E1: 498.750 t at 19,850 and grade 0.98 are worth 9,702,183.75; 65 per cent of it, rounded down."""
    found = raised_on(LOT, TERMS, TODAY)
    assert (str(found.value), str(found.advance), found.share) == ("CNY 9702183.75", "CNY 6306419.43", Decimal("0.65"))
    deep = raised_on(LOT, replace(TERMS, haircut=Decimal("0.40")), TODAY)
    assert (str(deep.advance), deep.share) == ("CNY 5821310.25", Decimal("0.60"))


@pytest.mark.parametrize(
    ("stock", "reason"),
    [
        ({"received": False, "verified": False}, NOT_WEIGHED),
        ({"verified": False, "frozen": True}, NOT_VERIFIED),
        ({"frozen": True, "alarmed": True}, FROZEN),
        ({"alarmed": True}, ALARMED),
        ({"free": Quantity.zero("TNE"), "grade": "Z"}, NOT_FREE),
        ({"grade": "B"}, NO_GRADE),
        ({"free": Quantity.of("5", "H87")}, OTHER_MEASURE),
    ],
)
def test_a_lot_that_raises_nothing_says_why_the_gravest_first(stock: dict[str, object], reason: str) -> None:
    found = raised_on(replace(LOT, **stock), TERMS, TODAY)  # type: ignore[arg-type]
    assert (found.reason, found.advance) == (reason, None)


def test_terms_that_do_not_reach_a_lot() -> None:
    assert raised_on(LOT, None, TODAY).reason == NO_TERMS
    assert raised_on(LOT, replace(TERMS, price=None), TODAY).reason == NO_PRICE
    assert not raised_on(LOT, TERMS, TODAY + timedelta(days=5)).reason
    assert raised_on(LOT, TERMS, TODAY + timedelta(days=6)).reason == OLD_PRICE


def test_doubt_costs_points_and_then_everything_where_terms_ask_for_devices() -> None:
    watched = replace(TERMS, devices_required=True, haircut=Decimal("0.35"))
    few, silent, lapsed = (replace(LOT, coverage=heard.coverage, evidence=grade_evidence(heard, TABLES[-1])) for heard in (
        replace(BEST, coverage=Decimal("0.90")), replace(BEST, coverage=Decimal("0.79")), replace(BEST, calibrated=False),
    ))  # fmt: skip
    assert raised_on(few, watched, TODAY).haircut == Decimal("0.40")
    for one, reason in ((silent, UNWATCHED), (lapsed, UNPROVEN)):
        assert raised_on(one, watched, TODAY).reason == reason
        assert not raised_on(one, TERMS, TODAY).reason


SHARES = st.decimals("0.01", "1", places=4)


@given(
    st.decimals("0.001", "99999", places=3), SHARES, SHARES, st.decimals("0.01", "99999", places=2),
    st.decimals("0", "500", places=1),
)  # fmt: skip
def test_an_advance_is_never_above_what_its_terms_lend(
    tonnes: Decimal, haircut: Decimal, initial: Decimal, price: Decimal, heat: Decimal
) -> None:
    terms = replace(TERMS, haircut=haircut, initial=initial, price=UnitPrice(price, "CNY", "TNE"), loss_per_degree_hour=Decimal("0.002"))  # fmt: skip
    stock = replace(LOT, free=Quantity(tonnes, "TNE"), degree_hours=heat)
    found = raised_on(stock, terms, TODAY)
    kept = max(Fraction(0), 1 - Fraction("0.002") * Fraction(heat))
    most = Fraction(tonnes) * Fraction(price) * Fraction("0.98") * kept * min(Fraction(initial), 1 - Fraction(haircut))
    assert found.advance is not None
    assert 0 <= most - found.advance.exact < Fraction(1, 100)
    assert found.advance <= raised_on(replace(stock, degree_hours=0), terms, TODAY).advance  # type: ignore[operator]
