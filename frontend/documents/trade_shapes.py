"""What calls about trades take and give."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Ratio, Shape
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Lane
from marketplace.documents.rules.particulars import MOST_LINES

MOST_TEXT = 7_000_000
Amount = Annotated[str, Field(pattern=r"^-?\d{1,16}(\.\d{1,4})?$", examples=["9925000.00"])]
Figure = Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,8})?$", examples=["500.000"])]
Code = Annotated[str, Field(max_length=200)]


class LineShape(Shape):
    """One line of a paper: what of which good at which price. `line` is that of the order it is about."""

    line: Code = ""
    goods_code: Code = ""
    goods: Code = ""
    quantity: Figure | None = None
    unit: Annotated[str, Field(max_length=20)] = ""
    price: Figure | None = None
    amount: Amount | None = None
    tax: Amount | None = None


class ParticularsBody(Shape):
    """A paper in figures. `refers`: the invoice that a payment pays. `payable`: what the whole invoice asks, where its lines do not say."""

    number: Annotated[str, Field(min_length=1, max_length=200)]
    dated: date | None = None
    seller: Code = ""
    seller_code: Code = ""
    buyer: Code = ""
    buyer_code: Code = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    order: Code = ""
    refers: Code = ""
    account: Code = ""
    due_on: date | None = None
    delivered_on: date | None = None
    payable: Amount | None = None
    lines: Annotated[list[LineShape], Field(min_length=1, max_length=MOST_LINES)]


class ParticularsView(ParticularsBody):
    """A paper in figures, who put it so and how: typed in or read from the file."""

    document_id: UUID
    source: str
    entered_by: str
    entered_at: Moment


class OrderBody(ParticularsBody):
    """An order in figures: it names its seller and its buyer."""

    seller: Annotated[str, Field(min_length=1, max_length=200)]
    buyer: Annotated[str, Field(min_length=1, max_length=200)]


class RecordBody(ParticularsBody):
    """A record of a trade: which kind of paper, and what it says."""

    kind: Paper


class TradeView(Shape):
    """A trade and how it stands: the outcome of its last match."""

    trade_id: UUID
    number: str
    seller: str
    buyer: str
    currency: str
    amount: str
    ordered_on: date | None
    state: str
    score: Ratio
    breaks: int
    flags: list[str]
    lines: int
    matched_at: Moment | None


class TradePage(Shape):
    """Trades, newest first; `next` is the cursor of the page after."""

    items: list[TradeView]
    next: UUID | None


class EntryView(Shape):
    """One line of one record."""

    number: str
    kind: str
    dated: date | None
    seller: str
    buyer: str
    goods_code: str
    quantity: str | None
    unit: str
    price: str | None
    amount: str | None
    currency: str


class FindingView(Shape):
    """A break or a flag: what differs between which records, in words."""

    code: str
    lane: str
    is_flag: bool
    one: str
    other: str | None
    reason: str


class LineView(Shape):
    """One line in its four flows."""

    line: str
    state: str
    score: Ratio
    order: list[EntryView]
    goods: list[EntryView]
    invoice: list[EntryView]
    money: list[EntryView]
    findings: list[FindingView]


class RingView(Shape):
    """A round of sales within ninety days after which the goods are where they were."""

    firms: list[str]
    goods_code: str
    since: date
    until: date


class MatchView(Shape):
    """A trade line by line, as the caller may see it."""

    trade: TradeView
    lines: list[LineView]
    rings: list[RingView]


class LotBody(Shape):
    """A lot that was weighed in under the trade."""

    lot_id: UUID
    line: Code = ""


class ShipmentBody(Shape):
    """A delivered shipment of the trade."""

    shipment_id: UUID
    line: Code = ""


class FileBody(Shape):
    """An electronic invoice (UBL 2.1), its bytes in base64."""

    name: Annotated[str, Field(min_length=1, max_length=150)]
    content: Annotated[str, Field(max_length=MOST_TEXT, description="base64 of the file")]


class TradeFileBody(FileBody):
    """A file of orders, deliveries, invoices or payments: CSV (UTF-8 or GB18030) or xlsx, its bytes in base64."""

    lane: Lane


class CellError(Shape):
    """What is wrong with one cell."""

    column: str
    reason: str


class TradeRow(Shape):
    """One row as read."""

    line: int
    cells: dict[str, str]
    errors: list[CellError]


class TradeFileView(Shape):
    """A file as read; nothing of it is imported before it is said so, and nothing while a row is wrong."""

    id: UUID
    lane: str
    name: str
    sha256: str
    good: int
    rows: list[TradeRow]
    made_at: Moment
    imported_at: Moment | None


class DealBody(Shape):
    """The deal before which a trade is laid."""

    deal_id: UUID


class OrganisationBody(Shape):
    """The other side of a trade."""

    organisation_id: UUID
