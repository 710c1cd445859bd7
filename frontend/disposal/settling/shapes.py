"""What calls after the hammer take and give."""

from uuid import UUID

from frontend.api import Moment, MoneyShape, Shape
from frontend.disposal.shapes import Reason, Reference


class ConfirmationView(Shape):
    """The confirmation of sale: `content` is canonical JSON, `sha256` the hash of its UTF-8 bytes."""

    auction_id: UUID
    attempt: int
    content: str
    sha256: str
    made_at: Moment


class CureWish(Reason):
    """The payment left in time and is booked late."""

    transfer: Reference


class CureView(Shape):
    """A late booking that was announced; the deposit waits until `until`."""

    auction_id: UUID
    attempt: int
    by: str
    because: str
    reference: str
    asked_at: Moment
    until: Moment


class ChanceView(Shape):
    """The goods offered to the runner-up at its own last bid."""

    auction_id: UUID
    attempt: int
    status: str
    paddle: int
    price: MoneyShape
    deposit: MoneyShape
    offered_at: Moment
    answer_by: Moment
    deposit_by: Moment | None


class ChanceAnswer(Shape):
    """Whether the runner-up takes the goods."""

    accept: bool


class BarView(Shape):
    """A buyer that did not pay, and until when it may not bid."""

    auction_id: UUID
    bidder_id: UUID
    bidder: str
    title: str
    barred_at: Moment
    until_at: Moment
    appeal: str | None
    lifted_at: Moment | None
    lifted_because: str | None


class Bars(Shape):
    """Bars, the latest first: of the whole house for firms that sell, its own for a buyer."""

    items: list[BarView]
