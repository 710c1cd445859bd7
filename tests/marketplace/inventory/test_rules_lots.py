"""Lots and receipts take the steps of the table, and no other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.lots import HELD, LOT, LotState, next_state
from marketplace.inventory.rules.receipts import RECEIPT, ReceiptState, require_conserved, require_covered
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

LOT_TABLE = """
– declare DECLARED
DECLARED receive RECEIVED
DECLARED expire EXPIRED
RECEIVED verify VERIFIED 4E
RECEIVED reject REJECTED 4E
VERIFIED reserve RESERVED
VERIFIED depart DEPARTED
RESERVED expire_reservation VERIFIED
RESERVED unreserve VERIFIED
RESERVED confirm_control PLEDGED
PLEDGED release VERIFIED
PLEDGED depart DEPARTED
PLEDGED enforce IN_DISPOSAL 4E
IN_DISPOSAL sell SOLD
IN_DISPOSAL withdraw_from_disposal PLEDGED 4E
SOLD depart DEPARTED
RECEIVED freeze FROZEN
VERIFIED freeze FROZEN
RESERVED freeze FROZEN
PLEDGED freeze FROZEN
IN_DISPOSAL freeze FROZEN
FROZEN unfreeze kept 4E
RECEIVED report_loss LOST
VERIFIED report_loss LOST
RESERVED report_loss LOST
PLEDGED report_loss LOST
IN_DISPOSAL report_loss LOST
FROZEN report_loss LOST
SOLD report_loss LOST
RECEIVED report_damage DAMAGED
VERIFIED report_damage DAMAGED
RESERVED report_damage DAMAGED
PLEDGED report_damage DAMAGED
IN_DISPOSAL report_damage DAMAGED
FROZEN report_damage DAMAGED
SOLD report_damage DAMAGED
VERIFIED split SPLIT
RESERVED split SPLIT
PLEDGED split SPLIT
VERIFIED merge MERGED
RESERVED merge MERGED
PLEDGED merge MERGED
VERIFIED transform TRANSFORMED
DECLARED inherit VERIFIED
DEPARTED find VERIFIED 4E
SPLIT find VERIFIED 4E
MERGED find VERIFIED 4E
TRANSFORMED find VERIFIED 4E
LOST find kept 4E
DAMAGED mend kept 4E
"""

RECEIPT_TABLE = """
– draft DRAFT
DRAFT issue ISSUED 4E
ISSUED endorse ISSUED
ISSUED pledge PLEDGED
PLEDGED release ISSUED 4E
ISSUED split SPLIT
ISSUED merge MERGED
PLEDGED split SPLIT 4E
PLEDGED merge MERGED 4E
ISSUED deliver DELIVERED
DELIVERED cancel CANCELLED
PLEDGED withdraw CANCELLED 4E
DRAFT discard CANCELLED
ISSUED report_loss LOST
PLEDGED report_loss LOST
LOST reissue REISSUED 4E
"""

parts = st.lists(st.integers(1, 10**9), min_size=1, max_size=8)


def test_a_lot_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(LOT, LotState, LOT_TABLE)


def test_a_receipt_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(RECEIPT, ReceiptState, RECEIPT_TABLE)


def test_pledged_goods_do_not_leave_without_the_banks_order() -> None:
    with pytest.raises(Conflict) as refusal:
        LOT.advance(LotState.PLEDGED, "depart", actor="WAREHOUSE_OPERATOR", met={"nothing_pledged"})
    assert refusal.value.code == "release_order_executed"


@pytest.mark.parametrize(
    ("machine", "state", "action"),
    [
        (LOT, LotState.RECEIVED, "verify"),
        (LOT, LotState.FROZEN, "unfreeze"),
        (LOT, LotState.PLEDGED, "enforce"),
        (RECEIPT, ReceiptState.DRAFT, "issue"),
        (RECEIPT, ReceiptState.PLEDGED, "release"),
        (RECEIPT, ReceiptState.PLEDGED, "split"),
    ],
)
def test_what_needs_four_eyes(machine: Any, state: Any, action: str) -> None:
    assert machine.find(state, action).four_eyes


def test_timeouts_of_a_lot() -> None:
    then = datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert LOT.due_at(LotState.DECLARED, "expire", then) == then + timedelta(hours=72)
    assert LOT.due_at(LotState.RESERVED, "expire_reservation", then) == then + timedelta(days=7)


@given(st.sampled_from(HELD))
def test_a_thawed_lot_is_where_it_was(held: LotState) -> None:
    assert next_state(next_state(held, "freeze"), "unfreeze", kept=held) is held


def _tonnes(*amounts: str) -> list[Quantity]:
    return [Quantity.of(amount, "TNE") for amount in amounts]


def test_e33_receipt_split() -> None:
    require_conserved(_tonnes("500.000"), _tonnes("200.000", "300.000"))
    with pytest.raises(Conflict) as refusal:
        require_conserved(_tonnes("500.000"), _tonnes("200.000", "299.999"))
    assert refusal.value.code == "quantity_not_conserved"


def test_no_empty_receipt() -> None:
    with pytest.raises(Invalid):
        require_conserved(_tonnes("500.000"), _tonnes("500.000", "0"))
    with pytest.raises(Invalid):
        require_conserved(_tonnes("500.000"), [])


@given(parts, st.integers(-3, 3))
def test_split_and_merge_conserve_to_the_base_unit(pieces: list[int], error: int) -> None:
    children = [Quantity.from_base_units(piece, "TNE") for piece in pieces]
    parent = Quantity.from_base_units(sum(pieces) + error, "TNE")
    if sum(pieces) + error <= 0:
        return
    for before, after in (([parent], children), (children, [parent])):
        if error:
            with pytest.raises(Conflict):
                require_conserved(before, after)
        else:
            require_conserved(before, after)


@given(parts, st.integers(-3, 3))
def test_receipts_never_exceed_the_goods(pieces: list[int], spare: int) -> None:
    receipts = [Quantity.from_base_units(piece, "TNE") for piece in pieces]
    on_hand = Quantity.from_base_units(sum(pieces) + spare, "TNE")
    if spare < 0:
        with pytest.raises(Conflict):
            require_covered(receipts, on_hand)
    else:
        require_covered(receipts, on_hand)
