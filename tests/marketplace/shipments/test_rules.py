"""Goods move on proof, pledged goods on the bank's word, and what differs on arrival is disputed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.quantity import Quantity
from marketplace.shipments.rules import (
    SHIPMENT,
    Leaving,
    ShipmentState,
    arrival_step,
    may_leave,
    next_state,
    require_may_leave,
)
from tenants.errors import Conflict, Invalid

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
TABLE = """
– plan PLANNED
PLANNED book BOOKED
PLANNED cancel CANCELLED
BOOKED pick_up PICKED_UP
BOOKED cancel CANCELLED
PICKED_UP depart IN_TRANSIT
PICKED_UP report_exception EXCEPTION
IN_TRANSIT reach_milestone IN_TRANSIT
IN_TRANSIT arrive ARRIVED
IN_TRANSIT report_exception EXCEPTION
EXCEPTION resolve_exception kept
ARRIVED deliver DELIVERED
ARRIVED dispute DISPUTED
DELIVERED dispute DISPUTED
DELIVERED close CLOSED
DISPUTED resolve_dispute CLOSED
"""


def _tonnes(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def test_a_shipment_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(SHIPMENT, ShipmentState, TABLE)
    assert next_state(ShipmentState.EXCEPTION, "resolve_exception", kept=ShipmentState.IN_TRANSIT) == "IN_TRANSIT"


def test_nothing_is_picked_up_without_permission_to_leave() -> None:
    with pytest.raises(Conflict) as refusal:
        SHIPMENT.advance(ShipmentState.BOOKED, "pick_up", actor="LOGISTICS", met={"both_signed"})
    assert refusal.value.code == "may_leave"


LEAVING = Leaving(_tonnes("50"), pledged=_tonnes("30"), released=_tonnes("30"))


def test_invariant_5_pledged_goods_leave_on_the_banks_word() -> None:
    require_may_leave(LEAVING)
    require_may_leave(replace(LEAVING, pledged=_tonnes("0"), released=_tonnes("0")))
    require_may_leave(replace(LEAVING, released=_tonnes("0"), transit_consent=True))
    with pytest.raises(Conflict) as refusal:
        require_may_leave(replace(LEAVING, released=_tonnes("29.999")))
    assert refusal.value.code == "release_order_needed"


@pytest.mark.parametrize("wrong", [{"quantity": _tonnes("0")}, {"pledged": _tonnes("50.001")}])
def test_refuses_a_shipment_of_nothing_or_of_more_pledged_than_shipped(wrong: dict[str, Quantity]) -> None:
    with pytest.raises(Invalid):
        require_may_leave(replace(LEAVING, **wrong))  # type: ignore[arg-type]


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_unreleased_pledged_goods_never_leave(quantity: int, pledged: int, released: int) -> None:
    whole, held, freed = (Quantity.from_base_units(units, "TNE") for units in (quantity, pledged, released))
    leaving = Leaving(whole, held, freed)
    assert may_leave(leaving) == (pledged <= released)


@pytest.mark.parametrize(
    ("received", "step"),
    [("500", "deliver"), ("498.500", "deliver"), ("498.499", "dispute"), ("501.500", "deliver"), ("501.501", "dispute"),
     ("0", "dispute")],
)  # fmt: skip
def test_what_differs_on_arrival_is_disputed(received: str, step: str) -> None:
    assert arrival_step(_tonnes("500"), _tonnes(received)) == step
    SHIPMENT.find(ShipmentState.ARRIVED, step)


def test_refuses_to_compare_with_nothing() -> None:
    with pytest.raises(Invalid):
        arrival_step(_tonnes("0"), _tonnes("0"))


@given(st.integers(1, 10**8), st.integers(0, 10**8), st.decimals(0, 1, places=4))
def test_the_dispute_begins_right_above_the_tolerance(handed: int, received: int, tolerance: Decimal) -> None:
    step = arrival_step(Quantity.from_base_units(handed, "TNE"), Quantity.from_base_units(received, "TNE"), tolerance)
    assert (step == "dispute") == (Fraction(abs(handed - received), handed) > Fraction(tolerance))
