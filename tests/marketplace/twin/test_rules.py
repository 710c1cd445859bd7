"""What a lot's own record says of it, and the scales of a plan."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from marketplace.twin.rules import LAYERS, STEPS, Standing, standing_after


def tonnes(amount: object) -> dict[str, str]:
    return {"amount": str(amount), "unit": "TNE"}


RECEIVED = ("LotReceived", {"net": tonnes("100.000")})
VERIFIED = ("LotVerified", {"weighed": tonnes("100.000"), "verified": tonnes("99.500")})


def test_a_lot_stands_as_its_last_event_left_it() -> None:
    assert standing_after([]) == Standing()
    assert standing_after([RECEIVED]) == Standing(weighed=Decimal(100))
    assert standing_after([RECEIVED, ("LotWeighed", {"net": tonnes("20.000")})]).weighed == 120
    told = [
        RECEIVED,
        VERIFIED,
        ("LotDeparted", {"left": tonnes("40.000")}),
        ("QuantityShrunk", {"after": tonnes("39.000")}),
    ]
    assert standing_after(told) == Standing(Decimal(100), Decimal(39))


def test_a_lot_that_became_others_has_nothing_left() -> None:
    for kind in ("LotSplit", "LotMerged", "LotTransformed"):
        assert standing_after([RECEIVED, VERIFIED, (kind, {})]).verified == 0


def test_split_goods_are_verified_at_once_and_made_goods_when_they_are_inspected() -> None:
    made = ("LotMade", {"quantity": tonnes("60.000")})
    assert standing_after([made]).verified == 60
    assert standing_after([RECEIVED, made]) == Standing(weighed=Decimal(100))


def test_a_freeze_holds_until_it_is_lifted() -> None:
    assert standing_after([RECEIVED, ("LotFrozen", {})]).is_frozen
    assert not standing_after([RECEIVED, ("LotFrozen", {}), ("LotUnfrozen", {})]).is_frozen


@given(st.lists(st.sampled_from([RECEIVED, VERIFIED, ("LotFrozen", {}), ("LotUnfrozen", {}), ("LotReserved", {})])))
def test_what_does_not_change_goods_changes_nothing(told: list[tuple[str, dict[str, Any]]]) -> None:
    assert standing_after(told) == standing_after(one for one in told if one[0] in STEPS)


@given(st.sampled_from(sorted(LAYERS)), st.decimals(-50, 1000, places=1), st.decimals(0, 1000, places=1))
def test_a_greater_figure_never_has_a_lower_step(layer: str, figure: Decimal, more: Decimal) -> None:
    scale = LAYERS[layer]
    assert 0 <= scale.step(figure) <= scale.step(figure + more) <= 4


def test_a_figure_at_a_bound_belongs_to_the_step_above_it() -> None:
    for scale in LAYERS.values():
        assert [scale.step(bound) for bound in scale.bounds] == [1, 2, 3, 4]
        assert scale.step(scale.bounds[0] - Decimal("0.1")) == 0
