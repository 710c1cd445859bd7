"""A loan that outgrows its goods is called, cured to the initial line, or escalated in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exact import half_up
from marketplace.financing.rules.margin import (
    MARGIN_CALL,
    CallState,
    Lines,
    Zone,
    call_deadlines,
    call_step,
    cure,
    is_cured,
    trigger_price,
    zone,
)
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

LINES = Lines(Decimal("0.65"), Decimal("0.70"), Decimal("0.75"), Decimal("0.85"))
DEBT = Money.of("6500000", "CNY")
TABLE = """
– open OPEN
– liquidate ESCALATED
OPEN notify NOTIFIED
OPEN liquidate ESCALATED
OPEN cure CURED
OPEN cancel CANCELLED
NOTIFIED accept ACCEPTED
NOTIFIED take_as_accepted ACCEPTED
NOTIFIED dispute DISPUTED
NOTIFIED liquidate ESCALATED
NOTIFIED cure CURED
NOTIFIED cure_in_part PARTIAL
NOTIFIED expire EXPIRED
NOTIFIED cancel CANCELLED
ACCEPTED liquidate ESCALATED
ACCEPTED cure CURED
ACCEPTED cure_in_part PARTIAL
ACCEPTED expire EXPIRED
ACCEPTED cancel CANCELLED
ACCEPTED uphold_objection CANCELLED 4E
DISPUTED reject_objection ACCEPTED 4E
DISPUTED uphold_objection CANCELLED 4E
DISPUTED liquidate ESCALATED
DISPUTED cure CURED
DISPUTED cure_in_part PARTIAL
DISPUTED expire EXPIRED
DISPUTED cancel CANCELLED
PARTIAL liquidate ESCALATED
PARTIAL cure CURED
PARTIAL cure_in_part PARTIAL
PARTIAL expire EXPIRED
PARTIAL cancel CANCELLED
PARTIAL uphold_objection CANCELLED 4E
EXPIRED cure CURED
EXPIRED escalate ESCALATED
EXPIRED uphold_objection CANCELLED 4E
ESCALATED cure CURED
ESCALATED extend ACCEPTED 4E
ESCALATED uphold_objection CANCELLED 4E
ESCALATED declare_default DEFAULTED 4E
"""


def _cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_a_call_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(MARGIN_CALL, CallState, TABLE)


@pytest.mark.parametrize("action", ["extend", "declare_default"])
def test_only_the_bank_by_two_people_ends_an_escalation(action: str) -> None:
    row = MARGIN_CALL.find(CallState.ESCALATED, action)
    assert row.four_eyes
    assert row.by == {"BANK"}


def test_e3_call() -> None:
    value = _cny("8500000")
    assert half_up(DEBT.ratio(value), 4) == Decimal("0.7647")
    assert zone(DEBT, value, LINES) is Zone.CALL
    needed = cure(DEBT, value, LINES)
    assert (needed.cash, needed.goods) == (_cny("975000.00"), _cny("1500000.00"))


def test_e4_liquidation() -> None:
    value = _cny("7200000")
    assert half_up(DEBT.ratio(value), 4) == Decimal("0.9028")
    assert zone(DEBT, value, LINES) is Zone.LIQUIDATION
    needed = cure(DEBT, value, LINES)
    assert (needed.cash, needed.goods) == (_cny("1820000.00"), _cny("2800000.00"))


def test_e5_trigger_prices() -> None:
    assert trigger_price(DEBT, LINES.call, 500) == _cny("17333.33")
    assert trigger_price(DEBT, LINES.liquidation, 500) == _cny("15294.12")
    with pytest.raises(Conflict):
        trigger_price(DEBT, LINES.call, 0)
    with pytest.raises(Conflict):
        trigger_price(DEBT, 0, 500)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9285714.30", Zone.SAFE),
        ("9285714.28", Zone.WARN),
        ("8666666.67", Zone.WARN),
        ("8666666.66", Zone.CALL),
        ("7647058.83", Zone.CALL),
        ("7647058.82", Zone.LIQUIDATION),
        ("0", Zone.LIQUIDATION),
    ],
)
def test_zones_to_the_fen(value: str, expected: Zone) -> None:
    assert zone(DEBT, _cny(value), LINES) is expected


def test_on_the_line_is_beyond_it() -> None:
    assert [zone(_cny(owed), _cny("100"), LINES) for owed in ("69.99", "70", "75", "85")] == [
        Zone.SAFE,
        Zone.WARN,
        Zone.CALL,
        Zone.LIQUIDATION,
    ]
    assert zone(_cny("0"), _cny("0"), LINES) is Zone.SAFE
    assert zone(_cny("0.01"), _cny("0"), LINES) is Zone.LIQUIDATION


@pytest.mark.parametrize(
    "wrong", [{"initial": 0}, {"warn": Decimal("0.6")}, {"call": Decimal("0.9")}, {"liquidation": Decimal("1.1")}]
)
def test_refuses_lines_out_of_order(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        replace(LINES, **wrong)


def test_deadlines_skip_weekends_and_moved_days() -> None:
    friday = datetime(2025, 3, 7, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    due = call_deadlines(friday)
    assert due.delivery_proof_at == friday + timedelta(hours=1)
    assert due.answer_at == friday + timedelta(hours=4)
    assert due.cure_at.isoformat() == "2025-03-11T23:30:00+08:00"
    before_festival = call_deadlines(datetime(2025, 1, 27, 2, 0, tzinfo=UTC))
    assert before_festival.cure_at.isoformat() == "2025-02-06T10:00:00+08:00"


def test_what_a_revaluation_does() -> None:
    assert call_step(Zone.SAFE, True, None) is None
    assert call_step(Zone.WARN, False, None) is None
    assert call_step(Zone.CALL, False, None) == "open"
    assert call_step(Zone.LIQUIDATION, False, None) == "liquidate"
    assert call_step(Zone.CALL, False, CallState.NOTIFIED) is None
    assert call_step(Zone.WARN, False, CallState.NOTIFIED) is None
    assert call_step(Zone.SAFE, True, CallState.PARTIAL) == "cure"
    assert call_step(Zone.LIQUIDATION, False, CallState.ACCEPTED) == "liquidate"
    assert call_step(Zone.LIQUIDATION, False, CallState.ESCALATED) is None
    assert call_step(Zone.LIQUIDATION, False, CallState.CURED) is None


amounts = st.integers(1, 10**13).map(lambda minor: Money(minor, "CNY"))
ladders = st.lists(st.decimals(Decimal("0.01"), 1, places=4), min_size=4, max_size=4).map(
    lambda shares: Lines(*sorted(shares))
)


@given(amounts, amounts, ladders)
def test_either_cure_cures_and_a_fen_less_does_not(owed: Money, value: Money, lines: Lines) -> None:
    needed = cure(owed, value, lines)
    fen = Money(1, "CNY")
    assert is_cured(owed - needed.cash, value, lines)
    assert is_cured(owed, value + needed.goods, lines)
    assert bool(needed.cash) == bool(needed.goods) == (not is_cured(owed, value, lines))
    if needed.cash:
        assert not is_cured(owed - needed.cash + fen, value, lines)
        assert not is_cured(owed, value + needed.goods - fen, lines)


@given(amounts, amounts, amounts, ladders)
def test_a_falling_value_never_improves_the_zone(owed: Money, value: Money, lost: Money, lines: Lines) -> None:
    order = list(Zone)
    lower = (value - lost).at_least_zero()
    assert order.index(zone(owed, lower, lines)) >= order.index(zone(owed, value, lines))


@given(amounts, ladders, st.decimals(Decimal("0.001"), 10**5, places=3))
def test_at_the_trigger_price_the_loan_meets_the_line(owed: Money, lines: Lines, tonnes: Decimal) -> None:
    price = trigger_price(owed, lines.call, tonnes)
    value_at_line = owed.exact / Fraction(lines.call)
    assert abs(price.exact * Fraction(tonnes) - value_at_line) <= Fraction(tonnes) * Fraction(1, 200)


@given(st.sampled_from(Zone), st.booleans(), st.sampled_from([None, *CallState]))
def test_invariant_44_reviewing_twice_changes_nothing(zone_now: Zone, cured: bool, state: CallState | None) -> None:
    cured = cured and zone_now is Zone.SAFE
    action = call_step(zone_now, cured, state)
    if action is None:
        return
    after = MARGIN_CALL.next_state(state, action)
    assert call_step(zone_now, cured, after) is None
