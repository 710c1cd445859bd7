"""What heat, age and water leave of goods: never more for being warmer, older, wetter or less known."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.moisture import require_moisture
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation.rules.base import EXPIRED
from marketplace.valuation.rules.condition import FADING, fades_from, life_factor
from marketplace.valuation.rules.moisture import DAMP, UNDRIED
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.wear import HARMED, Lasting, WearTerms, worn
from marketplace.valuation.rules.worth import Goods, worth
from tenants.errors import Invalid

TODAY = date(2026, 3, 2)
TERMS = WearTerms(Decimal("0.002"), 90, Decimal("0.15"))
SHARES = st.decimals(0, "0.9", places=6)


def test_each_cause_is_told() -> None:
    tired = Lasting(28, TODAY + timedelta(days=45), by_dry_weight=True)
    found = worn(tired, TERMS, TODAY)
    assert (found.condition, found.moisture, found.reasons) == (
        Fraction("0.472"),
        Decimal("0.15"),
        (HARMED, FADING, DAMP),
    )
    assert worn(Lasting(), TERMS, TODAY) == worn(Lasting(moisture=Decimal("0.3")), TERMS, TODAY), (
        "priced as it lies: its water does not matter"
    )
    over = worn(Lasting(expires_on=TODAY), TERMS, TODAY)
    assert (over.condition, over.expired, over.reasons) == (0, True, (EXPIRED,))


def test_what_nobody_knows_counts_at_its_worst_or_not_at_all() -> None:
    unknown = Lasting(by_dry_weight=True)
    assert worn(unknown, TERMS, TODAY).moisture == Decimal("0.15")
    blank = worn(unknown, WearTerms(Decimal(0), 90, None), TODAY)
    assert (blank.moisture, blank.reasons) == (None, (UNDRIED,))
    certified = worn(Lasting(by_dry_weight=True, moisture=Decimal("0.082")), WearTerms(Decimal(0), 90, None), TODAY)
    assert (certified.moisture, certified.reasons) == (Decimal("0.082"), ())


@given(st.integers(-5, 400), st.integers(1, 120))
def test_goods_fade_from_the_first_day_on_which_age_takes_something(days_left: int, threshold: int) -> None:
    """By it a price is put on a line as it was found, or not: a day too late, and goods would count for more than they are worth."""
    ends = TODAY + timedelta(days=days_left)
    first = fades_from(ends, threshold)
    assert first is not None
    assert (life_factor(ends, TODAY, threshold) < 1) == (first <= TODAY)


def test_what_keeps_never_fades() -> None:
    assert (fades_from(None, 90), life_factor(None, TODAY, 90)) == (None, 1)


@given(
    wet=SHARES,
    wetter=SHARES,
    age=st.integers(-10, 400),
    older=st.integers(0, 100),
    price=st.decimals("0.01", 10**6, places=2),
)
def test_wetter_or_older_goods_are_never_worth_more(
    wet: Decimal, wetter: Decimal, age: int, older: int, price: Decimal
) -> None:
    def value(moisture: Decimal, days_left: int) -> Money:
        lasting = Lasting(expires_on=TODAY + timedelta(days=days_left), by_dry_weight=True, moisture=moisture)
        found = worn(lasting, TERMS, TODAY)
        goods = Goods(Quantity.of("1000", "TNE"), UnitPrice(price, "CNY", "TNE"), 1, found.condition, 0, moisture)
        return worth(goods).market_value

    first, second = sorted((wet, wetter))
    assert value(second, age) <= value(first, age)
    assert value(first, age - older) <= value(first, age)


@pytest.mark.parametrize(
    ("moisture", "certificate", "code"),
    [
        (Decimal(1), "CCIC-1", "moisture_out_of_range"),
        (Decimal("-0.1"), "CCIC-1", "moisture_out_of_range"),
        (Decimal("0.0820001"), "CCIC-1", "moisture_out_of_range"),
        (Decimal("0.082"), "", "certificate_missing"),
        (None, "CCIC-1", "moisture_missing"),
    ],
)
def test_a_moisture_needs_its_certificate(moisture: Decimal | None, certificate: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        require_moisture(moisture, certificate)
    assert require_moisture(None, "") is None
    assert require_moisture(Decimal("0.082"), "CCIC-1") == Decimal("0.082")
