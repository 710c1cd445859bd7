"""What calls of the disposal room take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Shape
from frontend.disposal.record.shapes import Receipt
from marketplace.disposal.kind_terms import KindName
from marketplace.disposal.rules.cards import CardState, Unfit
from marketplace.disposal.rules.regimes import RegimeName

Amount = Annotated[str, Field(pattern=r"^\d{1,13}(\.\d{1,3})?$", examples=["705000.00"])]
Reference = Annotated[str, Field(min_length=1, max_length=64)]
Share = Annotated[str, Field(pattern=r"^0(\.\d{1,6})?$", examples=["0.02"], description="A share of one.")]


class Rung(Shape):
    """From this price on, a bid has to outdo the one before by this step."""

    above: MoneyShape
    step: MoneyShape


class FirstRefusalView(Shape):
    """A right to buy at the price that another bids, as it was published with the terms; `order` 1 comes first."""

    holder_id: UUID
    organisation: str
    order: int
    ground: str
    evidence: str


class AuctionView(Shape):
    """An auction as everybody may see it."""

    auction_id: UUID
    number: str
    status: str
    method: str
    regime: str
    round: int
    predecessor_id: Annotated[UUID | None, Field(description="The attempt to sell the same goods before this one.")]
    title: str
    product_name: str
    grade: str
    quantity: QuantityShape
    place: str
    start: MoneyShape
    step: MoneyShape
    increments: list[Rung]
    deposit: MoneyShape
    least_bid: Annotated[MoneyShape, Field(description="What counts now: of a falling price, what the clock shows.")]
    stage: Annotated[
        str,
        Field(
            description="Which act counts now: BIDDING, CLOCK, TAKING, SEALING, OPENING, BEST, BARGAINING; BEFORE and OVER: none."
        ),
    ]
    drop: MoneyShape | None
    drop_seconds: int | None
    floor: MoneyShape | None
    sealing_seconds: int | None
    opening_seconds: int | None
    best_seconds: int | None
    answer_seconds: Annotated[int | None, Field(description="How long an offer in a negotiated sale binds.")]
    contest_seconds: Annotated[
        int | None, Field(description="How long others may outbid who takes a fixed price first; null: nobody may.")
    ]
    standing: MoneyShape | None
    standing_paddle: int | None
    has_reserve: bool
    reserve_met: bool
    first_refusals: Annotated[int, Field(description="How many rights of first refusal were published.")]
    announced_at: Moment
    opens_at: Moment
    closes_at: Moment
    ends_at: Moment
    resumes_at: Annotated[Moment | None, Field(description="Until when the sale stands still, or last stood.")]
    halted_at: Annotated[Moment | None, Field(description="Since when it stands still by order, until that is lifted.")]
    soft_close_seconds: int
    outage_counts_seconds: int
    outage_notice_seconds: int
    outage_longest_seconds: int
    pay_days: int
    collect_days: Annotated[int, Field(description="For how long the goods wait for a buyer that paid.")]
    accept_days: Annotated[
        int, Field(description="How long the buyer may look at the goods before silence is acceptance.")
    ]
    extensions: int
    bids: int
    accepted: int
    version: int
    chain: Annotated[str, Field(description="Head of the chain of bids, SHA-256 in hex.")]
    sold: MoneyShape | None
    winning_paddle: int | None
    settled: Annotated[
        MoneyShape | None, Field(description="What was paid in the end, less what a dispute took off the price.")
    ]
    settled_paddle: Annotated[
        int | None,
        Field(description="Whose purchase it is, once it took a second chance or paid; also where it was undone."),
    ]


class AuctionPage(Shape):
    """Auctions, newest first."""

    items: list[AuctionView]
    next: UUID | None


class BidView(Shape):
    """One line of the book. `origin` is LIMIT where the house bid for the owner of a limit; `outcome` is MATCHED where a right of first refusal was used."""

    sequence: int
    paddle: int
    amount: MoneyShape
    outcome: str
    origin: str
    at: Moment
    ends_at: Moment
    hash: str


class BookQuery(Shape):
    """A page of the book, latest first; `before` is the smallest sequence of the page before."""

    before: Annotated[int, Field(ge=1, le=2**53)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Book(Shape):
    """Bids, latest first."""

    items: list[BidView]


class BidWish(Shape):
    """A bid, in the auction's currency: an amount, or a limit up to which the house bids one step above the next best, or both."""

    amount: Amount | None = None
    limit: Amount | None = None


class BidReceipt(Shape):
    """An accepted bid: its place in the book, and the signed receipt to keep."""

    sequence: int
    paddle: int
    amount: MoneyShape
    at: Moment
    ends_at: Moment
    leads: bool
    receipt: Receipt


class RegistrationView(Shape):
    """A registration: for its bidder with the code of the transfer, for the seller with the name."""

    registration_id: UUID
    bidder_id: UUID
    organisation: str
    deposit_code: str
    deposit_state: str | None
    registered_at: Moment


class Registrations(Shape):
    """Who registered, as far as the viewer may know."""

    items: list[RegistrationView]


class PlaceView(Shape):
    """Where the viewer stands."""

    registered: bool
    deposit_state: str | None
    paddle: int | None
    highest: MoneyShape | None
    limit: Annotated[MoneyShape | None, Field(description="The caller's own limit, known to nobody else.")]
    leads: bool
    right_order: Annotated[int | None, Field(description="The order of the caller's own right of first refusal.")]
    may_match: Annotated[bool, Field(description="Whether a bid of as much as stands would lead now, by that right.")]


class CardDepositView(Shape):
    """A deposit by card: while `url` is there, the card is typed at that page. `lapses_at`: until when the card's bank holds the amount."""

    auction_id: UUID
    attempt: int
    status: CardState
    amount: MoneyShape
    url: str | None
    because: Unfit | None
    opened_at: Moment
    lapses_at: Moment | None


class DepositNotice(Shape):
    """The seller's bank has booked a bidder's deposit."""

    bidder_id: UUID
    reference: Reference


class PaymentNotice(Shape):
    """The seller's bank has booked the balance."""

    reference: Reference


class SettlementView(Shape):
    """What the winner owes."""

    auction_id: UUID
    status: str
    buyer: str
    paddle: int
    price: MoneyShape
    premium: MoneyShape
    deposit: MoneyShape
    balance: MoneyShape
    pay_by: Moment
    paid_at: Moment | None
    collection_code: str


class FirstRefusals(Shape):
    """The published rights of first refusal of a sale, the one that comes first on top."""

    items: list[FirstRefusalView]


class FirstRefusalWish(Shape):
    """A right of first refusal to name: its holder by credit code or LEI, its order (equals share one), its ground and the paper that shows it."""

    code: Annotated[str, Field(min_length=1, max_length=20)]
    order: Annotated[int, Field(ge=1, le=20)] = 1
    ground: Annotated[str, Field(min_length=3, max_length=200)]
    evidence: Annotated[str, Field(min_length=3, max_length=200)]


class OutsiderWish(Shape):
    """Somebody who takes no part here and has a right to notice of the sale: you serve it, and enter the proof."""

    name: Annotated[str, Field(min_length=2, max_length=120)]
    capacity: Literal["GUARANTOR", "CLAIMANT"]


class DisposalWish(Shape):
    """Terms of a sale to propose."""

    lot_id: UUID
    regime: RegimeName
    start_price: MoneyShape
    reserve: MoneyShape | None = None
    step: MoneyShape
    larger_steps: Annotated[list[Rung], Field(max_length=19, default_factory=list)]
    deposit: MoneyShape
    opens_at: Moment
    closes_at: Moment
    authority: Annotated[str, Field(max_length=300)] = ""
    accept_days: Annotated[int | None, Field(ge=1, le=30, description="Three days where none is named.")] = None
    method: KindName = KindName.ENGLISH
    drop: Annotated[MoneyShape | None, Field(description="By how much the price falls each time.")] = None
    drop_seconds: Annotated[int | None, Field(ge=1, le=10**7)] = None
    floor: Annotated[MoneyShape | None, Field(description="Where a falling price stops.")] = None
    sealing_minutes: Annotated[int | None, Field(ge=1, le=10**7)] = None
    opening_minutes: Annotated[int | None, Field(ge=1, le=10**7)] = None
    best_minutes: Annotated[int | None, Field(ge=1, le=10**7)] = None
    answer_minutes: Annotated[
        int | None, Field(ge=1, le=10**7, description="How long an offer in a negotiated sale binds.")
    ] = None
    alone: Annotated[
        MoneyShape | None, Field(description="Up to which price one officer may strike a bargain; none: two always.")
    ] = None
    first_refusals: Annotated[
        list[FirstRefusalWish], Field(max_length=20, default_factory=list, description="Rising bids only.")
    ]
    outside_notices: Annotated[list[OutsiderWish], Field(max_length=20, default_factory=list)]


class Proposed(Shape):
    """A proposal that waits for a second pair of eyes."""

    approval_id: UUID
    summary: str


class Reason(Shape):
    """Why."""

    because: Annotated[str, Field(min_length=3, max_length=500)]
