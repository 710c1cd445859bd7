"""The value is exact and monotone, and undefined where it cannot be known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money, total
from marketplace.quantity import Quantity, dry
from marketplace.valuation.rules.condition import Excursion, condition_factor, degree_hours, expiry_factor
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.worth import Goods, least_quantity, loan_to_value, require_fresh, worth
from tenants.errors import Conflict, Invalid, Unavailable

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)


E1 = Goods(Quantity.of("498.750", "TNE"), UnitPrice(19_850, "CNY", "TNE"), Decimal("0.98"), Decimal(1), Decimal("0.30"))


def _cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_e1_market_and_collateral_value() -> None:
    quantity = least_quantity(Quantity.of("500.000", "TNE"), Quantity.of("498.750", "TNE"), None)
    found = worth(replace(E1, quantity=quantity))
    assert found.market_value == _cny("9702183.75")
    assert found.collateral_value == _cny("6791528.63")


def test_the_device_counts_where_it_measures_least() -> None:
    measured = Quantity.of("497.001", "TNE")
    assert least_quantity(Quantity.of("500", "TNE"), Quantity.of("498.750", "TNE"), measured) == measured


def test_e20_lots_at_their_advance_rates() -> None:
    lots = [
        Goods(Quantity.of("500", "TNE"), UnitPrice(19_850, "CNY", "TNE"), 1, 1, Decimal("0.30")),
        Goods(Quantity.of("60", "TNE"), UnitPrice(78_500, "CNY", "TNE"), 1, 1, Decimal("0.25")),
        Goods(Quantity.of("800", "TNE"), UnitPrice(3_420, "CNY", "TNE"), Decimal("0.97"), 1, Decimal("0.35")),
    ]
    values = [worth(lot).collateral_value for lot in lots]
    assert values == [_cny("6947500"), _cny("3532500"), _cny("1725048")]
    assert total(values, "CNY") == _cny("12205048.00")


def test_e22_ore_by_dry_weight_in_dollars() -> None:
    ore = dry(Quantity.of("10000", "TNE"), Decimal("0.082"))
    dollars = UnitPrice(105, "USD", "TNE")
    assert ore == Quantity.of("9180", "TNE")
    goods = Goods(ore, dollars, 1, 1, 0)
    assert worth(goods).market_value == Money.of("963900.00", "USD")
    in_yuan = replace(goods, price=dollars.converted(Decimal("7.18"), "CNY"))
    assert worth(in_yuan).market_value == _cny("6920802.00")


def test_e23_heat_costs_value() -> None:
    heat = [Excursion(6, 3), Excursion(2, 5), Excursion(10, -2)]
    assert degree_hours(heat) == 28
    k = condition_factor(heat, Decimal("0.002"))
    assert k == Fraction("0.944")
    goods = Goods(Quantity.of("1", "TNE"), UnitPrice(1_000_000, "CNY", "TNE"), 1, k, 0)
    assert worth(goods).market_value == _cny("944000.00")
    assert condition_factor(heat, Decimal("0.002"), least=Decimal("0.95")) == Fraction("0.95")


def test_age_costs_value_in_a_straight_line() -> None:
    assert [expiry_factor(days, 40) for days in (50, 40, 10, 0, -5)] == [1, 1, Fraction(1, 4), 0, 0]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: expiry_factor(5, 0),
        lambda: condition_factor([], Decimal("-0.001")),
        lambda: condition_factor([], 0, least=Decimal("1.001")),
        lambda: condition_factor([], 0, least=Decimal("-0.001")),
        lambda: degree_hours([Excursion(-1, 1)]),
    ],
)
def test_refuses_a_condition_that_is_none(refused: Callable[[], object]) -> None:
    with pytest.raises(Invalid):
        refused()
    assert condition_factor([], 0, least=1) == 1
    assert condition_factor([Excursion(1, 1)], 2) == 0


def test_a_price_by_the_tonne_values_kilograms() -> None:
    by_weight = replace(E1, quantity=Quantity.of("498750", "KGM"))
    assert worth(by_weight) == worth(E1)
    with pytest.raises(Invalid):
        worth(replace(E1, quantity=Quantity.of("1", "MTQ")))


@pytest.mark.parametrize(
    ("valued_at", "code"),
    [
        (None, "valuation_missing"),
        (NOW + timedelta(microseconds=1), "valuation_from_the_future"),
        (NOW - timedelta(days=1, microseconds=1), "valuation_stale"),
    ],
)
def test_invariant_20_a_stale_valuation_never_passes(valued_at: datetime | None, code: str) -> None:
    require_fresh(NOW - timedelta(days=1), NOW)
    with pytest.raises(Unavailable) as refusal:
        require_fresh(valued_at, NOW)
    assert refusal.value.code == code


def test_invariant_45_no_loan_to_value_of_nothing() -> None:
    assert loan_to_value(_cny("6500000"), _cny("8500000")) == Fraction(13, 17)
    for value in ("0", "-1"):
        with pytest.raises(Conflict) as refusal:
            loan_to_value(_cny("1"), _cny(value))
        assert refusal.value.code == "ltv_undefined"


@pytest.mark.parametrize("field", ["grade", "condition", "haircut"])
@pytest.mark.parametrize("share", [Decimal("-0.01"), Decimal("1.01")])
def test_invariant_45_factors_are_shares(field: str, share: Decimal) -> None:
    with pytest.raises(Invalid) as refusal:
        replace(E1, **{field: share})  # type: ignore[arg-type]
    assert refusal.value.field == field


shares = st.decimals(0, 1, places=4)


lots = st.builds(
    Goods,
    st.integers(0, 10**8).map(lambda units: Quantity.from_base_units(units, "TNE")),
    st.decimals(Decimal("0.0001"), 10**6, places=4).map(lambda amount: UnitPrice(amount, "CNY", "TNE")),
    shares,
    shares,
    shares,
)


@given(lots, st.integers(0, 10**6), st.decimals(0, 1000, places=4), shares, shares, shares)
def test_invariant_19_value_is_monotone(
    goods: Goods, more: int, dearer: Decimal, grade: Decimal, condition: Decimal, cut: Decimal
) -> None:
    better = Goods(
        goods.quantity + Quantity.from_base_units(more, "TNE"),
        UnitPrice(Fraction(goods.price.amount) + Fraction(dearer), "CNY", "TNE"),
        max(grade, Decimal(str(goods.grade))),
        max(condition, Decimal(str(goods.condition))),
        goods.haircut,
    )
    assert worth(better).market_value >= worth(goods).market_value
    assert worth(better).collateral_value >= worth(goods).collateral_value
    harsher = replace(goods, haircut=max(cut, Decimal(str(goods.haircut))))
    assert worth(harsher).collateral_value <= worth(goods).collateral_value <= worth(goods).market_value


@given(st.lists(st.builds(Excursion, shares, st.decimals(-20, 20, places=2)), max_size=6), shares, shares)
def test_the_condition_is_a_share_and_heat_never_helps(
    excursions: list[Excursion], alpha: Decimal, least: Decimal
) -> None:
    k = condition_factor(excursions, alpha, least)
    assert Fraction(least) <= k <= 1
    assert condition_factor([*excursions, Excursion(1, 1)], alpha, least) <= k
