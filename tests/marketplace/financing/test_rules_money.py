"""Money drawn is covered; what comes in is allocated to the fen."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.borrowing import (
    availability,
    confirmed_warehouse,
    require_available,
)
from marketplace.financing.rules.repayment import Due, Part, allocate_repayment
from marketplace.money import Money, total
from tenants.errors import Conflict, Invalid


def _cny(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


def test_e21_confirmed_warehouse() -> None:
    deal = confirmed_warehouse(_cny(10_000_000), [_cny(3_000_000), _cny(4_500_000)])
    assert (deal.released, deal.core_refunds) == (_cny(7_500_000), _cny(2_500_000))
    with pytest.raises(Invalid):
        confirmed_warehouse(_cny(10), [_cny(11)])
    with pytest.raises(Invalid):
        confirmed_warehouse(_cny(10), [_cny(-1)])


money = st.integers(0, 10**13).map(lambda minor: Money(minor, "CNY"))


def test_all_that_is_available_may_be_drawn_and_not_a_fen_more() -> None:
    limit, base, drawn = _cny(100), _cny(80), _cny(30)
    require_available(_cny(50), limit, base, drawn)
    with pytest.raises(Conflict) as refusal:
        require_available(_cny("50.01"), limit, base, drawn)
    assert refusal.value.code == "drawdown_above_availability"
    assert refusal.value.facts == {"asked": "CNY 50.01", "available": "CNY 50.00"}
    for nothing in ("0", "-1"):
        with pytest.raises(Invalid) as invalid:
            require_available(_cny(nothing), limit, base, drawn)
        assert invalid.value.code == "amount_not_positive"


@given(money, money, money, money)
def test_invariant_16_drawn_never_exceeds_limit_nor_goods(
    limit: Money, base: Money, drawn: Money, asked: Money
) -> None:
    try:
        require_available(asked, limit, base, drawn)
    except (Conflict, Invalid):
        assert not asked or asked + drawn > min(limit, base)
        return
    assert drawn + asked <= limit
    assert drawn + asked <= base
    assert availability(limit, base, drawn + asked).minor >= 0


DUE = date(2025, 3, 1)


DUES = [
    Due(Part.PRINCIPAL, DUE, _cny("1000")),
    Due(Part.INTEREST, DUE, _cny("20")),
    Due(Part.COSTS, DUE, _cny("5")),
    Due(Part.INTEREST, DUE - timedelta(days=30), _cny("30")),
]


def test_costs_then_interest_then_principal_oldest_first() -> None:
    allocated = allocate_repayment(_cny("45"), DUES)
    assert [(line.due.part, line.paid, line.open) for line in allocated.lines] == [
        (Part.COSTS, _cny("5"), _cny("0")),
        (Part.INTEREST, _cny("30"), _cny("0")),
        (Part.INTEREST, _cny("10"), _cny("10")),
        (Part.PRINCIPAL, _cny("0"), _cny("1000")),
    ]
    assert allocated.unallocated == _cny("0")
    assert total((line.open for line in allocated.lines), "CNY") == _cny("1010")


def test_another_order_where_agreed_and_an_overpayment_is_kept_apart() -> None:
    order = (Part.PRINCIPAL, Part.INTEREST, Part.PENALTY, Part.COSTS)
    assert allocate_repayment(_cny("900"), DUES, order).lines[0].paid == _cny("900")
    assert allocate_repayment(_cny("1060"), DUES).unallocated == _cny("5")


def test_what_is_not_due_yet_waits_for_all_that_is() -> None:
    early = Due(Part.COSTS, DUE - timedelta(days=60), _cny("7"), early=True)
    allocated = allocate_repayment(_cny("1056"), [early, *DUES])
    assert [line.paid for line in allocated.lines] == [_cny("5"), _cny("30"), _cny("20"), _cny("1000"), _cny("1")]


def test_a_single_fen_is_a_payment() -> None:
    assert allocate_repayment(_cny("0.01"), DUES).lines[0].paid == _cny("0.01")


def test_refuses_a_payment_of_nothing() -> None:
    with pytest.raises(Invalid):
        allocate_repayment(_cny("0"), DUES)


dues = st.lists(
    st.builds(Due, st.sampled_from(Part), st.dates(date(2024, 1, 1), date(2025, 12, 31)), money), max_size=8
)


@given(money.filter(bool), dues)
def test_invariant_17_all_that_is_received_is_allocated_once(received: Money, owed: list[Due]) -> None:
    allocated = allocate_repayment(received, owed)
    assert total((line.paid for line in allocated.lines), "CNY") + allocated.unallocated == received
    assert all(line.open.minor >= 0 and line.paid.minor >= 0 for line in allocated.lines)
    assert not (allocated.unallocated and total((line.open for line in allocated.lines), "CNY"))
    first_open = next((place for place, line in enumerate(allocated.lines) if line.open), len(allocated.lines))
    assert not any(line.paid for line in allocated.lines[first_open + 1 :])
