"""The papers of a trade tell one story, or the score says where they part."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.documents.rules.flows import (
    Break,
    Flow,
    FlowKind,
    Record,
    agreement,
    content_hash,
    four_flow_score,
    require_unchanged,
)
from tenants.errors import Conflict, Invalid

COMMERCE = Flow(
    FlowKind.COMMERCE,
    Decimal("0.25"),
    Record("invoice 7", 9_925_000, "seller", "7601.10"),
    Record("contract 3", 9_925_000, "seller", "7601.10"),
    Decimal("0.01"),
)
GOODS = Flow(
    FlowKind.GOODS,
    Decimal("0.35"),
    Record("contract 3", Decimal("500.000"), "", "7601.10"),
    Record("weighing 12", Decimal("498.750"), "", "7601.10"),
    Decimal("0.01"),
)
MONEY = Flow(
    FlowKind.MONEY,
    Decimal("0.25"),
    Record("contract 3", 9_925_000, "buyer"),
    Record("payment 9", 9_726_500, "buyer"),
    Decimal("0.05"),
)
INFORMATION = Flow(FlowKind.INFORMATION, Decimal("0.15"), Record("expected", 1), Record("matched", Decimal("0.8")), 1)
E26 = [COMMERCE, GOODS, MONEY, INFORMATION]


def test_e26_four_flow_score() -> None:
    found = four_flow_score(E26)
    assert [score for _, score in found.flows] == [1, Fraction("0.75"), Fraction("0.6"), Fraction("0.8")]
    assert found.score == Fraction("0.7825")


def test_a_break_points_at_both_records() -> None:
    assert four_flow_score(E26).breaks == (
        Break(FlowKind.GOODS, "figure", "contract 3", "weighing 12"),
        Break(FlowKind.MONEY, "figure", "contract 3", "payment 9"),
        Break(FlowKind.INFORMATION, "figure", "expected", "matched"),
    )


@pytest.mark.parametrize(("field", "value"), [("party", "somebody else"), ("goods_code", "7403.11")])
def test_another_party_or_goods_code_means_another_trade(field: str, value: str) -> None:
    other = replace(COMMERCE.other, **{field: value})  # type: ignore[arg-type]
    found = four_flow_score([replace(COMMERCE, other=other), *E26[1:]])
    assert found.score == 0
    assert Break(FlowKind.COMMERCE, field, "invoice 7", "contract 3") in found.breaks


@pytest.mark.parametrize(
    "flows",
    [
        [],
        E26[:3],
        [replace(COMMERCE, weight=Decimal("0.26")), *E26[1:]],
        [replace(COMMERCE, weight=Decimal("-0.10")), replace(GOODS, weight=Decimal("0.70")), MONEY, INFORMATION],
        [replace(COMMERCE, tolerance=0), *E26[1:]],
        [replace(COMMERCE, one=Record("invoice", -1)), *E26[1:]],
    ],
)
def test_refuses_weights_and_figures_that_mean_nothing(flows: list[Flow]) -> None:
    with pytest.raises(Invalid):
        four_flow_score(flows)


figures = st.integers(0, 10**9)
tolerances = st.decimals(Decimal("0.001"), 1, places=3)


@given(figures, figures, tolerances)
def test_agreement_is_a_share_and_has_no_sides(one: int, other: int, tolerance: Decimal) -> None:
    score = agreement(one, other, tolerance)
    assert 0 <= score <= 1
    assert score == agreement(other, one, tolerance)
    assert (score == 1) == (one == other != 0)


@given(figures, st.integers(0, 10**6), st.integers(0, 10**6), tolerances)
def test_further_apart_never_agrees_better(one: int, off: int, more: int, tolerance: Decimal) -> None:
    assert agreement(one, one + off + more, tolerance) <= agreement(one, one + off, tolerance)


def test_invariant_41_bytes_are_those_recorded() -> None:
    recorded = content_hash(b"contract")
    assert recorded == "cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf"
    require_unchanged(b"contract", recorded)
    with pytest.raises(Conflict):
        require_unchanged(b"contract.", recorded)
