"""A sale and a deposit take the steps of their tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.disposal.rules.lifecycle import (
    AUCTION,
    DEPOSIT,
    AuctionState,
    DepositState,
    next_state,
)

AUCTION_TABLE = """
– draft DRAFT
DRAFT submit REVIEW
DRAFT cancel CANCELLED
REVIEW publish ANNOUNCED 4E
REVIEW send_back DRAFT
REVIEW cancel CANCELLED
ANNOUNCED open OPEN
ANNOUNCED pause PAUSED
ANNOUNCED cancel CANCELLED 4E
OPEN bid OPEN
OPEN bid_as_creditor OPEN
OPEN knock_down SOLD
OPEN close_unsold NO_SALE
OPEN pause PAUSED
OPEN cancel CANCELLED 4E
PAUSED resume kept
PAUSED cancel CANCELLED 4E
SOLD confirm_payment PAID
SOLD miss_payment BUYER_DEFAULT
PAID hand_over HANDED_OVER
PAID rescind RESCINDED
PAID come_to_nothing RESCINDED
HANDED_OVER close CLOSED
HANDED_OVER rescind RESCINDED
RESCINDED relist ANNOUNCED 4E
RESCINDED give_up CANCELLED 4E
BUYER_DEFAULT second_chance SOLD 4E
BUYER_DEFAULT relist ANNOUNCED 4E
BUYER_DEFAULT give_up CANCELLED 4E
NO_SALE relist ANNOUNCED 4E
NO_SALE sell_off ANNOUNCED 4E
NO_SALE appropriate SOLD 4E
NO_SALE give_up CANCELLED 4E
"""


DEPOSIT_TABLE = """
– receive HELD
HELD return RETURNED
HELD apply APPLIED
HELD forfeit FORFEITED
"""


END = datetime(2025, 6, 2, 10, 0, tzinfo=UTC)


def test_a_sale_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(AUCTION, AuctionState, AUCTION_TABLE)
    assert next_state(AuctionState.PAUSED, "resume", kept=AuctionState.OPEN) is AuctionState.OPEN


def test_a_deposit_ends_once(try_machine: Any) -> None:
    try_machine(DEPOSIT, DepositState, DEPOSIT_TABLE)


def test_a_buyer_has_ten_days_to_pay() -> None:
    assert AUCTION.due_at(AuctionState.SOLD, "miss_payment", END) == END + timedelta(days=10)
