"""What calls about negotiated sales take and give."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Shape
from frontend.disposal.record.shapes import Hash, Receipt
from frontend.disposal.shapes import Amount

Seen = Annotated[int, Field(ge=0, le=10**6, description="How many offers of the room the caller has seen: what came since is not answered unseen.")]  # fmt: skip


class OfferView(Shape):
    """An offer or counter-offer, and the signed receipt for it. `salt` opens its seal in the public book, with its amount and line."""

    turn: int
    side: str
    status: str
    amount: MoneyShape
    firm: bool
    delivery: str
    words: str
    made_at: Moment
    expires_at: Moment
    ended_at: Moment | None
    salt: Hash
    receipt: Receipt


class RoomView(Shape):
    """The room of one buyer and the seller. Nobody else finds it."""

    room_id: UUID
    organisation: str
    deposit_state: str | None
    offers: list[OfferView]
    waiting: Annotated[bool, Field(description="Whether the other side's offer waits for the caller's word.")]


class Rooms(Shape):
    """The rooms that the caller may look into. `proposed`: what of the seller's waits for its second officer."""

    items: list[RoomView]
    proposed: UUID | None


class RoomSaid(Shape):
    """The room after an act; `proposed`: it has to be agreed to by a second officer first, and nothing was said yet."""

    room: RoomView
    proposed: UUID | None


class OfferWish(Shape):
    """An offer in the sale's currency. `firm`: it cannot be withdrawn before it ends; `delivery`: how the goods change hands."""

    amount: Amount
    seen: Seen
    firm: bool = False
    delivery: Annotated[str, Field(max_length=300)] = ""
    words: Annotated[str, Field(max_length=1000)] = ""


class Acceptance(Shape):
    """A yes to what stands in the room. `because`: why a higher open offer elsewhere is passed over."""

    seen: Seen
    because: Annotated[str, Field(max_length=500)] = ""


class RoomAct(Shape):
    """What stands in the room is declined, or withdrawn by its maker."""

    seen: Seen


class FloorView(Shape):
    """What the pledgor is asked: whether the goods may go below their valuation, down to the floor."""

    auction_id: UUID
    title: str
    floor: MoneyShape
    valuation: MoneyShape
    asked_at: Moment
    ends_at: Moment
    agreed: bool | None
    answered_at: Moment | None
    answered_by: str | None


class FloorAnswer(Shape):
    """Whether the pledgor agrees."""

    agree: bool
