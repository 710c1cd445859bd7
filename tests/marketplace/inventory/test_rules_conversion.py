"""Splitting, merging, transforming: exact to the base unit, or refused."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.conversion import (
    Likeness,
    Move,
    merge_moves,
    require_alike,
    require_plan_balanced,
    split_moves,
    weighed_loss,
)
from marketplace.quantity import Quantity
from tenants.errors import Refused


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


@st.composite
def lots(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Ranges of a lot's base units with holes in between, as releases leave them."""
    marks = draw(st.lists(st.integers(min_value=0, max_value=10_000), min_size=2, max_size=8, unique=True))
    marks.sort()
    return list(zip(marks[::2], marks[1::2], strict=False))


@given(spans=lots(), shares=st.lists(st.integers(min_value=1, max_value=9), min_size=2, max_size=6))
def test_a_split_moves_every_unit_once(spans: list[tuple[int, int]], shares: list[int]) -> None:
    whole = sum(end - start for start, end in spans)
    counts = [whole * share // sum(shares) for share in shares]
    counts[0] += whole - sum(counts)
    if min(counts) <= 0:
        return
    moves = split_moves(spans, [Quantity.from_base_units(count, "TNE") for count in counts])
    moved = sorted((one.start, one.end) for one in moves)
    assert all(before[1] <= after[0] for before, after in pairwise(moved))
    assert {unit for start, end in moved for unit in range(start, end)} == {u for s, e in spans for u in range(s, e)}
    for child, count in enumerate(counts):
        mine = sorted((one.child_start, one.child_start + one.count) for one in moves if one.child == child)
        assert [mine[0][0], mine[-1][1]] == [0, count]
        assert all(before[1] == after[0] for before, after in pairwise(mine))


@given(parents=st.lists(lots(), min_size=2, max_size=5))
def test_a_merge_lays_all_units_behind_each_other(parents: list[list[tuple[int, int]]]) -> None:
    moves = merge_moves(parents)
    reached = 0
    for one in moves:
        assert one.child_start == reached
        reached += one.count
    assert reached == sum(end - start for spans in parents for start, end in spans)


def test_a_split_is_exact() -> None:
    whole = [(0, 500_000)]
    assert split_moves(whole, [t("200"), t("300")]) == [Move(0, 0, 0, 200_000, 0), Move(0, 1, 200_000, 500_000, 0)]
    for parts in (["200.000", "299.999"], ["200", "300.001"], ["500"], ["500", "0"], ["600", "-100"]):
        with pytest.raises(Refused):
            split_moves(whole, [t(part) for part in parts])


def test_only_what_is_alike_is_merged() -> None:
    one = Likeness("p", "A", "TNE", "o", "w", "s", "y", "LOT")
    require_alike([one, one])
    for name in Likeness.__slots__:
        other = Likeness(**{field: getattr(one, field) for field in Likeness.__slots__} | {name: "other"})
        with pytest.raises(Refused, match=f"merge_{name}_differs"):
            require_alike([one, other])


def test_a_plan_of_transformation_balances() -> None:
    require_plan_balanced([t("60"), t("40")], [t("97"), t("1")], t("2"))
    for outputs, loss in (([t("97")], t("2")), ([t("101")], t("-1")), ([], t("100")), ([t("0"), t("98")], t("2"))):
        with pytest.raises(Refused):
            require_plan_balanced([t("100")], outputs, loss)


@pytest.mark.parametrize(
    ("weighed", "loss"), [("97.5", "2.500"), ("98.3", "1.700"), ("97.7", "2.300"), ("97.499", None), ("100.001", None), ("98.501", None)]
)  # fmt: skip
def test_the_scale_has_the_last_word_on_yield(weighed: str, loss: str | None) -> None:
    found = lambda: weighed_loss(t("100"), [t(weighed)], t("2"), Decimal("0.005"))  # noqa: E731
    if loss is None:
        with pytest.raises(Refused, match=r"loss_beyond_tolerance|yield_above_input"):
            found()
    else:
        assert found() == t(loss)
