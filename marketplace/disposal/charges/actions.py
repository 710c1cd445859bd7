"""Publishing what comes on top of a price, and what a bid would cost in all."""

from dataclasses import replace
from uuid import UUID

from marketplace.disposal.charges.events import ChargesPublished
from marketplace.disposal.charges.models import SaleCharges
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_auction, is_seller, least_bid
from marketplace.disposal.rules.charges import (
    PREMIUM_BANDS,
    Charges,
    TotalCost,
    free_of_charge,
    require_charges,
    total_cost,
)
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

USUAL_DAYS = 14


def publish_charges(ws: Workspace, auction_id: UUID, charges: Charges) -> SaleCharges:
    """Say what comes on top of the price, before the opening and once: from then on it stands still like all terms."""
    ws.may("prepare_disposal")
    auction = find_auction(ws, auction_id, lock=True)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    if auction.status != AuctionState.ANNOUNCED or ws.now >= auction.opens_at:
        raise Conflict("sale_begun", "Bidding has begun: the terms stand still.")
    if charges_row(ws, auction_id) is not None:
        raise Conflict("charges_published", "The charges of this sale are published already.")
    if {charges.handling.currency, charges.storage_day.currency} != {auction.currency}:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="handling", currency=auction.currency)
    require_charges(charges)
    return _publish(ws, auction, charges)


def charges_row(ws: Workspace, auction_id: UUID) -> SaleCharges | None:
    """What was published; None where nothing was."""
    return ws.session.get(SaleCharges, auction_id)


def charges_of(ws: Workspace, auction: Auction) -> Charges:
    """What comes on top of the price of this sale; nothing where nothing was published."""
    row = charges_row(ws, auction.auction_id)
    if row is None:
        return free_of_charge(auction.currency)
    return replace(row.charges, premium_most=PREMIUM_BANDS.get(RegimeName(auction.regime), ()))


def cost_of_bid(ws: Workspace, auction: Auction, price: Money | None = None, *, days: int = USUAL_DAYS) -> TotalCost:
    """What a bid would cost in all; without one, the least that counts now. Refuses another currency and a price of nothing."""
    bid = least_bid(auction, ws.now) if price is None else price
    if bid.currency != auction.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="bid", currency=auction.currency)
    if bid.minor <= 0:
        raise Invalid("amount_not_positive", "A bid is above zero.", field="bid")
    return total_cost(bid, charges_of(ws, auction), days=days)


def _publish(ws: Workspace, auction: Auction, charges: Charges) -> SaleCharges:
    row = SaleCharges(
        auction_id=auction.auction_id,
        tenant_id=ws.tenant_id,
        currency=auction.currency,
        premium_share=charges.premium_share,
        tax_share=charges.tax_share,
        vat_rate=charges.vat_rate,
        handling_minor=charges.handling.minor,
        storage_day_minor=charges.storage_day.minor,
        free_days=charges.free_days,
        published_at=ws.now,
    )
    ws.session.add(row)
    ws.session.flush()
    told = ChargesPublished(
        auction_id=auction.auction_id, title=auction.title, premium_share=row.premium_share, tax_share=row.tax_share,
        handling=charges.handling, storage_day=charges.storage_day, free_days=charges.free_days,
    )  # fmt: skip
    ws.record(told, on=auction.auction_id)
    return row
