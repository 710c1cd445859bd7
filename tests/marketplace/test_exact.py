"""One rounding, half away from zero, of exact figures only."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import exact, half_up, half_up_whole


@pytest.mark.parametrize(
    ("figure", "places", "rounded"),
    [("0.5", 0, "1"), ("-0.5", 0, "-1"), ("2.675", 2, "2.68"), ("-1.005", 2, "-1.01"), ("0.0004", 3, "0.000")],
)
def test_half_goes_away_from_zero(figure: str, places: int, rounded: str) -> None:
    assert str(half_up(Decimal(figure), places)) == rounded


@pytest.mark.parametrize("figure", [0.5, True, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_amount_is_a_bug(figure: object) -> None:
    with pytest.raises(AssertionError):
        exact(figure)  # type: ignore[arg-type]


@given(st.fractions(), st.integers(0, 8))
def test_errs_by_half_a_unit_of_the_last_place_at_most(figure: Fraction, places: int) -> None:
    assert abs(Fraction(half_up(figure, places)) - figure) <= Fraction(1, 2 * 10**places)
    assert Fraction(half_up(-figure, places)) == -Fraction(half_up(figure, places))


@given(st.decimals(-(10**9), 10**9, places=6), st.integers(0, 6))
def test_agrees_with_the_decimal_module(figure: Decimal, places: int) -> None:
    assert half_up(figure, places) == figure.quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")
    assert half_up_whole(figure) == int(figure.to_integral_value("ROUND_HALF_UP"))
