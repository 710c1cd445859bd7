"""Each way of selling keeps its own law: notice, start, deposit, hours, who may bid."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.regimes import (
    AGREED_ONLINE,
    AUCTION_HOUSE,
    COURT_OFFLINE,
    COURT_ONLINE,
    REGIMES,
    Attempt,
    DepositRange,
    Regime,
    RegimeName,
    Remainder,
    Terms,
    deposit_range,
    floor_price,
    least_fixed,
    least_sell_off,
    least_start,
    require_lawful,
)
from marketplace.money import Money
from tenants.errors import Conflict, Refused


def _cny(amount: int | str) -> Money:
    return Money.of(amount, "CNY")


NOTICED = datetime(2025, 5, 1, 2, tzinfo=UTC)


def _failed(lowest: Money, regime: RegimeName = RegimeName.COURT_ONLINE, days: int = 10) -> Attempt:
    """A round that found no buyer, so many days before the next is announced."""
    return Attempt(regime, lowest, NOTICED - timedelta(days=days), True)


def test_e27_start_and_deposit_of_two_rounds() -> None:
    valuation = _cny(1_000_000)
    first = least_start(COURT_ONLINE, valuation, now=NOTICED)
    assert first == _cny(700_000)
    assert deposit_range(COURT_ONLINE, first) == DepositRange(_cny(35_000), _cny(140_000))
    second = least_start(COURT_ONLINE, valuation, (_failed(first),), now=NOTICED)
    assert second == _cny(560_000)
    assert deposit_range(COURT_ONLINE, second) == DepositRange(_cny(28_000), _cny(112_000))
    with pytest.raises(Conflict):
        least_start(COURT_ONLINE, valuation, (_failed(first), _failed(second)), now=NOTICED)


def test_offline_starts_at_the_valuation_and_sells_off_at_half() -> None:
    assert least_start(COURT_OFFLINE, _cny(1_000_000), now=NOTICED) == _cny(1_000_000)
    assert least_sell_off(COURT_OFFLINE, _cny(1_000_000), _cny(800_000)) == _cny(500_000)
    assert least_sell_off(COURT_ONLINE, _cny(1_000_000), _cny(560_000)) == _cny(560_000)


def test_another_law_begins_at_its_own_share() -> None:
    """Else a court's first round could start at 56 per cent because an agreed sale had failed before."""
    agreed = tuple(_failed(_cny(amount), RegimeName.AGREED_ONLINE) for amount in (700_000, 560_000, 448_000))
    assert least_start(COURT_ONLINE, _cny(1_000_000), agreed, now=NOTICED) == _cny(700_000)
    with pytest.raises(Conflict):
        least_start(AGREED_ONLINE, _cny(1_000_000), agreed, now=NOTICED)


@pytest.mark.parametrize(
    ("last", "least"),
    [
        (_failed(_cny(700_000), days=30), 560_000),
        (_failed(_cny(700_000), days=31), 700_000),
        (replace(_failed(_cny(700_000)), unsold=False), 700_000),
        (_failed(_cny(600_000)), 560_000),
    ],
    ids=["in time", "too late for a cut", "the buyer did not pay", "the goods are worth more by now"],
)
def test_when_a_round_may_be_cheaper(last: Attempt, least: int) -> None:
    assert least_start(COURT_ONLINE, _cny(1_000_000), (last,), now=NOTICED) == _cny(least)


def test_a_buyer_that_did_not_pay_uses_up_no_round() -> None:
    unpaid = replace(_failed(_cny(700_000)), unsold=False)
    assert least_start(COURT_ONLINE, _cny(1_000_000), (unpaid, unpaid, _failed(_cny(700_000))), now=NOTICED) == _cny(560_000)  # fmt: skip


attempts = st.lists(
    st.builds(Attempt, st.sampled_from(RegimeName), st.integers(1, 10**12).map(lambda fen: Money(fen, "CNY")), st.integers(0, 90).map(lambda days: NOTICED - timedelta(days=days)), st.booleans(), st.booleans()),
    max_size=6,
)  # fmt: skip


@given(st.sampled_from(sorted(REGIMES)), st.integers(100, 10**12), attempts)
def test_the_floor_is_never_crossed_and_a_cut_is_never_more_than_the_rule_has(
    name: RegimeName, fen: int, before: list[Attempt]
) -> None:
    regime, valuation = REGIMES[name], Money(fen, "CNY")
    try:
        least = least_start(regime, valuation, before, now=NOTICED)
    except Conflict:
        assert sum(one.regime is name and one.unsold and not one.fixed for one in before) >= regime.rounds_max
        return
    assert least >= floor_price(regime, valuation)
    mine = [one.lowest for one in before if one.regime is name and not one.fixed]
    assert not mine or least >= mine[-1].times(1 - regime.cut_share_max)


@given(st.sampled_from(sorted(REGIMES)), st.integers(100, 10**12), attempts)
def test_no_fixed_price_is_below_the_floor(name: RegimeName, fen: int, before: list[Attempt]) -> None:
    regime, valuation = REGIMES[name], Money(fen, "CNY")
    try:
        least = least_fixed(regime, valuation, before)
    except Conflict:
        return
    share = regime.sell_off_share_min
    assert least >= (floor_price(regime, valuation) if share is None else valuation.times(share))


@given(st.sampled_from(sorted(REGIMES)), st.integers(100, 10**12))
def test_rounds_that_find_no_buyer_fall_to_the_floor_and_end(name: RegimeName, fen: int) -> None:
    """Each round as cheap as it may be: the least start never rises, every round is cut, and the last lawful one is at the floor, but for a fen a round."""
    regime, valuation, before = REGIMES[name], Money(fen, "CNY"), list[Attempt]()
    for _ in range(regime.rounds_max):
        least = least_start(regime, valuation, before, now=NOTICED)
        assert not before or least <= before[-1].lowest
        before.append(_failed(least, name))
    assert before[-1].lowest.minor - floor_price(regime, valuation).minor <= regime.rounds_max
    with pytest.raises(Conflict):
        least_start(regime, valuation, before, now=NOTICED)


def _fixed(lowest: Money, regime: RegimeName = RegimeName.COURT_ONLINE) -> Attempt:
    return replace(_failed(lowest, regime, days=5), fixed=True)


def test_a_sell_off_comes_after_the_rounds_that_the_law_asks_for_and_once() -> None:
    valuation, first, second = _cny(1_000_000), _failed(_cny(700_000)), _failed(_cny(560_000))
    with pytest.raises(Conflict) as early:
        least_fixed(COURT_ONLINE, valuation, (first,))
    assert (early.value.code, early.value.field) == ("sell_off_too_early", "method")
    assert least_fixed(COURT_ONLINE, valuation, (first, second)) == _cny(560_000)
    with pytest.raises(Conflict) as again:
        least_fixed(COURT_ONLINE, valuation, (first, second, _fixed(_cny(560_000))))
    assert again.value.code == "sold_off_before"
    unpaid = replace(_fixed(_cny(560_000)), unsold=False)
    assert least_fixed(COURT_ONLINE, valuation, (first, second, unpaid)) == _cny(560_000), "its buyer did not pay"


def test_buy_now_is_at_the_full_valuation_and_no_round() -> None:
    agreed = RegimeName.AGREED_ONLINE
    assert least_fixed(AGREED_ONLINE, _cny(1_000_000)) == _cny(1_000_000)
    tried = (_fixed(_cny(1_000_000), agreed),)
    assert least_fixed(AGREED_ONLINE, _cny(1_000_000), tried) == _cny(1_000_000)
    assert least_start(AGREED_ONLINE, _cny(1_000_000), tried, now=NOTICED) == _cny(700_000)
    failed = (*tried, _failed(_cny(700_000), agreed))
    assert least_fixed(AGREED_ONLINE, _cny(1_000_000), failed) == _cny(700_000)
    with pytest.raises(Conflict):
        least_fixed(AUCTION_HOUSE, _cny(1_000_000))


def test_a_fixed_price_stands_open_for_no_longer_than_the_rule_says() -> None:
    failed = (_failed(_cny(700_000)), _failed(_cny(560_000)))
    terms = replace(TERMS, start_price=_cny(560_000), fixed=True, ends_at=TERMS.starts_at + timedelta(days=60))
    require_lawful(COURT_ONLINE, terms, _cny(1_000_000), failed)
    for wrong, code in (({"ends_at": terms.ends_at + timedelta(seconds=1)}, "open_too_long"), ({"start_price": _cny("559999.99")}, "start_too_low")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            require_lawful(COURT_ONLINE, replace(terms, **wrong), _cny(1_000_000), failed)  # type: ignore[arg-type]
        assert refusal.value.code == code


def test_who_may_call_it_an_auction_and_who_may_bid() -> None:
    assert set(REGIMES) == set(RegimeName)
    assert {name for name, regime in REGIMES.items() if not regime.may_be_called_auction} == {RegimeName.AGREED_ONLINE}
    assert {name for name, regime in REGIMES.items() if regime.creditor_may_bid} == {
        RegimeName.COURT_ONLINE,
        RegimeName.COURT_OFFLINE,
    }
    assert AUCTION_HOUSE.licence_needed
    assert not AGREED_ONLINE.licence_needed


TERMS = Terms(
    start_price=_cny(700_000),
    step=_cny(5_000),
    deposit=_cny(70_000),
    reserve=None,
    announced_at=NOTICED,
    starts_at=NOTICED + timedelta(days=15),
    ends_at=NOTICED + timedelta(days=16),
)


def test_lawful_terms() -> None:
    require_lawful(COURT_ONLINE, TERMS, _cny(1_000_000))
    second = replace(
        TERMS,
        start_price=_cny(560_000),
        starts_at=NOTICED + timedelta(days=7),
        ends_at=NOTICED + timedelta(days=8),
    )
    require_lawful(COURT_ONLINE, second, _cny(1_000_000), (_failed(_cny(700_000)),))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"step": _cny(0)}, "step_not_positive"),
        ({"start_price": _cny("699999.99")}, "start_too_low"),
        ({"deposit": _cny("34999.99")}, "deposit_out_of_range"),
        ({"deposit": _cny("140000.01")}, "deposit_out_of_range"),
        ({"starts_at": NOTICED + timedelta(days=15) - timedelta(seconds=1)}, "notice_too_short"),
        ({"ends_at": NOTICED + timedelta(days=16) - timedelta(seconds=1)}, "open_too_short"),
        ({"ends_at": NOTICED}, "open_too_short"),
    ],
)
def test_refuses_unlawful_terms(wrong: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        require_lawful(COURT_ONLINE, replace(TERMS, **wrong), _cny(1_000_000))  # type: ignore[arg-type]
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("regime", "figures"),
    [
        (COURT_ONLINE, ((15, 7), 2, "0.70", "0.20", 2, 24, 5, "0.05", "0.20", 24, 30, None, 2, 60, None, 24)),
        (COURT_OFFLINE, ((7, 7), 2, "1.00", "0.20", 2, 0, 0, "0.05", "0.20", 24, 60, "0.50", 2, 60, None, None)),
        (AUCTION_HOUSE, ((7, 7), 2, "0.70", "0.20", 3, 0, 5, "0.05", "0.20", 24, 30, None, 1, 60, None, None)),
        (AGREED_ONLINE, ((7, 3), 2, "0.70", "0.20", 3, 24, 5, "0.05", "0.20", 24, 30, None, 1, 60, "1.00", None)),
    ],
)
def test_figures_of_each_regime(regime: Regime, figures: tuple[object, ...]) -> None:
    assert figures == (
        regime.notice_days,
        regime.viewing_days,
        str(regime.start_share_min),
        str(regime.cut_share_max),
        regime.rounds_max,
        regime.open_hours_min,
        regime.soft_close / timedelta(minutes=1),
        str(regime.deposit_share_min),
        str(regime.deposit_share_max),
        regime.losers_refunded_within / timedelta(hours=1),
        regime.relist_within_days,
        None if regime.sell_off_share_min is None else str(regime.sell_off_share_min),
        regime.sell_off_after,
        regime.fixed_days,
        None if regime.buy_now_share_min is None else str(regime.buy_now_share_min),
        regime.contest and regime.contest / timedelta(hours=1),
    )


def test_what_each_regime_allows() -> None:
    assert [name for name, regime in REGIMES.items() if regime.licence_needed] == ["AUCTION_HOUSE", "COURT_OFFLINE"]
    assert [name for name, regime in REGIMES.items() if regime.second_chance] == ["AGREED_ONLINE", "AUCTION_HOUSE"]
    assert [name for name, regime in REGIMES.items() if regime.remainder is Remainder.BUYER] == ["COURT_OFFLINE"]
