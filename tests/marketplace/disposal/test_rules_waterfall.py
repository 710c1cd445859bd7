"""Proceeds, deposits and commissions are distributed to the fen, in the order of the law."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.deposits import (
    Deposit,
    Forfeiture,
    commission,
    forfeit,
    require_commission,
    require_conserved,
    settle_deposits,
)
from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.disposal.rules.priority import Security, SecurityKind, has_super_priority, rank
from marketplace.disposal.rules.regimes import (
    AGREED_ONLINE,
    AUCTION_HOUSE,
    COURT_OFFLINE,
    COURT_ONLINE,
    REGIMES,
    DepositRange,
    Regime,
    RegimeName,
    Remainder,
    Terms,
    deposit_range,
    least_sell_off,
    least_start,
    require_fair_appropriation,
    require_lawful,
)
from marketplace.disposal.rules.waterfall import (
    Claim,
    ClaimKind,
    SaleProceeds,
    distribute,
    sale_claims,
)
from marketplace.money import Money, total
from tenants.errors import Conflict, Invalid, Refused


def _cny(amount: int | str) -> Money:
    return Money.of(amount, "CNY")


E14 = SaleProceeds(
    hammer=_cny(5_650_000),
    tax_rate=Decimal("0.13"),
    storage=_cny(60_000),
    enforcement=_cny(40_000),
    commission_rate=Decimal("0.02"),
    interest=_cny(182_500),
    principal=_cny(4_200_000),
)
JUNIOR = Claim(1, ClaimKind.JUNIOR, "second bank", _cny(300_000))


def test_e14_waterfall_with_surplus() -> None:
    found = distribute(E14.hammer, sale_claims(E14, "bank", [JUNIOR]))
    assert [found.paid(kind) for kind in ClaimKind] == [
        _cny(213_000),
        _cny(650_000),
        _cny(182_500),
        _cny(4_200_000),
        _cny(300_000),
    ]
    assert found.surplus == _cny(104_500)


def test_e15_waterfall_with_deficiency() -> None:
    short = replace(E14, hammer=_cny(4_520_000))
    found = distribute(short.hammer, sale_claims(short, "bank", [JUNIOR]))
    assert [found.paid(kind) for kind in ClaimKind] == [
        _cny(190_400),
        _cny(520_000),
        _cny(182_500),
        _cny(3_627_100),
        _cny(0),
    ]
    assert found.unpaid(ClaimKind.PRINCIPAL) == _cny(572_900)
    assert found.surplus == _cny(0)


def _equals(*amounts: str) -> list[Claim]:
    return [Claim(1, ClaimKind.JUNIOR, str(place), _cny(amount)) for place, amount in enumerate(amounts)]


def test_e16_unregistered_mortgages_share() -> None:
    found = distribute(_cny(900_000), _equals("600000", "300000", "600000"))
    assert [line.paid for line in found.lines] == [_cny(360_000), _cny(180_000), _cny(360_000)]


def test_e17_the_odd_fen_goes_to_the_earliest() -> None:
    found = distribute(_cny("100.00"), _equals("50", "50", "50"))
    assert [line.paid for line in found.lines] == [_cny("33.34"), _cny("33.33"), _cny("33.33")]


@pytest.mark.parametrize(("receipts", "claim"), [("-0.01", "1"), ("1", "-0.01")])
def test_refuses_negative_money(receipts: str, claim: str) -> None:
    with pytest.raises(Invalid):
        distribute(_cny(receipts), _equals(claim))


claims = st.lists(
    st.builds(
        Claim,
        st.integers(1, 4),
        st.sampled_from(ClaimKind),
        st.sampled_from(["bank", "warehouse", "second bank"]),
        st.integers(0, 10**12).map(lambda minor: Money(minor, "CNY")),
    ),
    max_size=10,
)


@given(st.integers(0, 10**13).map(lambda minor: Money(minor, "CNY")), claims)
def test_invariant_13_and_14_every_fen_once_and_ranks_in_order(receipts: Money, owed: list[Claim]) -> None:
    found = distribute(receipts, owed)
    assert total((line.paid for line in found.lines), "CNY") + found.surplus == receipts
    assert sorted(map(id, owed)) == sorted(id(line.claim) for line in found.lines)
    for line in found.lines:
        assert line.paid.minor >= 0
        assert line.unpaid.minor >= 0
        assert line.paid + line.unpaid == line.claim.amount
        better = [other for other in found.lines if other.claim.rank < line.claim.rank]
        assert not line.paid or not any(other.unpaid for other in better)
    assert not found.surplus or not any(line.unpaid for line in found.lines)


@given(st.integers(0, 10**10), st.lists(st.integers(0, 10**9), min_size=2, max_size=6))
def test_equal_ranks_are_paid_in_equal_proportion(receipts: int, amounts: list[int]) -> None:
    found = distribute(Money(receipts, "CNY"), [Claim(1, ClaimKind.JUNIOR, "", Money(each, "CNY")) for each in amounts])
    owed = sum(amounts)
    if receipts < owed:
        for line in found.lines:
            assert abs(line.paid.minor * owed - receipts * line.claim.amount.minor) < owed


# --- rank of securities

FLOATING = Security("floating", SecurityKind.CHARGE, date(2025, 3, 1))
PLEDGE = Security("pledge", SecurityKind.PLEDGE, date(2025, 4, 12))
LIEN = Security("storage", SecurityKind.LIEN, date(2025, 6, 1))


def _pmsi(registered_on: date) -> Security:
    return Security("pmsi", SecurityKind.PURCHASE_MONEY, registered_on, delivered_on=date(2025, 4, 8))


def test_e18_priority() -> None:
    in_time, late = _pmsi(date(2025, 4, 18)), _pmsi(date(2025, 4, 19))
    assert rank([FLOATING, PLEDGE, in_time]) == (("pmsi",), ("floating",), ("pledge",))
    assert rank([late, PLEDGE, FLOATING]) == (("floating",), ("pledge",), ("pmsi",))
    assert rank([FLOATING, PLEDGE, in_time, LIEN])[0] == ("storage",)
    assert rank([FLOATING, PLEDGE, late, LIEN])[0] == ("storage",)


def test_ten_days_that_end_on_a_holiday_end_after_it() -> None:
    delivered = Security("pmsi", SecurityKind.PURCHASE_MONEY, date(2025, 5, 6), delivered_on=date(2025, 4, 22))
    assert has_super_priority(delivered)
    assert not has_super_priority(replace(delivered, public_on=date(2025, 5, 7)))
    with pytest.raises(Invalid):
        has_super_priority(replace(delivered, delivered_on=None))


def test_unregistered_charges_come_last_and_together() -> None:
    bare = [Security(name, SecurityKind.CHARGE, None) for name in ("x", "y")]
    assert rank([*bare, PLEDGE]) == (("pledge",), ("x", "y"))


@given(st.permutations([FLOATING, PLEDGE, LIEN, _pmsi(date(2025, 4, 18)), Security("bare", SecurityKind.CHARGE, None)]))
def test_the_order_of_asking_changes_no_rank(securities: list[Security]) -> None:
    assert rank(securities) == (("storage",), ("pmsi",), ("floating",), ("pledge",), ("bare",))


# --- terms of the regimes


def test_e27_start_and_deposit_of_two_rounds() -> None:
    valuation = _cny(1_000_000)
    first = least_start(COURT_ONLINE, valuation)
    assert first == _cny(700_000)
    assert deposit_range(COURT_ONLINE, first) == DepositRange(_cny(35_000), _cny(140_000))
    second = least_start(COURT_ONLINE, valuation, (first,))
    assert second == _cny(560_000)
    assert deposit_range(COURT_ONLINE, second) == DepositRange(_cny(28_000), _cny(112_000))
    with pytest.raises(Conflict):
        least_start(COURT_ONLINE, valuation, (first, second))


def test_offline_starts_at_the_valuation_and_sells_off_at_half() -> None:
    assert least_start(COURT_OFFLINE, _cny(1_000_000)) == _cny(1_000_000)
    assert least_sell_off(COURT_OFFLINE, _cny(1_000_000), _cny(800_000)) == _cny(500_000)
    assert least_sell_off(COURT_ONLINE, _cny(1_000_000), _cny(560_000)) == _cny(560_000)


def test_who_may_call_it_an_auction_and_who_may_bid() -> None:
    assert set(REGIMES) == set(RegimeName)
    assert {name for name, regime in REGIMES.items() if not regime.may_be_called_auction} == {RegimeName.AGREED_ONLINE}
    assert {name for name, regime in REGIMES.items() if regime.creditor_may_bid} == {
        RegimeName.COURT_ONLINE,
        RegimeName.COURT_OFFLINE,
    }
    assert AUCTION_HOUSE.licence_needed
    assert not AGREED_ONLINE.licence_needed


NOTICED = datetime(2025, 5, 1, 2, tzinfo=UTC)
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
    require_lawful(COURT_ONLINE, second, _cny(1_000_000), (_cny(700_000),))


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


def test_invariant_15_goods_do_not_simply_fall_to_the_bank() -> None:
    require_fair_appropriation(_cny(100), _cny(100), debtor_agrees=True)
    with pytest.raises(Conflict) as refusal:
        require_fair_appropriation(_cny(100), _cny(100), debtor_agrees=False)
    assert refusal.value.code == "debtor_must_agree"
    with pytest.raises(Conflict) as refusal:
        require_fair_appropriation(_cny("99.99"), _cny(100), debtor_agrees=True)
    assert refusal.value.code == "below_market"


# --- deposits and commission


def test_e29_forfeited_deposit() -> None:
    figures = (_cny(70_000), _cny(12_000), _cny(820_000), _cny(780_000))
    assert forfeit(*figures, Remainder.DEBT) == Forfeiture(_cny(12_000), _cny(40_000), _cny(18_000), _cny(0))
    assert forfeit(*figures, Remainder.BUYER) == Forfeiture(_cny(12_000), _cny(40_000), _cny(0), _cny(18_000))
    assert (COURT_ONLINE.remainder, COURT_OFFLINE.remainder) == (Remainder.DEBT, Remainder.BUYER)


def test_a_better_second_price_leaves_no_shortfall() -> None:
    found = forfeit(_cny(70_000), _cny(12_000), _cny(820_000), _cny(900_000), Remainder.DEBT)
    assert found == Forfeiture(_cny(12_000), _cny(0), _cny(58_000), _cny(0))
    assert forfeit(_cny(10), _cny(12), _cny(9), _cny(1), Remainder.BUYER).uncovered


def test_e30_commission_of_a_court_appointed_house() -> None:
    assert commission(_cny(2_000_000)) == _cny(100_000)
    assert commission(_cny(10_000_000)) == _cny(340_000)
    assert commission(_cny(12_000_000)) == _cny(380_000)
    assert commission(_cny(200_000_000)) == _cny(340_000 + 800_000 + 500_000 + 500_000)
    assert commission(_cny(0)) == _cny(0)


def test_commission_is_capped_where_nothing_is_agreed() -> None:
    require_commission(_cny(100), _cny(5))
    with pytest.raises(Conflict):
        require_commission(_cny(100), _cny("5.01"))


money = st.integers(0, 10**12).map(lambda minor: Money(minor, "CNY"))


@given(money, money, money, money, st.sampled_from(Remainder))
def test_a_forfeited_deposit_is_conserved(
    deposit: Money, costs: Money, sold: Money, resold: Money, remainder: Remainder
) -> None:
    parts = forfeit(deposit, costs, sold, resold, remainder)
    assert parts.costs + parts.shortfall + parts.debt + parts.refund == deposit
    assert min(part.minor for part in (parts.costs, parts.shortfall, parts.debt, parts.refund)) >= 0


bidders = st.lists(st.tuples(st.sampled_from("ABCDEF"), money), max_size=6, unique_by=lambda pair: pair[0])


@given(bidders, st.sampled_from([None, *"ABCDEF"]), st.booleans(), st.booleans())
def test_invariant_29_and_30_each_deposit_ends_once(
    paid_in: list[tuple[str, Money]], winner: str | None, paid: bool, later: bool
) -> None:
    held = [Deposit(bidder, amount) for bidder, amount in paid_in]
    received = total((amount for _, amount in paid_in), "CNY")
    settled = settle_deposits(held, winner, paid=paid)
    require_conserved(received, settled)
    assert settle_deposits(settled, winner, paid=later) == settled
    for deposit in settled:
        expected = DepositState.APPLIED if paid else DepositState.FORFEITED
        assert deposit.state is (expected if deposit.bidder == winner else DepositState.RETURNED)


def test_a_deposit_that_vanishes_is_refused() -> None:
    with pytest.raises(Conflict):
        require_conserved(_cny(2), [Deposit("A", _cny(1))])


@pytest.mark.parametrize(
    ("regime", "figures"),
    [
        (COURT_ONLINE, ((15, 7), 2, "0.70", "0.20", 2, 24, 5, "0.05", "0.20", 24, 30, None)),
        (COURT_OFFLINE, ((7, 7), 2, "1.00", "0.20", 2, 0, 0, "0.05", "0.20", 24, 60, "0.50")),
        (AUCTION_HOUSE, ((7, 7), 2, "0.70", "0.20", 3, 0, 5, "0.05", "0.20", 24, 30, None)),
        (AGREED_ONLINE, ((7, 3), 2, "0.70", "0.20", 3, 24, 5, "0.05", "0.20", 24, 30, None)),
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
    )


def test_what_each_regime_allows() -> None:
    assert [name for name, regime in REGIMES.items() if regime.licence_needed] == ["AUCTION_HOUSE", "COURT_OFFLINE"]
    assert [name for name, regime in REGIMES.items() if regime.second_chance] == ["AGREED_ONLINE", "AUCTION_HOUSE"]
    assert [name for name, regime in REGIMES.items() if regime.remainder is Remainder.BUYER] == ["COURT_OFFLINE"]
