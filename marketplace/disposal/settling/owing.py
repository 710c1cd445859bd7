"""What a buyer owes from the hammer on, and the confirmation of sale (成交确认书) that says so: made out at once, hashed, never changed."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.disposal.charges.actions import charges_of
from marketplace.disposal.events import AuctionWon
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.registering import new_code
from marketplace.disposal.rules.charges import total_cost
from marketplace.disposal.settling.events import SaleConfirmed
from marketplace.disposal.settling.models import Confirmation
from marketplace.money import Money
from tenants.errors import NotFound
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

FORM = "bailee-sale-confirmation/1"


def owe_price(
    ws: Workspace,
    auction: Auction,
    *,
    attempt: int,
    registration_id: UUID,
    buyer_id: UUID,
    paddle: int,
    price: Money,
    deposit: Money,
) -> Settlement:
    """Write down what this buyer owes, confirm the sale to it, and wait for the money. The deposit counts towards the price, never beyond it."""
    premium, counted = total_cost(price, charges_of(ws, auction), days=0).premium, min(deposit, price)
    settlement = Settlement(
        auction_id=auction.auction_id,
        attempt=attempt,
        tenant_id=ws.tenant_id,
        registration_id=registration_id,
        buyer_id=buyer_id,
        buyer=find_organisation(ws.session, buyer_id).name,
        collection_code=new_code(),
        paddle=paddle,
        status="DUE",
        currency=auction.currency,
        price_minor=price.minor,
        premium_minor=premium.minor,
        deposit_minor=counted.minor,
        balance_minor=(price + premium - counted).minor,
        hammered_at=ws.now,
        pay_by=ws.now + timedelta(days=auction.pay_days),
    )
    ws.session.add(settlement)
    ws.session.flush()
    _confirm(ws, auction, settlement)
    won = AuctionWon(auction_id=auction.auction_id, title=auction.title, price=price, balance=settlement.balance, pay_by=settlement.pay_by)  # fmt: skip
    ws.record(won, on=registration_id)
    await_payment(ws, settlement, settlement.pay_by)
    return settlement


def await_payment(ws: Workspace, settlement: Settlement, due: datetime) -> None:
    """Look at `due` whether the price is paid."""
    key = f"{settlement.auction_id}:{settlement.attempt}:{due.isoformat()}"
    ws.set_timer("disposal.expire_payment", key=key, due=due, stream_id=settlement.auction_id, attempt=settlement.attempt)  # fmt: skip


def confirmation_of(ws: Workspace, settlement: Settlement) -> Confirmation:
    """The confirmation of sale: for the seller and this buyer."""
    found = ws.session.get(Confirmation, (settlement.auction_id, settlement.attempt))
    if found is None:
        raise NotFound("settlement_unknown", "There is nothing to pay here.")
    return found


def _confirm(ws: Workspace, auction: Auction, settlement: Settlement) -> None:
    content = json.dumps(_told(ws, auction, settlement), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    made = Confirmation(
        auction_id=auction.auction_id,
        attempt=settlement.attempt,
        tenant_id=ws.tenant_id,
        registration_id=settlement.registration_id,
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        made_at=ws.now,
    )
    ws.session.add(made)
    fact = SaleConfirmed(auction_id=auction.auction_id, title=auction.title, sha256=made.sha256)
    ws.record(fact, on=settlement.registration_id, evidence=[made.sha256])


def _told(ws: Workspace, auction: Auction, settlement: Settlement) -> dict[str, Any]:
    """Goods, parties, price and terms as they stand with the hammer; figures as exact texts, so that the same sale always has the same hash."""
    cost = total_cost(settlement.price, charges_of(ws, auction), days=0)
    return {
        "form": FORM,
        "sale": {
            "id": str(auction.auction_id),
            "number": auction.number,
            "regime": auction.regime,
            "method": auction.method,
            "round": auction.round,
            "attempt": settlement.attempt,
            "bids": auction.sequence,
            "chain": auction.chain_hash.hex(),
            "ended_at": auction.ends_at.isoformat(),
        },
        "goods": {"title": auction.title, "quantity": str(auction.quantity), "unit": auction.unit, "place": auction.place},
        "seller": find_organisation(ws.session, auction.tenant_id).name,
        "buyer": {"name": settlement.buyer, "paddle": settlement.paddle},
        "price": {
            "currency": settlement.currency,
            "hammer": str(settlement.price.amount),
            "premium": str(settlement.premium.amount),
            "vat_inside": str(cost.vat.amount),
            "deposit": str(settlement.deposit.amount),
            "balance": str(settlement.balance.amount),
        },
        "confirmed_at": settlement.hammered_at.isoformat(),
        "pay_by": settlement.pay_by.isoformat(),
    }  # fmt: skip
