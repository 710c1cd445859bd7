"""Sub-limits: what they leave is the most that fits within all of them at once, more never leaves less, and those that hold back are named."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money
from marketplace.valuation.rules.base import FROZEN, Base, Carried, borrowing_base
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit


def fen(minor: int) -> Money:
    return Money(minor, "CNY")


def goods(kind: str, site: str, minor: int, barred: str = "") -> Carried:
    return Carried(kind, fen(minor), fen(minor), fen(minor), barred, site)


def limit(by: LimitedBy, of: str, minor: int) -> SubLimit:
    return SubLimit(by, of, f"name of {of}", fen(minor))


def kind(of: str, minor: int) -> SubLimit:
    return limit(LimitedBy.KIND, of, minor)


def site(of: str, minor: int) -> SubLimit:
    return limit(LimitedBy.SITE, of, minor)


def told(lots: list[Carried], *limits: SubLimit) -> Base:
    return borrowing_base(lots, "CNY", sub_limits=limits)


def test_goods_of_a_kind_carry_no_more_than_their_sub_limit() -> None:
    base = told([goods("CU", "A", 700), goods("CU", "B", 600), goods("AL", "A", 500)], kind("CU", 1000), kind("ZN", 5))
    assert base.amount == fen(1500)
    assert base.held is not None
    assert (base.held.over, base.held.names) == (fen(300), "name of CU")


def test_within_its_sub_limits_nothing_is_held_back() -> None:
    base = told([goods("CU", "A", 700)], kind("CU", 700), site("A", 700))
    assert (base.amount, base.held) == (fen(700), None)


def test_kinds_and_sites_hold_back_together_and_no_fen_twice() -> None:
    """Ten each of copper in A, copper in B, zinc in B: with ten for copper and ten for B the best is copper in A and zinc in B, and B costs no more."""
    lots = [goods("CU", "A", 10), goods("CU", "B", 10), goods("ZN", "B", 10)]
    base = told(lots, kind("CU", 10), site("B", 10))
    assert base.amount == fen(20)
    assert base.held is not None
    assert base.held.names == "name of CU"
    both = told(lots, kind("CU", 10), site("B", 9))
    assert both.amount == fen(19)
    assert both.held is not None
    assert {one.of for one in both.held.by} == {"CU", "B"}
    assert told([replace(lots[1], barred=FROZEN), lots[0], lots[2]], kind("CU", 10), site("B", 10)).amount == fen(20)


def test_a_cap_that_holds_more_than_a_sub_limit_is_not_told_twice() -> None:
    base = borrowing_base([goods("CU", "A", 900), goods("AL", "A", 100)], "CNY", cap=1, sub_limits=[kind("AL", 500)])
    assert base.held is None
    capped = borrowing_base([goods("CU", "A", 900), goods("AL", "A", 100)], "CNY", cap=Decimal("0.5"), sub_limits=[kind("CU", 600), site("A", 550)])  # fmt: skip
    assert capped.over_cap == {"CU": fen(400)}
    assert capped.held is not None
    assert (capped.amount, capped.held.names) == (fen(550), "name of A")


SMALL = st.integers(0, 4)
CELLS = st.lists(SMALL, min_size=4, max_size=4)


@given(CELLS, SMALL, SMALL, SMALL)
def test_what_is_left_is_the_most_of_all_ways(cells: list[int], copper: int, zinc: int, in_b: int) -> None:
    """Against every way there is, for two kinds on two sites."""
    places = [("CU", "A"), ("CU", "B"), ("ZN", "A"), ("ZN", "B")]
    limits = [one for one in (kind("CU", copper), kind("ZN", zinc), site("B", in_b)) if one.most]
    base = told([goods(*place, minor) for place, minor in zip(places, cells, strict=True)], *limits)

    def fits(way: tuple[int, ...]) -> bool:
        return all(
            sum(minor for place, minor in zip(places, way, strict=True) if one.of in place) <= one.most.minor
            for one in limits
        )

    best = max(sum(way) for way in product(*(range(minor + 1) for minor in cells)) if fits(way))
    assert base.amount == fen(best)
    assert (base.held is None) == (best == sum(cells))
    assert base.held is None or base.held.by


LOTS = st.lists(st.builds(goods, st.sampled_from(["CU", "ZN", "AL"]), st.sampled_from("ABC"), st.integers(0, 10**10)), min_size=1, max_size=8)  # fmt: skip
LIMITS = st.lists(st.one_of(st.builds(kind, st.sampled_from(["CU", "ZN"]), st.integers(1, 10**10)), st.builds(site, st.sampled_from("AB"), st.integers(1, 10**10))), unique_by=lambda one: one.node, max_size=4)  # fmt: skip


@given(LOTS, LIMITS, st.data())
def test_invariant_19_less_goods_and_tighter_limits_never_leave_more(lots: list[Carried], limits: list[SubLimit], data: st.DataObject) -> None:  # fmt: skip
    base = told(lots, *limits)
    for one in limits:
        under = sum(lot.collateral.minor for lot in lots if one.of in (lot.kind, lot.site))
        assert base.amount.minor <= sum(lot.collateral.minor for lot in lots) - max(0, under - one.most.minor)
    place = data.draw(st.integers(0, len(lots) - 1))
    barred = [replace(lot, barred=FROZEN) if number == place else lot for number, lot in enumerate(lots)]
    assert told(barred, *limits).amount <= base.amount
    if limits:
        tighter = replace(limits[0], most=fen(data.draw(st.integers(1, limits[0].most.minor))))
        assert told(lots, tighter, *limits[1:]).amount <= base.amount <= told(lots, *limits[1:]).amount
