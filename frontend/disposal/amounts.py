"""Amounts as calls of the disposal room take and give them."""

from typing import Any

from frontend.api import MoneyShape
from marketplace.disposal.models.settlements import Settlement
from marketplace.money import Money


def shaped(money: Money | None) -> dict[str, str] | None:
    """An amount as a call answers it."""
    return None if money is None else {"amount": str(money.amount), "currency": money.currency}


def read(shape: MoneyShape) -> Money:
    """An amount as a call was given it."""
    return Money.of(shape.amount, shape.currency)


def settlement_told(found: Settlement) -> dict[str, Any]:
    """What a winner owes, as a call answers it."""
    plain = ("auction_id", "status", "buyer", "paddle", "pay_by", "paid_at", "collection_code")
    amounts = ("price", "premium", "deposit", "balance")
    return {name: getattr(found, name) for name in plain} | {name: shaped(getattr(found, name)) for name in amounts}
