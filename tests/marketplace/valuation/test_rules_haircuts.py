"""Price risk costs value."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up
from marketplace.valuation.rules.haircuts import (
    HaircutPolicy,
    daily_volatility,
    haircut,
    price_risk,
)
from tenants.errors import Invalid, Unavailable

COPPER = HaircutPolicy(Decimal("2.3263479"), 20, 5, 20, Decimal("0.05"), Decimal("0.03"))


def test_e2_haircut() -> None:
    assert half_up(price_risk(Decimal("0.012"), COPPER), 6) == Decimal("0.136761")
    assert haircut(Decimal("0.012"), COPPER) == Decimal("0.220")
    assert haircut(Decimal("0.012"), replace(COPPER, floor=Decimal("0.30"))) == Decimal("0.30")


def test_a_penalty_counts_on_top_and_stops_at_the_whole() -> None:
    assert haircut(Decimal("0.012"), COPPER, Decimal("0.05")) == Decimal("0.270")
    assert haircut(Decimal("0.9"), COPPER, Decimal("0.05")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor": Decimal("0.5"), "cap": Decimal("0.4")},
        {"cap": Decimal("1.1")},
        {"sale_days": 0},
        {"cost": Decimal(-1)},
    ],
)
def test_refuses_an_impossible_policy(wrong: dict[str, Decimal | int]) -> None:
    with pytest.raises(Invalid):
        replace(COPPER, **wrong)  # type: ignore[arg-type]


def test_volatility_of_known_series() -> None:
    flat = [Decimal(19_850)] * 25
    assert daily_volatility(flat) == 0
    # Every return is ln 1.01 in size, so any weighting gives ln 1.01.
    swing = [Decimal(100) if day % 2 else Decimal(101) for day in range(40)]
    assert half_up(daily_volatility(swing), 10) == half_up(Decimal("1.01").ln(), 10)
    calm_then_wild = [Decimal(100)] * 30 + [Decimal(101), Decimal(100)] * 5
    assert daily_volatility(calm_then_wild) > daily_volatility(list(reversed(calm_then_wild)))
    with pytest.raises(Unavailable):
        daily_volatility(flat[:20])
    assert daily_volatility(flat[:21]) == 0
    with pytest.raises(Invalid):
        daily_volatility([*flat, Decimal(0)])


shares = st.decimals(0, 1, places=4)


@given(shares, shares, st.integers(1, 60), st.integers(1, 60))
def test_a_wilder_price_or_a_longer_sale_never_lowers_the_haircut(
    calm: Decimal, more: Decimal, days: int, longer: int
) -> None:
    short = replace(COPPER, sale_days=days)
    assert haircut(calm + more, short) >= haircut(calm, short)
    assert haircut(calm, replace(short, sale_days=days + longer)) >= haircut(calm, short)
    assert 0 <= haircut(calm, short, more) <= 1
    assert haircut(calm, short) % Decimal("0.005") == 0
