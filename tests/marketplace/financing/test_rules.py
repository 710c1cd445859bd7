"""Deals and drawdowns take listed steps; money drawn is covered; what comes in is allocated to the fen; risk figures
are exact.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up
from marketplace.financing.rules.borrowing import (
    Collateral,
    availability,
    borrowing_base,
    confirmed_warehouse,
    require_available,
)
from marketplace.financing.rules.deals import DEAL, DRAWDOWN, DealState, DrawdownState, next_state
from marketplace.financing.rules.quality import (
    Exposure,
    LoanClass,
    days_past_due,
    expected_loss,
    ifrs_9_stage,
    loan_class,
)
from marketplace.financing.rules.repayment import Due, Part, allocate_repayment, still_owed
from marketplace.financing.rules.scoring import (
    Scorecard,
    concentration,
    inventory_days,
    is_anomalous,
    robust_z,
)
from marketplace.money import Money, total
from tenants.errors import Conflict, Invalid

DEAL_TABLE = """
– request REQUESTED
REQUESTED offer OFFERED
REQUESTED withdraw WITHDRAWN
REQUESTED reject REJECTED
OFFERED offer OFFERED
OFFERED accept_offer TERM_SHEET
OFFERED withdraw WITHDRAWN
OFFERED reject REJECTED
OFFERED expire EXPIRED
TERM_SHEET review UNDER_REVIEW
TERM_SHEET withdraw WITHDRAWN
TERM_SHEET reject REJECTED
TERM_SHEET expire EXPIRED
UNDER_REVIEW approve APPROVED 4E
UNDER_REVIEW withdraw WITHDRAWN
UNDER_REVIEW reject REJECTED
UNDER_REVIEW expire EXPIRED
APPROVED sign SIGNED
APPROVED withdraw WITHDRAWN
APPROVED reject REJECTED
APPROVED expire EXPIRED
SIGNED meet_conditions CONDITIONS_MET
SIGNED settle SETTLED
CONDITIONS_MET activate ACTIVE
CONDITIONS_MET settle SETTLED
ACTIVE watch WATCH
ACTIVE fall_overdue OVERDUE
ACTIVE declare_default DEFAULT 4E
ACTIVE settle SETTLED
ACTIVE extend EXTENDED 4E
WATCH end_watch ACTIVE
WATCH fall_overdue OVERDUE
WATCH declare_default DEFAULT 4E
WATCH settle SETTLED
WATCH extend EXTENDED 4E
EXTENDED watch WATCH
EXTENDED fall_overdue OVERDUE
EXTENDED declare_default DEFAULT 4E
EXTENDED settle SETTLED
OVERDUE catch_up ACTIVE
OVERDUE declare_default DEFAULT 4E
OVERDUE settle SETTLED
OVERDUE extend EXTENDED 4E
DEFAULT enforce ENFORCEMENT 4E
DEFAULT recover RECOVERED
ENFORCEMENT recover RECOVERED
ENFORCEMENT write_off WRITTEN_OFF 4E
"""
DRAWDOWN_TABLE = """
– request REQUESTED
REQUESTED approve APPROVED 4E
REQUESTED refuse REFUSED
APPROVED instruct INSTRUCTED
APPROVED refuse REFUSED
INSTRUCTED confirm CONFIRMED
INSTRUCTED fail FAILED
"""


def _cny(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


def test_a_deal_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(DEAL, DealState, DEAL_TABLE)
    assert next_state(None, "request") is DealState.REQUESTED


def test_a_drawdown_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(DRAWDOWN, DrawdownState, DRAWDOWN_TABLE)


def test_invariant_43_only_the_bank_by_two_people_declares_default() -> None:
    ways = [row for row in DEAL.transitions if row.to is DealState.DEFAULT]
    assert ways
    assert all(row.by == {"BANK"} and row.four_eyes for row in ways)


def test_money_is_drawn_by_two_people() -> None:
    assert DRAWDOWN.find(DrawdownState.REQUESTED, "approve").four_eyes


# --- what may be drawn


def test_e20_borrowing_base() -> None:
    lots = [Collateral(_cny("6947500")), Collateral(_cny("3532500")), Collateral(_cny("1725048"))]
    assert borrowing_base(lots, _cny(0)) == _cny("12205048.00")
    capped = [*lots[1:], Collateral(_cny("6947500"), cap=_cny("5000000"))]
    assert borrowing_base(capped, _cny("57548")) == _cny("10200000")
    assert borrowing_base(lots[:1], _cny("9000000")) == _cny(0)


def test_e21_confirmed_warehouse() -> None:
    deal = confirmed_warehouse(_cny(10_000_000), [_cny(3_000_000), _cny(4_500_000)])
    assert (deal.released, deal.core_refunds) == (_cny(7_500_000), _cny(2_500_000))
    with pytest.raises(Invalid):
        confirmed_warehouse(_cny(10), [_cny(11)])
    with pytest.raises(Invalid):
        confirmed_warehouse(_cny(10), [_cny(-1)])


money = st.integers(0, 10**13).map(lambda minor: Money(minor, "CNY"))


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


# --- what comes in

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
    assert still_owed(allocated.lines, "CNY") == _cny("1010")


def test_another_order_where_agreed_and_an_overpayment_is_kept_apart() -> None:
    order = (Part.PRINCIPAL, Part.INTEREST, Part.PENALTY, Part.COSTS)
    assert allocate_repayment(_cny("900"), DUES, order).lines[0].paid == _cny("900")
    assert allocate_repayment(_cny("1060"), DUES).unallocated == _cny("5")


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
    assert not (allocated.unallocated and still_owed(allocated.lines, "CNY"))
    first_open = next((place for place, line in enumerate(allocated.lines) if line.open), len(allocated.lines))
    assert not any(line.paid for line in allocated.lines[first_open + 1 :])


# --- how sound it is


@pytest.mark.parametrize(("days", "stage"), [(0, 1), (30, 1), (31, 2), (89, 2), (90, 3)])
def test_e13_stages(days: int, stage: int) -> None:
    assert ifrs_9_stage(days) == stage


def test_stages_by_judgement() -> None:
    assert ifrs_9_stage(0, risk_increased=True) == 2
    assert ifrs_9_stage(0, defaulted=True) == 3


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "NORMAL"), (1, "SPECIAL_MENTION"), (90, "SPECIAL_MENTION"), (91, "SUBSTANDARD"), (270, "SUBSTANDARD"),
     (271, "DOUBTFUL"), (360, "DOUBTFUL"), (361, "LOSS")],
)  # fmt: skip
def test_five_classes(days: int, expected: str) -> None:
    assert loan_class(days) is LoanClass(expected)


def test_days_past_due() -> None:
    assert days_past_due(None, DUE) == 0
    assert days_past_due(DUE, DUE) == 0
    assert days_past_due(DUE, DUE + timedelta(days=31)) == 31
    assert days_past_due(DUE + timedelta(days=5), DUE) == 0


def test_e12_expected_loss() -> None:
    exposure = Exposure(_cny(8_000_000), _cny(2_000_000), Decimal("0.40"), _cny(9_600_000), Decimal("0.40"))
    found = expected_loss(exposure, Decimal("0.025"), Decimal("0.40"), Decimal("0.25"))
    assert found.exposure == _cny(8_800_000)
    assert found.secured == _cny(5_760_000)
    assert half_up(found.loss_given_default * 100, 4) == Decimal("30.1818")
    assert found.loss == _cny("66400.00")
    with pytest.raises(Invalid):
        expected_loss(exposure, Decimal("1.1"), Decimal("0.40"), Decimal("0.25"))


shares = st.decimals(0, 1, places=4)


@given(st.builds(Exposure, money, money, shares, money, shares), shares, shares, shares)
def test_a_loss_is_never_more_than_what_is_exposed(
    exposure: Exposure, probability: Decimal, unsecured: Decimal, secured: Decimal
) -> None:
    found = expected_loss(exposure, probability, unsecured, secured)
    assert Money.zero("CNY") <= found.loss <= found.exposure
    assert min(unsecured, secured) <= found.loss_given_default <= max(unsecured, secured) or not found.exposure
    assert found.secured <= found.exposure


# --- points, odd figures, concentration

CARD = Scorecard(Decimal(20), Decimal(600), Decimal(50))


def test_e11_scorecard() -> None:
    assert half_up(CARD.factor, 5) == Decimal("28.85390")
    assert half_up(CARD.offset, 5) == Decimal("487.12288")
    assert half_up(CARD.score(Decimal("0.02")), 2) == Decimal("599.42")
    assert half_up(CARD.score_of_odds(Decimal(25)), 20) == 580
    assert half_up(CARD.default_probability(Decimal(560)) * 100, 4) == Decimal("7.4074")


@pytest.mark.parametrize("probability", [Decimal(0), Decimal(1), Decimal(-1), Decimal(2)])
def test_refuses_a_probability_that_is_none(probability: Decimal) -> None:
    with pytest.raises(Invalid):
        CARD.score(probability)


@given(st.decimals(Decimal("0.0001"), Decimal("0.9998"), places=4))
def test_points_and_probability_say_the_same(probability: Decimal) -> None:
    assert half_up(CARD.default_probability(CARD.score(probability)), 12) == probability
    assert CARD.score(probability) > CARD.score(probability + Decimal("0.0001"))


HISTORY = [42, 45, 44, 47, 43, 46, 45, 44, 46, 43, 45]


def test_e24_inventory_that_lies_too_long() -> None:
    z = robust_z(78, HISTORY)
    assert z is not None
    assert half_up(z, 4) == Decimal("22.2585")
    assert is_anomalous(78, HISTORY)
    assert half_up(inventory_days(12_000_000, 73_000_000), 1) == Decimal("60.0")


def test_a_history_that_never_moved() -> None:
    assert robust_z(46, [45, 45, 45]) is None
    assert is_anomalous(46, [45, 45, 45])
    assert not is_anomalous(45, [45, 45, 45])
    with pytest.raises(Invalid):
        robust_z(1, [])


def test_e25_concentration_of_buyers() -> None:
    assert concentration([45, 25, 15, 10, 5]) == 3_000
    assert concentration([Decimal("0.01")]) == 10_000
    with pytest.raises(Invalid):
        concentration([0])


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_concentration_lies_between_even_and_single(amounts: list[int]) -> None:
    assert Fraction(10_000, len(amounts)) <= concentration(amounts) <= 10_000


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=30), st.integers(-1000, 1000))
def test_the_odd_figure_is_odd_wherever_zero_lies(history: list[int], shift: int) -> None:
    shifted = [figure + shift for figure in history]
    assert robust_z(500 + shift, shifted) == robust_z(500, history)
