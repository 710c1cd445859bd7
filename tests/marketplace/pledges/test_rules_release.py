"""What stays always carries the loan; what leaves was ordered; what is pledged is controlled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money
from marketplace.pledges.rules.control import ControlRecord, SupervisionMode, require_control
from marketplace.pledges.rules.lifecycle import (
    PLEDGE,
    RELEASE_ORDER,
    PledgeState,
    ReleaseState,
    is_impaired,
    next_state,
)
from marketplace.pledges.rules.release import (
    Cover,
    floor_value,
    largest_release,
    require_releasable,
    require_within_order,
)
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
PLEDGE_TABLE = """
– draft DRAFT
DRAFT sign SIGNED
DRAFT cancel CANCELLED
SIGNED register REGISTERED
SIGNED accept_control ACTIVE 4E
SIGNED cancel CANCELLED
REGISTERED accept_control ACTIVE 4E
REGISTERED cancel CANCELLED
ACTIVE release_part ACTIVE 4E
ACTIVE substitute ACTIVE 4E
ACTIVE top_up ACTIVE 4E
ACTIVE impair IMPAIRED
ACTIVE enforce ENFORCING 4E
ACTIVE release RELEASED
IMPAIRED top_up ACTIVE 4E
IMPAIRED restore_control ACTIVE 4E
IMPAIRED enforce ENFORCING 4E
ENFORCING lift_enforcement ACTIVE 4E
IMPAIRED release RELEASED
ENFORCING realise REALISED
ENFORCING release RELEASED
"""
ORDER_TABLE = """
– request REQUESTED
REQUESTED order ORDERED 4E
REQUESTED refuse REFUSED
ORDERED execute EXECUTED
ORDERED revoke REVOKED
"""
E19 = Cover(Money.of("8000000", "CNY"), Money.of("12500000", "CNY"), Decimal("0.70"))
PRICE = Money.of("19850", "CNY")


def test_a_pledge_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(PLEDGE, PledgeState, PLEDGE_TABLE)
    assert next_state(PledgeState.DRAFT, "sign") is PledgeState.SIGNED


def test_a_release_order_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(RELEASE_ORDER, ReleaseState, ORDER_TABLE)


@pytest.mark.parametrize("action", ["release_part", "substitute", "top_up", "enforce"])
def test_the_bank_acts_on_a_pledge_by_two_people(action: str) -> None:
    row = PLEDGE.find(PledgeState.ACTIVE, action)
    assert row.four_eyes
    assert row.by == {"BANK"}


def test_e19_floor_and_releases() -> None:
    assert floor_value(E19) == Money.of("11428571.43", "CNY")
    require_releasable(E19, PRICE.times(50))
    assert E19.stock_value - PRICE.times(50) == Money.of("11507500", "CNY")
    with pytest.raises(Conflict) as refusal:
        require_releasable(E19, PRICE.times(60))
    assert refusal.value.facts == {"left": "CNY 11309000.00", "floor": "CNY 11428571.43"}
    assert largest_release(E19, PRICE, "TNE") == Quantity.of("53.976", "TNE")


def test_an_agreed_floor_binds_where_it_is_higher() -> None:
    cover = replace(E19, control_floor=Money.of("12000000", "CNY"))
    with pytest.raises(Conflict):
        require_releasable(cover, PRICE.times(50))
    require_releasable(cover, Money.of("500000", "CNY"))


def test_a_paid_debt_frees_everything_and_an_unpaid_one_never_all() -> None:
    require_releasable(replace(E19, outstanding=Money.zero("CNY")), E19.stock_value)
    with pytest.raises(Conflict):
        require_releasable(replace(E19, outstanding=Money(1, "CNY")), E19.stock_value)


@pytest.mark.parametrize("released", ["-1", "12500000.01"])
def test_refuses_a_release_of_what_is_not_there(released: str) -> None:
    with pytest.raises(Invalid):
        require_releasable(E19, Money.of(released, "CNY"))


@pytest.mark.parametrize("ltv", [Decimal(0), Decimal("1.01"), Decimal(-1)])
def test_refuses_a_loan_to_value_that_is_none(ltv: Decimal) -> None:
    with pytest.raises(Invalid):
        floor_value(replace(E19, initial_ltv=ltv))


covers = st.builds(
    Cover,
    st.integers(0, 10**12).map(lambda minor: Money(minor, "CNY")),
    st.integers(0, 10**12).map(lambda minor: Money(minor, "CNY")),
    st.decimals(Decimal("0.01"), 1, places=4),
)


@given(covers, st.integers(1, 10**8))
def test_invariant_21_after_the_largest_release_and_not_a_base_unit_more(cover: Cover, price: int) -> None:
    unit_value = Money(price, "CNY")
    most = largest_release(cover, unit_value, "TNE")
    left = cover.stock_value.exact - unit_value.exact * most.exact
    if cover.stock_value.exact >= cover.required:
        assert left >= cover.required
        assert left * Fraction(cover.initial_ltv) >= cover.outstanding.exact
        assert left - unit_value.exact / 1000 < cover.required
    else:
        assert not most


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**6), max_size=8))
def test_invariant_5_no_more_leaves_than_was_ordered(ordered: int, trucks: list[int]) -> None:
    order, out = Quantity.from_base_units(ordered, "TNE"), Quantity.zero("TNE")
    for truck in trucks:
        leaving = Quantity.from_base_units(truck, "TNE")
        try:
            require_within_order(order, out, leaving)
        except Conflict:
            assert out + leaving > order
            continue
        out = out + leaving
    assert out <= order


def test_an_order_is_used_up_to_its_last_base_unit() -> None:
    order = Quantity.of("10", "TNE")
    require_within_order(order, Quantity.of("4", "TNE"), Quantity.of("6", "TNE"))
    with pytest.raises(Conflict):
        require_within_order(order, Quantity.of("4", "TNE"), Quantity.of("6.001", "TNE"))


def test_the_whole_value_may_be_lent_and_the_cheapest_goods_released() -> None:
    cover = Cover(Money.of("100", "CNY"), Money.of("100.05", "CNY"), 1)
    assert floor_value(cover) == Money.of("100", "CNY")
    assert largest_release(cover, Money(1, "CNY"), "TNE") == Quantity.of("5", "TNE")
    assert not largest_release(cover, Money(0, "CNY"), "TNE")


def test_nothing_leaves_on_an_order_of_nothing() -> None:
    with pytest.raises(Invalid):
        require_within_order(Quantity.of("1", "TNE"), Quantity.zero("TNE"), Quantity.zero("TNE"))


CONTROL = ControlRecord("supervisor", "bank", SupervisionMode.CONTROL, NOW, ("photo",))


def test_invariant_6_and_7_control_creates_the_pledge() -> None:
    require_control(CONTROL, "bank", {"sme", "sme's brother"}, NOW)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (replace(CONTROL, mode=SupervisionMode.MONITORING), "supervisor_only_watches"),
        (replace(CONTROL, principal="sme"), "principal_not_pledgee"),
        (replace(CONTROL, supervisor="sme's brother"), "supervisor_affiliated"),
        (replace(CONTROL, effective_at=NOW + timedelta(seconds=1)), "control_not_effective"),
        (replace(CONTROL, evidence_ids=()), "control_without_evidence"),
    ],
)
def test_what_is_not_control(record: ControlRecord, code: str) -> None:
    with pytest.raises(Conflict) as refusal:
        require_control(record, "bank", {"sme", "sme's brother"}, NOW)
    assert refusal.value.code == code


def test_control_lost_for_more_than_two_hours_impairs() -> None:
    assert not is_impaired(None, NOW)
    assert not is_impaired(NOW - timedelta(hours=2), NOW)
    assert is_impaired(NOW - timedelta(hours=2, microseconds=1), NOW)
