"""Amounts as calls of the disposal room take and give them."""

from typing import Any

from frontend.api import MoneyShape, QuantityShape
from frontend.language import said
from marketplace.disposal.models.settlements import Handover, Settlement
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.approvals import Approval


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


def measured(shape: QuantityShape | None) -> Quantity | None:
    """A quantity as a call was given it."""
    return None if shape is None else Quantity.of(shape.amount, shape.unit)


def handover_told(order: Handover) -> dict[str, Any]:
    """An order to hand goods over, as a call answers it."""
    plain = ("auction_id", "lot_id", "status", "title", "buyer", "ordered_at", "done_at", "collector")
    return {name: getattr(order, name) for name in plain} | {
        "quantity": {"amount": str(order.quantity), "unit": order.unit},
        "handed": {"amount": str(order.handed.amount), "unit": order.unit} if order.done_at else None,
    }


def proposal_told(approval: Approval) -> dict[str, Any]:
    """A proposal that waits for a second pair of eyes."""
    return {"approval_id": approval.id, "summary": said(approval.summary)}
