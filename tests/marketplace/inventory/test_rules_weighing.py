"""The verified quantity is what the evidence carries, never more than the claim."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.weighing import Weighing, verify, weighed
from marketplace.quantity import Quantity, base_units
from tenants.errors import Conflict, Invalid

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
PASS = Weighing(
    gross=Quantity.of("64.250", "TNE"),
    tare=Quantity.of("14.250", "TNE"),
    taken_at=NOW,
    signed=True,
    calibrated_until=NOW + timedelta(days=30),
)


def _tonnes(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def test_e1_lot_is_verified_at_what_was_weighed() -> None:
    found = verify(_tonnes("500.000"), _tonnes("498.750"))
    assert found.verified == _tonnes("498.750")
    assert found.variance == _tonnes("-1.250")
    assert str(found.variance_rate) == "-0.00250000"


def test_more_than_the_claim_is_not_verified() -> None:
    found = verify(_tonnes("500.000"), _tonnes("501.000"))
    assert (found.verified, found.variance) == (_tonnes("500.000"), _tonnes("1.000"))


@pytest.mark.parametrize("amount", ["497.499", "502.501"])
def test_refuses_above_tolerance_both_ways(amount: str) -> None:
    with pytest.raises(Conflict) as refusal:
        verify(_tonnes("500.000"), _tonnes(amount))
    assert refusal.value.code == "variance_above_tolerance"


@pytest.mark.parametrize("amount", ["497.500", "502.500"])
def test_the_tolerance_itself_is_allowed(amount: str) -> None:
    verify(_tonnes("500.000"), _tonnes(amount))


def test_nets_of_all_trucks_are_summed() -> None:
    assert weighed([PASS] * 10) == _tonnes("500.000")


@pytest.mark.parametrize(
    ("weighing", "code"),
    [
        (replace(PASS, signed=False), "reading_unsigned"),
        (replace(PASS, calibrated_until=NOW), "calibration_expired"),
        (replace(PASS, tare=_tonnes("64.250")), "net_not_positive"),
        (replace(PASS, tare=_tonnes("-1")), "net_not_positive"),
    ],
)
def test_invariant_34_a_poor_reading_verifies_nothing(weighing: Weighing, code: str) -> None:
    with pytest.raises((Conflict, Invalid)) as refusal:
        weighed([PASS, weighing])
    assert refusal.value.code == code


def test_untared_goods_of_less_than_a_tonne_count() -> None:
    parcel = replace(PASS, gross=_tonnes("0.500"), tare=_tonnes("0"))
    assert weighed([parcel]) == _tonnes("0.500")


def test_no_weighing_verifies_nothing() -> None:
    with pytest.raises(Invalid):
        weighed([])
    with pytest.raises(Invalid):
        verify(_tonnes("0"), _tonnes("0"))


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.decimals(0, 1, places=4))
def test_verified_never_exceeds_claim_nor_evidence(claimed: int, found: int, tolerance: Decimal) -> None:
    documented, on_scale = Quantity.from_base_units(claimed, "TNE"), Quantity.from_base_units(found, "TNE")
    within = abs(Fraction(found - claimed, claimed)) <= Fraction(tolerance)
    if not within:
        with pytest.raises(Conflict):
            verify(documented, on_scale, tolerance)
        return
    verification = verify(documented, on_scale, tolerance)
    assert base_units(verification.verified) == min(claimed, found)
    assert documented + verification.variance == on_scale
