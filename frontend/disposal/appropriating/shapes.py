"""What calls about goods that are taken over take and give."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Shape
from frontend.disposal.ending_shapes import JuniorClaim, LineView
from frontend.disposal.shapes import Share


class AppropriationWish(Shape):
    """Goods to take over at `value`. `buyer_id`: whose they become, where not the bank's own."""

    lot_id: UUID
    value: MoneyShape
    storage: MoneyShape
    enforcement: MoneyShape
    tax_rate: Share
    juniors: Annotated[list[JuniorClaim], Field(max_length=10, default_factory=list)]
    buyer_id: UUID | None = None


class AppropriationView(Shape):
    """A proposal to take goods over. `surplus`, `deficiency` and `lines`: as proposed, and as booked once it is done."""

    id: UUID
    deal_id: UUID
    lot_id: UUID
    status: str
    title: str
    quantity: QuantityShape
    value: MoneyShape
    valuation: MoneyShape
    valued_at: Moment
    surplus: MoneyShape
    deficiency: MoneyShape
    lines: list[LineView]
    buyer_id: UUID
    buyer: str
    proposed_at: Moment
    answer_by: Moment
    take_by: Moment
    answered_at: Moment | None
    answered_by: str | None
    done_at: Moment | None
    surplus_paid_at: Moment | None
    surplus_reference: str | None


class AppropriationPage(Shape):
    """Proposals of the caller's deals, newest first."""

    items: list[AppropriationView]
    next: UUID | None


class AppropriationAnswer(Shape):
    """Whether the pledgor agrees."""

    accept: bool
