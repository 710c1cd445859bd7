"""Confirmed warehouse and differential refund: deposits come in, the bank lets goods go against them, the core enterprise delivers."""

from uuid import UUID

from marketplace.financing.actions import record_repayment
from marketplace.guarantees.events import DeliveryNotified, DepositTaken, GoodsDelivered
from marketplace.guarantees.models import GuaranteeEntry
from marketplace.guarantees.queries import tally_of
from marketplace.guarantees.rules import EntryKind, GuaranteeKind, require_within
from marketplace.guarantees.steps import bank_reference, earlier, enter_under, held, require_given
from marketplace.money import Money
from tenants.workspace import Workspace


def take_deposit(ws: Workspace, guarantee_id: UUID, *, amount: Money, reference: str) -> GuaranteeEntry:
    """Enter what the borrower paid in under a confirmed warehouse. It pays the loan down at once, so that it bears no interest any more, and lets goods
    of its value go. The same reference and amount again are the same deposit.
    """
    ws.may("record_repayment")
    guarantee = held(ws, guarantee_id, role="bank")
    known = earlier(ws, guarantee, EntryKind.DEPOSIT, amount, reference)
    if known is not None:
        return known
    require_given(guarantee, GuaranteeKind.CONFIRMED_WAREHOUSE)
    left = (guarantee.amount - tally_of(ws, guarantee).deposited).at_least_zero()
    require_within(amount, left, "With this the deposits would be above the amount; %(most)s is left.", code="deposit_too_much")  # fmt: skip
    repayment = record_repayment(ws, guarantee.deal_id, amount=amount, reference=bank_reference(guarantee, reference))
    entry = enter_under(ws, guarantee, EntryKind.DEPOSIT, amount, reference)
    fact = DepositTaken(guarantee_id=guarantee.id, number=guarantee.number, amount=amount, reference=entry.reference)
    ws.record(fact, on=guarantee.deal_id, evidence=[repayment.id])
    return entry


def notify_delivery(ws: Workspace, guarantee_id: UUID, *, amount: Money, reference: str) -> GuaranteeEntry:
    """The bank's notice that goods of this value may leave the core enterprise. Refuses more than the deposits that are not used yet."""
    ws.may("order_release")
    guarantee = held(ws, guarantee_id, role="bank")
    known = earlier(ws, guarantee, EntryKind.NOTICE, amount, reference)
    if known is not None:
        return known
    require_given(guarantee, GuaranteeKind.CONFIRMED_WAREHOUSE)
    may = tally_of(ws, guarantee).may_be_notified
    require_within(amount, may, "The deposits let goods for %(most)s go.", code="notice_beyond_deposits")
    entry = enter_under(ws, guarantee, EntryKind.NOTICE, amount, reference)
    fact = DeliveryNotified(guarantee_id=guarantee.id, number=guarantee.number, amount=amount, reference=entry.reference)  # fmt: skip
    ws.record(fact, on=guarantee.deal_id)
    return entry


def confirm_delivery(ws: Workspace, guarantee_id: UUID, *, amount: Money, reference: str) -> GuaranteeEntry:
    """The core enterprise enters what it handed over, by its delivery note. Refuses more than it was told to deliver, or was paid for."""
    ws.may("give_guarantee")
    guarantee = held(ws, guarantee_id, role="core")
    known = earlier(ws, guarantee, EntryKind.DELIVERY, amount, reference)
    if known is not None:
        return known
    require_given(guarantee, GuaranteeKind.CONFIRMED_WAREHOUSE, GuaranteeKind.DIFFERENTIAL_REFUND)
    open_still = tally_of(ws, guarantee).to_deliver
    require_within(amount, open_still, "Goods for %(most)s are still to be delivered.", code="delivery_too_much")
    entry = enter_under(ws, guarantee, EntryKind.DELIVERY, amount, reference)
    fact = GoodsDelivered(guarantee_id=guarantee.id, number=guarantee.number, amount=amount, reference=entry.reference)
    ws.record(fact, on=guarantee.deal_id)
    return entry
