"""What the papers of a trade say, line by line, in one shape for all four flows: order, goods, invoice and money.

An entry is one line of one record: an order's line, what a delivery or receipt note counted of it, what an invoice asks for it, what was paid on an
invoice. Seller and buyer keep their sides in every flow: the payee of a payment is a seller, its payer a buyer.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

from marketplace.documents.rules.content import Paper
from marketplace.quantity import UNITS


class Lane(StrEnum):
    """The four flows as people lay them side by side."""

    ORDER = "ORDER"
    GOODS = "GOODS"
    INVOICE = "INVOICE"
    MONEY = "MONEY"


class State(StrEnum):
    """How a trade stands: all four flows agree; something is still to come; something contradicts."""

    MATCHED = "MATCHED"
    OPEN = "OPEN"
    BROKEN = "BROKEN"


PAPERS: dict[Lane, tuple[Paper, ...]] = {
    Lane.ORDER: (Paper.PURCHASE_ORDER, Paper.CONTRACT),
    Lane.GOODS: (Paper.DELIVERY_NOTE, Paper.GOODS_RECEIPT, Paper.WEIGHBRIDGE_TICKET, Paper.BILL_OF_LADING, Paper.PROOF_OF_DELIVERY),
    Lane.INVOICE: (Paper.VAT_INVOICE,),
    Lane.MONEY: (Paper.PAYMENT_PROOF,),
}  # fmt: skip
# What arrived counts before what was sent.
RECEIPTS = frozenset({Paper.GOODS_RECEIPT, Paper.WEIGHBRIDGE_TICKET, Paper.PROOF_OF_DELIVERY})


@dataclass(frozen=True, slots=True)
class Party:
    """A firm as a paper names it; `code`: its USCC, LEI or VAT number where the paper gives one."""

    name: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.code)

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def identity(self) -> str:
        """What tells it from others where no codes can be compared: its name without case, spaces and signs."""
        return plain_word(self.name) or plain_word(self.code)

    def differs_from(self, other: "Party") -> bool:
        """Whether the two are surely not one firm: a paper that names nobody contradicts nobody."""
        if self.code and other.code:
            return plain_word(self.code) != plain_word(other.code)
        return bool(self.name and other.name) and plain_word(self.name) != plain_word(other.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one record. Amounts in minor units of `currency`; `tax` on top of `amount`.

    `number`: of the record. `order`, `line`: of the order that it is about. `refers`: the invoice that a payment pays. `payable`: what the whole invoice
    asks, where it says so. `due_on`: when goods or money are owed. `delivered_on`: the day of delivery that an invoice names. `room`: the deal behind
    which the trade stands.
    """

    lane: Lane
    number: str
    order: str = ""
    line: str = ""
    dated: date | None = None
    seller: Party = Party()
    buyer: Party = Party()
    goods_code: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    amount: int | None = None
    tax: int = 0
    payable: int | None = None
    currency: str = "CNY"
    refers: str = ""
    account: str = ""
    due_on: date | None = None
    delivered_on: date | None = None
    paper: Paper | None = None
    room: UUID | None = None
    id: UUID | None = None

    @property
    def is_receipt(self) -> bool:
        """Whether it says what arrived, not what was sent."""
        return self.paper in RECEIPTS

    @property
    def is_counted(self) -> bool:
        """Pieces are counted and agree or do not; only what is measured has a tolerance."""
        return self.unit not in UNITS or not UNITS[self.unit].divisible

    def quantity_in(self, unit: str) -> Fraction | None:
        """The quantity in another unit; None where it says none, or the two measure different things."""
        if self.quantity is None:
            return None
        if self.unit == unit:
            return Fraction(self.quantity)
        one, other = UNITS.get(self.unit), UNITS.get(unit)
        if one is None or other is None or one.dimension != other.dimension:
            return None
        return Fraction(self.quantity) * one.worth / other.worth

    def price_in(self, unit: str) -> Fraction | None:
        """The price of one `unit`."""
        if self.price is None:
            return None
        if self.unit == unit:
            return Fraction(self.price)
        one, other = UNITS.get(self.unit), UNITS.get(unit)
        if one is None or other is None or one.dimension != other.dimension:
            return None
        return Fraction(self.price) * other.worth / one.worth


@lru_cache(maxsize=65_536)
def plain_word(written: str) -> str:
    """A name or number as it is compared: NFKC, without case, spaces and punctuation."""
    folded = unicodedata.normalize("NFKC", written).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def lane_of(paper: Paper) -> Lane | None:
    """Which flow a kind of paper speaks of; None for certificates, policies and photographs."""
    return next((lane for lane, papers in PAPERS.items() if paper in papers), None)
