"""The value is exact, monotone, and refuses to be computed from what is missing or stale."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up
from marketplace.money import Money, total
from marketplace.quantity import Quantity, dry
from marketplace.valuation.rules.condition import Excursion, condition_factor, degree_hours, expiry_factor
from marketplace.valuation.rules.haircuts import (
    HaircutPolicy,
    coverage_penalty,
    daily_volatility,
    haircut,
    price_risk,
)
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice, mean_price, price_to_use
from marketplace.valuation.rules.worth import Goods, least_quantity, loan_to_value, require_fresh, worth
from tenants.errors import Conflict, Invalid, Refused, Unavailable

TODAY = date(2025, 3, 3)
NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)
COPPER = HaircutPolicy(Decimal("2.3263479"), 20, 5, 20, Decimal("0.05"), Decimal("0.03"))
E1 = Goods(Quantity.of("498.750", "TNE"), UnitPrice(19_850, "CNY", "TNE"), Decimal("0.98"), Decimal(1), Decimal("0.30"))


def _cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def _index(amount: int | str, on: date = TODAY, kind: PriceKind = PriceKind.INDEX) -> Quote:
    return Quote(kind, UnitPrice(Decimal(amount), "CNY", "TNE"), on)


def test_e1_market_and_collateral_value() -> None:
    quantity = least_quantity(Quantity.of("500.000", "TNE"), Quantity.of("498.750", "TNE"), None)
    found = worth(replace(E1, quantity=quantity))
    assert found.market_value == _cny("9702183.75")
    assert found.collateral_value == _cny("6791528.63")


def test_the_device_counts_where_it_measures_least() -> None:
    measured = Quantity.of("497.001", "TNE")
    assert least_quantity(Quantity.of("500", "TNE"), Quantity.of("498.750", "TNE"), measured) == measured


def test_e2_haircut() -> None:
    assert half_up(price_risk(Decimal("0.012"), COPPER), 6) == Decimal("0.136761")
    assert haircut(Decimal("0.012"), COPPER) == Decimal("0.220")
    assert haircut(Decimal("0.012"), replace(COPPER, floor=Decimal("0.30"))) == Decimal("0.30")


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
    ("coverage", "points"), [("1", "0.00"), ("0.95", "0.00"), ("0.9499", "0.05"), ("0.80", "0.05")]
)
def test_missing_readings_cost_points(coverage: str, points: str) -> None:
    assert coverage_penalty(Decimal(coverage), calibrated=True) == Decimal(points)


def test_silence_and_lost_calibration_make_goods_ineligible() -> None:
    with pytest.raises(Conflict) as refusal:
        coverage_penalty(Decimal("0.7999"), calibrated=True)
    assert refusal.value.code == "goods_ineligible_coverage"
    with pytest.raises(Conflict) as refusal:
        coverage_penalty(1, calibrated=False)
    assert refusal.value.code == "goods_ineligible_calibration"
    with pytest.raises(Invalid):
        coverage_penalty(Decimal("1.01"), calibrated=True)


def test_a_penalty_counts_on_top_and_stops_at_the_whole() -> None:
    assert haircut(Decimal("0.012"), COPPER, Decimal("0.05")) == Decimal("0.270")
    assert haircut(Decimal("0.9"), COPPER, Decimal("0.05")) == 1


def test_the_lowest_price_counts() -> None:
    quotes = [_index(19_850), _index(19_900, kind=PriceKind.MEAN), _index(19_700, date(2024, 1, 5), PriceKind.INVOICE)]
    assert price_to_use(quotes, TODAY).price.amount == 19_700
    assert price_to_use(quotes[:2], TODAY).price.amount == 19_850


def test_mean_of_the_last_twenty() -> None:
    series = [_index(20_000 + day, TODAY - timedelta(days=day)) for day in range(30)]
    mean = mean_price(series)
    assert (mean.kind, mean.price.amount, mean.quoted_on) == (PriceKind.MEAN, Fraction("20009.5"), TODAY)
    with pytest.raises(Unavailable):
        mean_price(series[:19])


@pytest.mark.parametrize(
    ("quotes", "code"),
    [
        ([], "price_missing"),
        ([_index(19_700, kind=PriceKind.INVOICE)], "price_missing"),
        ([_index(19_850, TODAY - timedelta(days=6))], "price_stale"),
        ([_index(19_850), _index(1, TODAY - timedelta(days=6), PriceKind.MEAN)], "price_stale"),
        ([_index(19_850, TODAY + timedelta(days=1))], "price_from_the_future"),
        ([_index(19_850), Quote(PriceKind.INVOICE, UnitPrice(1, "USD", "TNE"), TODAY)], "price_measures_differ"),
        ([_index(19_850), Quote(PriceKind.INVOICE, UnitPrice(1, "CNY", "KGM"), TODAY)], "price_measures_differ"),
    ],
)
def test_a_missing_or_stale_price_never_passes(quotes: list[Quote], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        price_to_use(quotes, TODAY)
    assert refusal.value.code == code


def test_the_last_day_of_a_price_still_counts() -> None:
    assert price_to_use([_index(19_850, TODAY - timedelta(days=5))], TODAY).price.amount == 19_850


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


@pytest.mark.parametrize("amount", [0, -1])
def test_refuses_a_price_of_nothing(amount: int) -> None:
    with pytest.raises(Invalid):
        UnitPrice(amount, "CNY", "TNE")


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


@pytest.mark.parametrize("rate", [0, Decimal("-7.18")])
def test_refuses_an_exchange_rate_of_nothing(rate: Decimal) -> None:
    with pytest.raises(Invalid) as refusal:
        E1.price.converted(rate, "USD")
    assert refusal.value.code == "rate_not_positive"


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


@given(shares, shares, st.integers(1, 60), st.integers(1, 60))
def test_a_wilder_price_or_a_longer_sale_never_lowers_the_haircut(
    calm: Decimal, more: Decimal, days: int, longer: int
) -> None:
    short = replace(COPPER, sale_days=days)
    assert haircut(calm + more, short) >= haircut(calm, short)
    assert haircut(calm, replace(short, sale_days=days + longer)) >= haircut(calm, short)
    assert 0 <= haircut(calm, short, more) <= 1
    assert haircut(calm, short) % Decimal("0.005") == 0


@given(st.lists(st.builds(Excursion, shares, st.decimals(-20, 20, places=2)), max_size=6), shares, shares)
def test_the_condition_is_a_share_and_heat_never_helps(
    excursions: list[Excursion], alpha: Decimal, least: Decimal
) -> None:
    k = condition_factor(excursions, alpha, least)
    assert Fraction(least) <= k <= 1
    assert condition_factor([*excursions, Excursion(1, 1)], alpha, least) <= k


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_p_is_the_least_of_those_given(amounts: list[int]) -> None:
    quotes = [_index(amount) for amount in amounts]
    assert price_to_use(quotes, TODAY).price.amount == min(amounts)
