"""When announcements wait: the throttle, the breaker on price and on sales without buyers, what lifts it; each limit on both sides."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.guarding import Brake, Guard, Market, brakes, require_calm
from tenants.errors import Refused

NOW, TODAY = datetime(2025, 5, 20, 2, tzinfo=UTC), date(2025, 5, 20)
GUARD = Guard(lots_max=3, days=10, fall_share=Decimal("0.15"), unsold_share=Decimal("0.6"), sales_least=5)
CALM = Market(0, (), ())


def priced(*prices: int, ending: int = 0) -> Market:
    """One price a day, the last one so many days ago."""
    last = TODAY - timedelta(days=ending)
    days = [(last - timedelta(days=len(prices) - 1 - place), Decimal(price)) for place, price in enumerate(prices)]
    return replace(CALM, prices=days)


@pytest.mark.parametrize(
    ("market", "held"),
    [
        (CALM, ()),
        (replace(CALM, for_sale=2), ()),
        (replace(CALM, for_sale=3), (Brake.CROWDED,)),
        (priced(100, 85), ()),
        (priced(100, 84), (Brake.FALLING,)),
        (priced(80, 100, 90, 84), (Brake.FALLING,)),
        (priced(100, 84, 95), ()),
        (priced(100, *[84] * 11), ()),
        (priced(100, 84, ending=10), ()),
        (priced(100, *[84] * 10), (Brake.FALLING,)),
        (replace(CALM, sold=[True, True, False, False, False]), ()),
        (replace(CALM, sold=[True, False, False, False, False]), (Brake.UNSOLD,)),
        (replace(CALM, sold=[False] * 4), ()),
        (Market(9, priced(100, 50).prices, [False] * 9), (Brake.CROWDED, Brake.FALLING, Brake.UNSOLD)),
    ],
    ids=["calm", "room for one", "full", "15 per cent", "more than 15 per cent", "from the highest", "recovered", "fell before", "no price since", "fell within the days", "three of five", "four of five", "too few", "all"],
)  # fmt: skip
def test_what_holds_an_announcement_back(market: Market, held: tuple[Brake, ...]) -> None:
    assert brakes(GUARD, market, NOW, TODAY) == held


def test_the_operator_lifts_the_breaker_for_a_while_and_never_the_throttle() -> None:
    lifted = replace(GUARD, lifted_until=NOW + timedelta(seconds=1))
    market = Market(3, priced(100, 50).prices, [False] * 9)
    assert brakes(lifted, market, NOW, TODAY) == (Brake.CROWDED,)
    assert brakes(lifted, market, NOW + timedelta(seconds=1), TODAY) == tuple(Brake)


def test_what_has_to_wait_is_told_why() -> None:
    require_calm(GUARD, ())
    with pytest.raises(Refused) as refusal:
        require_calm(GUARD, (Brake.FALLING, Brake.UNSOLD))
    assert (refusal.value.code, refusal.value.field) == ("market_falling", "lot_id")
    assert "15% within 10 days" in refusal.value.in_english()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("lots_max", 0), ("days", 91), ("sales_least", 0), ("fall_share", Decimal(0)), ("unsold_share", Decimal(1)), ("fall_share", Decimal("NaN"))],
)  # fmt: skip
def test_settings_that_guard_nothing_or_stop_everything_are_refused(field: str, wrong: object) -> None:
    with pytest.raises(Refused) as refusal:
        replace(GUARD, **{field: wrong})  # type: ignore[arg-type]
    assert refusal.value.field == field


@pytest.mark.parametrize(("field", "most"), [("lots_max", 10_000), ("days", 90), ("sales_least", 1000)])
def test_settings_from_one_to_the_most(field: str, most: int) -> None:
    for count in (1, most):
        assert getattr(replace(GUARD, **{field: count}), field) == count  # type: ignore[arg-type]
    with pytest.raises(Refused):
        replace(GUARD, **{field: most + 1})  # type: ignore[arg-type]


markets = st.builds(
    Market,
    st.integers(0, 6),
    st.lists(st.tuples(st.integers(0, 15).map(lambda ago: TODAY - timedelta(days=ago)), st.integers(1, 200).map(Decimal)), max_size=12, unique_by=lambda one: one[0]),
    st.lists(st.booleans(), max_size=12),
)  # fmt: skip


@given(markets, st.integers(0, 5), st.integers(1, 50))
def test_a_looser_guard_and_a_better_market_never_hold_more_back(market: Market, more: int, percent: int) -> None:
    held = set(brakes(GUARD, market, NOW, TODAY))
    share = Decimal(percent) / 200
    looser = replace(GUARD, lots_max=3 + more, fall_share=GUARD.fall_share + share, unsold_share=min(Decimal("0.99"), GUARD.unsold_share + share), sales_least=5 + more)  # fmt: skip
    assert set(brakes(looser, market, NOW, TODAY)) <= held
    latest = max((price for _, price in market.prices), default=Decimal(1))
    better = Market(max(0, market.for_sale - 1), [*[one for one in market.prices if one[0] < TODAY], (TODAY, latest)], [*market.sold, True])  # fmt: skip
    assert Brake.FALLING not in brakes(GUARD, better, NOW, TODAY)
    assert Brake.CROWDED in held or Brake.CROWDED not in brakes(GUARD, better, NOW, TODAY)
