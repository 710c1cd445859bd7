"""How sound a loan is and what a credit officer reads about its borrower."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up
from marketplace.financing.rules.quality import (
    Exposure,
    LoanClass,
    days_past_due,
    expected_loss,
    ifrs_9_stage,
    loan_class,
)
from marketplace.financing.rules.scoring import (
    Scorecard,
    concentration,
    inventory_days,
    is_anomalous,
    robust_z,
)
from marketplace.money import Money
from tenants.errors import Invalid


def _cny(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


money = st.integers(0, 10**13).map(lambda minor: Money(minor, "CNY"))


DUE = date(2025, 3, 1)


@pytest.mark.parametrize(("days", "stage"), [(0, 1), (30, 1), (31, 2), (89, 2), (90, 3)])
def test_e13_stages(days: int, stage: int) -> None:
    assert ifrs_9_stage(days) == stage


def test_stages_by_judgement() -> None:
    assert ifrs_9_stage(0, risk_increased=True) == 2
    assert ifrs_9_stage(0, defaulted=True) == 3


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "NORMAL"), (1, "SPECIAL_MENTION"), (90, "SPECIAL_MENTION"), (91, "SUBSTANDARD"), (270, "SUBSTANDARD"),
     (271, "DOUBTFUL"), (360, "DOUBTFUL"), (361, "LOSS")],
)  # fmt: skip
def test_five_classes(days: int, expected: str) -> None:
    assert loan_class(days) is LoanClass(expected)


def test_days_past_due() -> None:
    assert days_past_due(None, DUE) == 0
    assert days_past_due(DUE, DUE) == 0
    assert days_past_due(DUE, DUE + timedelta(days=31)) == 31
    assert days_past_due(DUE + timedelta(days=5), DUE) == 0


def test_e12_expected_loss() -> None:
    exposure = Exposure(_cny(8_000_000), _cny(2_000_000), Decimal("0.40"), _cny(9_600_000), Decimal("0.40"))
    found = expected_loss(exposure, Decimal("0.025"), Decimal("0.40"), Decimal("0.25"))
    assert found.exposure == _cny(8_800_000)
    assert found.secured == _cny(5_760_000)
    assert half_up(found.loss_given_default * 100, 4) == Decimal("30.1818")
    assert found.loss == _cny("66400.00")
    with pytest.raises(Invalid):
        expected_loss(exposure, Decimal("1.1"), Decimal("0.40"), Decimal("0.25"))


shares = st.decimals(0, 1, places=4)


@given(st.builds(Exposure, money, money, shares, money, shares), shares, shares, shares)
def test_a_loss_is_never_more_than_what_is_exposed(
    exposure: Exposure, probability: Decimal, unsecured: Decimal, secured: Decimal
) -> None:
    found = expected_loss(exposure, probability, unsecured, secured)
    assert Money.zero("CNY") <= found.loss <= found.exposure
    assert min(unsecured, secured) <= found.loss_given_default <= max(unsecured, secured) or not found.exposure
    assert found.secured <= found.exposure


CARD = Scorecard(Decimal(20), Decimal(600), Decimal(50))


def test_e11_scorecard() -> None:
    assert half_up(CARD.factor, 5) == Decimal("28.85390")
    assert half_up(CARD.offset, 5) == Decimal("487.12288")
    assert half_up(CARD.score(Decimal("0.02")), 2) == Decimal("599.42")
    assert half_up(CARD.score_of_odds(Decimal(25)), 20) == 580
    assert half_up(CARD.default_probability(Decimal(560)) * 100, 4) == Decimal("7.4074")


@pytest.mark.parametrize("probability", [Decimal(0), Decimal(1), Decimal(-1), Decimal(2)])
def test_refuses_a_probability_that_is_none(probability: Decimal) -> None:
    with pytest.raises(Invalid):
        CARD.score(probability)


@given(st.decimals(Decimal("0.0001"), Decimal("0.9998"), places=4))
def test_points_and_probability_say_the_same(probability: Decimal) -> None:
    assert half_up(CARD.default_probability(CARD.score(probability)), 12) == probability
    assert CARD.score(probability) > CARD.score(probability + Decimal("0.0001"))


HISTORY = [42, 45, 44, 47, 43, 46, 45, 44, 46, 43, 45]


def test_e24_inventory_that_lies_too_long() -> None:
    z = robust_z(78, HISTORY)
    assert z is not None
    assert half_up(z, 4) == Decimal("22.2585")
    assert is_anomalous(78, HISTORY)
    assert half_up(inventory_days(12_000_000, 73_000_000), 1) == Decimal("60.0")


def test_a_history_that_never_moved() -> None:
    assert robust_z(46, [45, 45, 45]) is None
    assert is_anomalous(46, [45, 45, 45])
    assert not is_anomalous(45, [45, 45, 45])
    with pytest.raises(Invalid):
        robust_z(1, [])


def test_e25_concentration_of_buyers() -> None:
    assert concentration([45, 25, 15, 10, 5]) == 3_000
    assert concentration([Decimal("0.01")]) == 10_000
    with pytest.raises(Invalid):
        concentration([0])


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_concentration_lies_between_even_and_single(amounts: list[int]) -> None:
    assert Fraction(10_000, len(amounts)) <= concentration(amounts) <= 10_000


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=30), st.integers(-1000, 1000))
def test_the_odd_figure_is_odd_wherever_zero_lies(history: list[int], shift: int) -> None:
    shifted = [figure + shift for figure in history]
    assert robust_z(500 + shift, shifted) == robust_z(500, history)
