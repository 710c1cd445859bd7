"""Quantity converts exactly, counts base units exactly, and refuses what a record cannot say."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.quantity import Quantity, base_units, dry, least, unit_of
from tenants.errors import Invalid

tonnes = st.decimals(0, 10**9, places=3).map(lambda amount: Quantity(amount, "TNE"))


def test_e22_dry_tonnes() -> None:
    assert dry(Quantity.of("10000", "TNE"), Decimal("0.082")) == Quantity.of("9180", "TNE")


def test_base_units_of_the_example_lot() -> None:
    assert base_units(Quantity.of("498.750", "TNE")) == 498_750
    assert Quantity.from_base_units(498_750, "TNE") == Quantity.of("498.75", "TNE")
    assert base_units(Quantity.of("12", "H87")) == 12_000


@pytest.mark.parametrize(
    ("amount", "unit", "other", "converted"),
    [
        ("498.750", "TNE", "KGM", "498750"),
        ("498750", "KGM", "TNE", "498.75"),
        ("1.5", "KGM", "GRM", "1500"),
        ("2", "MTQ", "LTR", "2000"),
        ("100000000", "LBR", "KGM", "45359237"),
    ],
)
def test_converts_exactly(amount: str, unit: str, other: str, converted: str) -> None:
    assert Quantity.of(amount, unit).to(other) == Quantity.of(converted, other)


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda: Quantity.of("0.0001", "TNE"), "quantity_too_fine"),
        (lambda: Quantity.of("1.5", "H87"), "quantity_not_whole"),
        (lambda: Quantity.of("1", "TON"), "unit_unknown"),
        (lambda: Quantity.of("1e3", "TNE"), "quantity_unreadable"),
        (lambda: Quantity.of("NaN", "TNE"), "quantity_unreadable"),
        (lambda: Quantity.of("", "TNE"), "quantity_unreadable"),
        (lambda: Quantity.of("9999999999999999", "TNE"), "quantity_unreadable"),
        (lambda: Quantity.of("999999999999999", "TNE") + Quantity.of("1", "TNE"), "quantity_too_large"),
        (lambda: Quantity.of("0.001", "GRM").to("TNE"), "quantity_too_fine"),
        (lambda: Quantity.of("1", "TNE").to("MTQ"), "unit_mismatch"),
        (lambda: Quantity.of("1", "TNE") + Quantity.of("1", "KGM"), "unit_mismatch"),
        (lambda: Quantity.of("1", "TNE") < Quantity.of("1", "KGM"), "unit_mismatch"),
        (lambda: dry(Quantity.of("1", "TNE"), 1), "moisture_out_of_range"),
        (lambda: dry(Quantity.of("1", "TNE"), Decimal("-0.1")), "moisture_out_of_range"),
    ],
)
def test_refuses_what_no_record_can_say(attempt: Callable[[], object], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        attempt()
    assert refusal.value.code == code


def test_never_takes_a_float() -> None:
    with pytest.raises(AssertionError):
        Quantity.of(1.5, "TNE")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "in_reference"),
    [("KGM", 1_000), ("GRM", 1), ("TNE", 1_000_000), ("DTN", 100_000)],
)
def test_masses_in_grams(unit: str, in_reference: int) -> None:
    assert Quantity.of("1", unit).exact_in("GRM") == in_reference


def test_units_of_other_dimensions_are_themselves() -> None:
    for unit in ("MTQ", "MTR", "MTK", "H87", "C62", "KGM"):
        assert unit_of(unit).worth == 1
    assert Quantity.of("1", "KMT").exact_in("MTR") == 1_000
    assert Quantity.of("1", "H87").to("C62") == Quantity.of("1", "C62")


def test_compares_at_equality_too() -> None:
    one, same = Quantity.of("1", "TNE"), Quantity.of("1.000", "TNE")
    assert one == same
    assert one <= same
    assert one >= same
    assert not one < same
    assert not one > same
    assert bool(one)
    assert not Quantity.zero("TNE")


def test_the_largest_quantity() -> None:
    most = Quantity.of("999999999999999.999", "TNE")
    assert base_units(most) == 10**18 - 1
    with pytest.raises(Invalid):
        most + Quantity.of("0.001", "TNE")


def test_rounds_to_what_a_record_holds() -> None:
    assert Quantity.rounded(Decimal("1.0005"), "TNE") == Quantity.of("1.001", "TNE")
    assert Quantity.rounded(Decimal("1.5"), "H87") == Quantity.of("2", "H87")


@given(tonnes)
def test_base_units_and_back(quantity: Quantity) -> None:
    assert Quantity.from_base_units(base_units(quantity), "TNE") == quantity


@given(tonnes)
def test_there_and_back_again(quantity: Quantity) -> None:
    assert quantity.to("KGM").to("TNE") == quantity


@given(tonnes, tonnes)
def test_adding_is_exact(one: Quantity, two: Quantity) -> None:
    assert base_units(one + two) == base_units(one) + base_units(two)
    assert (one + two) - two == one
    assert least(one, two).amount == min(one.amount, two.amount)


@given(tonnes, st.decimals(0, Decimal("0.99"), places=4))
def test_dry_never_outweighs_wet(wet: Quantity, moisture: Decimal) -> None:
    assert dry(wet, moisture) <= wet
    assert dry(wet, 0) == wet
