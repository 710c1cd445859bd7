"""The falling clock and the sealed envelope: who buys, and at what price."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.formats import DutchClock, SealedBid, SealedKind, open_envelopes
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

END = datetime(2025, 6, 2, 10, 0, tzinfo=UTC)


OPEN = datetime(2025, 6, 1, 10, 0, tzinfo=UTC)


def _cny(amount: int) -> Money:
    return Money.of(amount, "CNY")


CLOCK = DutchClock(_cny(1_000_000), _cny(20_000), timedelta(seconds=60), _cny(700_000), OPEN)


def test_e31_dutch_clock() -> None:
    assert CLOCK.price_at(OPEN + timedelta(seconds=605)) == _cny(800_000)
    assert CLOCK.price_at(OPEN) == CLOCK.price_at(OPEN + timedelta(seconds=59)) == _cny(1_000_000)
    assert CLOCK.price_at(OPEN + timedelta(days=1)) == _cny(700_000)
    with pytest.raises(Conflict):
        CLOCK.price_at(OPEN - timedelta(seconds=1))


@pytest.mark.parametrize("wrong", [{"drop": _cny(0)}, {"every": timedelta(0)}, {"floor": _cny(1_000_001)}])
def test_refuses_a_clock_that_cannot_fall(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        replace(CLOCK, **wrong)


@given(st.integers(0, 10**5), st.integers(0, 10**5))
def test_the_clock_only_falls_and_stops_at_its_floor(early: int, later: int) -> None:
    first = CLOCK.price_at(OPEN + timedelta(seconds=early))
    second = CLOCK.price_at(OPEN + timedelta(seconds=early + later))
    assert CLOCK.floor <= second <= first <= CLOCK.start_price


SEALED = [SealedBid("A", _cny(810_000), 1), SealedBid("B", _cny(830_000), 2)]


def _opened(kind: SealedKind, bids: list[SealedBid], reserve: int, priority: str = "") -> tuple[str, Money] | None:
    award = open_envelopes(kind, bids, _cny(reserve), priority, opens_at=END, now=END)
    return None if award is None else (award.bidder, award.price)


def test_e32_first_and_second_price() -> None:
    assert _opened(SealedKind.FIRST_PRICE, SEALED, 700_000) == ("B", _cny(830_000))
    assert _opened(SealedKind.SECOND_PRICE, SEALED, 700_000) == ("B", _cny(810_000))


def test_the_second_price_is_never_below_the_reserve() -> None:
    assert _opened(SealedKind.SECOND_PRICE, SEALED, 820_000) == ("B", _cny(820_000))
    assert _opened(SealedKind.SECOND_PRICE, SEALED, 840_000) is None


def test_equal_envelopes_go_to_priority_then_to_the_earlier() -> None:
    equal = [SealedBid("A", _cny(830_000), 1), *SEALED[1:]]
    assert _opened(SealedKind.FIRST_PRICE, equal, 0) == ("A", _cny(830_000))
    assert _opened(SealedKind.FIRST_PRICE, equal, 0, priority="B") == ("B", _cny(830_000))


def test_invariant_31_nobody_looks_before_the_opening() -> None:
    with pytest.raises(Conflict) as refusal:
        open_envelopes(SealedKind.FIRST_PRICE, SEALED, _cny(0), opens_at=END, now=END - timedelta(microseconds=1))
    assert refusal.value.code == "envelopes_sealed"


@given(st.lists(st.integers(1, 99), min_size=1, max_size=9), st.integers(0, 99))
def test_the_second_price_is_what_the_best_loser_offered(offers: list[int], reserve: int) -> None:
    bids = [SealedBid(str(place), _cny(offer), place) for place, offer in enumerate(offers)]
    first = _opened(SealedKind.FIRST_PRICE, bids, reserve)
    second = _opened(SealedKind.SECOND_PRICE, bids, reserve)
    if max(offers) < reserve:
        assert first is second is None
        return
    ranked = sorted(offers, reverse=True)
    runner_up = ranked[1] if len(ranked) > 1 else 0
    assert first is not None
    assert second is not None
    assert (first[0], first[1]) == (str(offers.index(ranked[0])), _cny(ranked[0]))
    assert second == (first[0], _cny(max(reserve, runner_up)))
