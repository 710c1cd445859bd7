"""Calls about what a bid costs in all."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from frontend.api import Moment, MoneyShape, Ratio, Shape
from frontend.disposal.amounts import read, shaped
from frontend.disposal.blueprint import api
from frontend.disposal.shapes import Amount, Share
from marketplace.disposal import actions, queries
from marketplace.disposal.charges.actions import USUAL_DAYS, cost_of_bid
from marketplace.disposal.charges.models import SaleCharges
from marketplace.disposal.rules.charges import Charges
from marketplace.money import Money
from tenants.workspace import Workspace


class CostQuery(Shape):
    """A bid in the auction's currency (without one, the least that counts now), and after how many days the goods are collected."""

    bid: Amount | None = None
    days: Annotated[int, Field(ge=0, le=365), BeforeValidator(int)] = USUAL_DAYS


class CostView(Shape):
    """The lines of what is to be paid, and their sum. `vat` lies inside the price."""

    price: MoneyShape
    premium: MoneyShape
    tax: MoneyShape
    storage: MoneyShape
    handling: MoneyShape
    vat: MoneyShape
    total: MoneyShape


class ChargesWish(Shape):
    """What comes on top of the price, published once before the opening. Shares of one."""

    premium_share: Share
    tax_share: Share
    vat_rate: Share
    handling: MoneyShape
    storage_day: MoneyShape
    free_days: Annotated[int, Field(ge=0, le=60)] = 0


class ChargesView(Shape):
    """What was published."""

    auction_id: UUID
    premium_share: Ratio
    tax_share: Ratio
    vat_rate: Ratio
    handling: MoneyShape
    storage_day: MoneyShape
    free_days: int
    published_at: Moment


@api.look("/auctions/<uuid:auction_id>/total-cost", gives=CostView, takes=CostQuery)
def get_total_cost(ws: Workspace, auction_id: UUID, body: CostQuery) -> Any:
    """What a bid would cost in all."""
    auction = queries.find_auction(ws, auction_id)
    bid = Money.of(body.bid, auction.currency) if body.bid else None
    cost = cost_of_bid(ws, auction, bid, days=body.days)
    return {name: shaped(getattr(cost, name)) for name in CostView.model_fields}


@api.act("/auctions/<uuid:auction_id>/charges", gives=ChargesView, takes=ChargesWish, status=201)
def publish_charges(ws: Workspace, auction_id: UUID, body: ChargesWish) -> Any:
    """Publish what comes on top of the price."""
    charges = Charges(
        Decimal(body.premium_share), Decimal(body.tax_share), Decimal(body.vat_rate), read(body.handling), read(body.storage_day), body.free_days
    )  # fmt: skip
    return _published(actions.publish_charges(ws, auction_id, charges))


def _published(row: SaleCharges) -> dict[str, Any]:
    plain = ("auction_id", "premium_share", "tax_share", "vat_rate", "free_days", "published_at")
    amounts = {"handling": shaped(row.charges.handling), "storage_day": shaped(row.charges.storage_day)}
    return {name: getattr(row, name) for name in plain} | amounts
