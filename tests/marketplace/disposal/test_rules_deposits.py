"""Deposits end once, and no fen of one disappears; commission stays under its cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.deposits import (
    Deposit,
    Forfeiture,
    commission,
    forfeit,
    require_conserved,
)
from marketplace.disposal.rules.regimes import (
    COURT_OFFLINE,
    COURT_ONLINE,
    Remainder,
)
from marketplace.money import Money
from tenants.errors import Conflict


def _cny(amount: int | str) -> Money:
    return Money.of(amount, "CNY")


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


money = st.integers(0, 10**12).map(lambda minor: Money(minor, "CNY"))


@given(money, money, money, money, st.sampled_from(Remainder))
def test_a_forfeited_deposit_is_conserved(
    deposit: Money, costs: Money, sold: Money, resold: Money, remainder: Remainder
) -> None:
    parts = forfeit(deposit, costs, sold, resold, remainder)
    assert parts.costs + parts.shortfall + parts.debt + parts.refund == deposit
    assert min(part.minor for part in (parts.costs, parts.shortfall, parts.debt, parts.refund)) >= 0


def test_a_deposit_that_vanishes_is_refused() -> None:
    with pytest.raises(Conflict):
        require_conserved(_cny(2), [Deposit("A", _cny(1))])
