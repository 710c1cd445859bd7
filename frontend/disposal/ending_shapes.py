"""What calls take and give about the end of a sale: the sharing out of its proceeds, and the handing over of the goods."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Shape
from frontend.disposal.shapes import Share


class JuniorClaim(Shape):
    """A claim behind the bank's."""

    claimant: Annotated[str, Field(min_length=1, max_length=120)]
    amount: MoneyShape


class WaterfallWish(Shape):
    """The costs of a sale; the bank's own claims come from its book."""

    storage: MoneyShape
    enforcement: MoneyShape
    commission_rate: Share
    tax_rate: Share
    resale: Annotated[MoneyShape | None, Field(description="What selling again cost after a buyer defaulted.")] = None
    juniors: Annotated[list[JuniorClaim], Field(max_length=10, default_factory=list)]


class LineView(Shape):
    """One rank of a distribution."""

    position: int
    rank: str
    claimant: str
    claimed: MoneyShape
    paid: MoneyShape


class LineInParts(LineView):
    """One rank of a price that may be distributed in two parts."""

    before: Annotated[
        MoneyShape, Field(description="What of it was paid by the first part, where a dispute held the rest.")
    ]


class DistributionView(Shape):
    """The statement of the proceeds."""

    auction_id: UUID
    receipts: MoneyShape
    deficiency: MoneyShape
    held: Annotated[
        MoneyShape,
        Field(description="What a dispute holds of the price: until it is decided the statement is provisional."),
    ]
    distributed_at: Moment
    lines: list[LineInParts]


class HandoverView(Shape):
    """Sold goods to hand to their buyer. `handed`: how much it got; less than was sold where a shortage left less."""

    auction_id: UUID
    lot_id: UUID
    status: str
    title: str
    buyer: str
    quantity: QuantityShape
    handed: QuantityShape | None
    ordered_at: Moment
    done_at: Moment | None
    collector: str | None


class Handovers(Shape):
    """Orders to hand over, open ones first."""

    items: list[HandoverView]


class Collection(Shape):
    """Who collects, and the buyer's code."""

    code: Annotated[str, Field(min_length=1, max_length=16)]
    collector: Annotated[str, Field(min_length=2, max_length=120)]
