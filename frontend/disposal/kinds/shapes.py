"""What calls about the kinds of sale take and give."""

from typing import Annotated

from pydantic import Field

from frontend.api import Moment, MoneyShape, Shape
from frontend.disposal.record.shapes import Hash, Receipt
from frontend.disposal.shapes import Amount


class EnvelopeWish(Shape):
    """A sealed bid. `seal`: SHA-256 of the lines "bailee envelope 1", auction, paddle, amount in minor units, currency and salt (64 hexadecimal digits)."""

    seal: Hash


class Opening(Shape):
    """What opens an envelope: the amount, and the salt that went into its seal."""

    amount: Amount
    salt: Hash


class EnvelopeReceipt(Shape):
    """An envelope that was taken, or opened: its place in the book, and the signed receipt to keep."""

    sequence: int
    paddle: int
    outcome: str
    at: Moment
    leads: bool
    standing: Annotated[MoneyShape | None, Field(description="What would be paid if nothing more were opened.")]
    receipt: Receipt
