"""What a first rank takes of goods: never more than its cap, never more than they are worth, and all of it from what counts first."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money
from marketplace.valuation.rules.ranks import Behind, Taken, taken_ahead


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


@st.composite
def lots(draw: st.DrawFn) -> list[Behind]:
    made = []
    for _ in range(draw(st.integers(1, 6))):
        market = draw(st.integers(0, 10**12))
        collateral = draw(st.integers(0, market))
        part = draw(st.integers(0, 1000))
        made.append(Behind(yuan(market), yuan(collateral), Fraction(part, 1000), draw(st.booleans())))
    return made


def test_value_times_rate_less_the_cap() -> None:
    """Two lots of a million at an advance rate of .7, a first rank of 800,000: 600,000 are left to lend on, 1,200,000 to hold a loan against."""
    lot = Behind(yuan(100_000_000), yuan(70_000_000))
    taken = taken_ahead([lot, lot], yuan(80_000_000))
    assert taken == (Taken(yuan(80_000_000), yuan(70_000_000)), Taken(yuan(0), yuan(10_000_000)))


def test_goods_that_carry_nothing_bear_it_last() -> None:
    barred = Behind(yuan(100), yuan(70), barred=True)
    assert taken_ahead([barred, Behind(yuan(100), yuan(70))], yuan(60))[0] == Taken(yuan(0), yuan(0))


@given(lots(), st.integers(0, 10**13))
def test_together_it_is_the_cap_or_all_that_is_behind(goods: list[Behind], cap: int) -> None:
    taken = taken_ahead(goods, yuan(cap))
    for what in ("market", "collateral"):
        most = [-int(-getattr(one, what).minor * one.share // 1) for one in goods]
        parts = [getattr(one, what).minor for one in taken]
        assert sum(parts) == min(cap, sum(most))
        assert all(0 <= part <= limit for part, limit in zip(parts, most, strict=True))


@given(lots(), st.integers(0, 10**13))
def test_what_is_left_to_lend_on_is_never_more_than_its_value(goods: list[Behind], cap: int) -> None:
    whole = [Behind(one.market, one.collateral, Fraction(1), one.barred) for one in goods]
    for one, taken in zip(whole, taken_ahead(whole, yuan(cap)), strict=True):
        assert 0 <= (one.collateral - taken.collateral).minor <= (one.market - taken.market).minor


@given(lots(), st.integers(0, 10**13), st.integers(0, 10**13))
def test_a_higher_cap_never_leaves_more(goods: list[Behind], cap: int, more: int) -> None:
    lower, higher = taken_ahead(goods, yuan(cap)), taken_ahead(goods, yuan(cap + more))
    assert all(a.market <= b.market and a.collateral <= b.collateral for a, b in zip(lower, higher, strict=True))
