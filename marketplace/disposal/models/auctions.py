"""The auction as everybody may see it, and the seller's own file behind it."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Interval,
    LargeBinary,
    Numeric,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.outage_terms import OutageRule
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import SCHEMA, Base
from tenants.policies import Access


class Auction(Base):
    """One public sale of one lot: its published terms, and the standing bid.

    Public from the day it is announced: whoever may see the market sees it whole, signed out too. What must stay hidden (the reserve, the deal,
    whose paddle is whose) stands in other tables. `tenant_id` is the seller: the secured creditor, or its auctioneer.
    `round` counts the attempts to sell these goods, `predecessor_id` is the one before: whoever looks at a second attempt finds the first.
    Money in minor units of `currency`. `sequence` counts the bids, `version` everything that moves in the room. `ends_at` begins as `closes_at` and
    only ever moves later, but for a falling price: whoever stops its clock ends it, or begins the windows that follow. `contest_seconds`: how long others may outbid who
    takes a fixed price first; null: nobody may. `method` is the kind of sale; what it
    announces of its own is null in other kinds (`rules/kinds/terms.py`). `chain_hash` is the head of the chain of bids. `reserve_seal` binds the seller to a reserve that nobody sees; the seal is opened
    with the hammer. `first_refusals`: how many rights of first refusal were published with the terms (`first_refusals/models.py`). `settled_paddle`: whose purchase it is after the hammer, once it took a second chance or paid; `settled_minor`: what
    it paid, less what a dispute took off the price, null until then and where the sale was undone. The hammer stays what it was. `stood` is how long the sale's own clock has stood still in outages, `resumes_at` until when it does (`rules/outages.py`), `halted_at` since when it does by an order that is not lifted (`outages/models.py`).
    """

    __tablename__ = "auction"
    __access__ = Access(everyone=True, custodian=True)
    __table_args__ = (
        CheckConstraint("start_minor > 0 and deposit_minor >= 0", name="terms"),
        CheckConstraint(
            "step_floors[1] = 0 and 0 < all (step_sizes) and cardinality(step_floors) = cardinality(step_sizes)",
            name="steps",
        ),
        CheckConstraint(
            "opens_at < closes_at and opens_at <= ends_at and (closes_at <= ends_at or ((drop_minor is not null or method in ('FIXED', 'NEGOTIATED')) and standing_paddle is not null))",
            name="times",
        ),
        CheckConstraint(
            "(method like 'DUTCH%') = (drop_minor is not null) and (method like 'DUTCH%') = (drop_seconds is not null)"
            " and (method like 'DUTCH%') = (floor_minor is not null) and (method like '%SEALED%') = (opening_seconds is not null)"
            " and (method = 'DUTCH_SEALED_BEST') = (sealing_seconds is not null) and (method = 'DUTCH_SEALED_BEST') = (best_seconds is not null)"
            " and (method = 'NEGOTIATED') = (answer_seconds is not null) and (contest_seconds is null or (method = 'FIXED' and contest_seconds > 0))",
            name="kind",
        ),
        CheckConstraint("stood >= interval '0' and (resumes_at is null) = (stood = interval '0')", name="stood"),
        CheckConstraint(
            "outage_counts_seconds > 0 and outage_notice_seconds > 0 and outage_longest_seconds > 0", name="outages"
        ),
        CheckConstraint("drop_minor > 0 and drop_seconds > 0 and floor_minor between 1 and start_minor", name="clock"),
        CheckConstraint("collect_days between 1 and 365 and accept_days between 1 and 30", name="after_payment"),
        CheckConstraint("(standing_minor is null) = (standing_paddle is null)", name="standing"),
        CheckConstraint("standing_minor >= coalesce(floor_minor, start_minor)", name="standing_at_least_start"),
        CheckConstraint("has_reserve = (reserve_seal is not null)", name="reserve_sealed"),
        CheckConstraint("(opened_reserve_minor is null) = (opened_salt is null)", name="opened_whole"),
        CheckConstraint("(settled_minor is null or settled_paddle is not null) and settled_minor > 0", name="settled"),
        CheckConstraint("opened_salt is null or closed_at is not null", name="opened_at_the_end"),
        UniqueConstraint("tenant_id", "predecessor_id"),
        Index(None, "tenant_id", "announced_at"),
        Index(None, "status", "ends_at"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[str]
    status: Mapped[str]
    method: Mapped[str]
    regime: Mapped[str]
    round: Mapped[int]
    predecessor_id: Mapped[UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"))
    title: Mapped[str]
    product_name: Mapped[str]
    grade: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    place: Mapped[str]
    currency: Mapped[str]
    start_minor: Mapped[int]
    step_floors: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    step_sizes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    deposit_minor: Mapped[int]
    has_reserve: Mapped[bool]
    first_refusals: Mapped[int] = mapped_column(server_default="0")
    reserve_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    soft_close_seconds: Mapped[int]
    drop_minor: Mapped[int | None]
    drop_seconds: Mapped[int | None]
    floor_minor: Mapped[int | None]
    sealing_seconds: Mapped[int | None]
    opening_seconds: Mapped[int | None]
    best_seconds: Mapped[int | None]
    answer_seconds: Mapped[int | None]
    contest_seconds: Mapped[int | None]
    outage_counts_seconds: Mapped[int]
    outage_notice_seconds: Mapped[int]
    outage_longest_seconds: Mapped[int]
    pay_days: Mapped[int]
    collect_days: Mapped[int] = mapped_column(server_default="10")
    accept_days: Mapped[int] = mapped_column(server_default="3")
    announced_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    resumes_at: Mapped[datetime | None]
    halted_at: Mapped[datetime | None]
    stood: Mapped[timedelta] = mapped_column(Interval, server_default="0")
    version: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    extensions: Mapped[int] = mapped_column(default=0)
    standing_minor: Mapped[int | None]
    standing_paddle: Mapped[int | None]
    reserve_met: Mapped[bool] = mapped_column(default=False)
    chain_hash: Mapped[bytes] = mapped_column(LargeBinary)
    closed_at: Mapped[datetime | None]
    sold_minor: Mapped[int | None]
    winning_paddle: Mapped[int | None]
    settled_minor: Mapped[int | None]
    settled_paddle: Mapped[int | None]
    opened_reserve_minor: Mapped[int | None]
    opened_salt: Mapped[bytes | None] = mapped_column(LargeBinary)

    def money(self, minor: int | None) -> Money | None:
        """An amount of this auction, in its currency."""
        return None if minor is None else Money(minor, self.currency)

    @property
    def start(self) -> Money:
        return Money(self.start_minor, self.currency)

    @property
    def step(self) -> Money:
        """The step that the next bid has to take, or that one above the start price has to."""
        return self.increments.step_at(self.standing or self.start)

    @property
    def increments(self) -> Increments:
        return Increments.kept(zip(self.step_floors, self.step_sizes, strict=True), self.currency)

    @property
    def kind(self) -> KindName:
        return KindName(self.method)

    @property
    def own(self) -> KindTerms:
        """What its kind of sale announces of its own."""
        lengths = {name: getattr(self, f"{name}_seconds") for name in ("sealing", "opening", "best", "answer")}
        return KindTerms(
            kind=self.kind,
            drop=self.money(self.drop_minor),
            every=None if self.drop_seconds is None else timedelta(seconds=self.drop_seconds),
            floor=self.money(self.floor_minor),
            **{name: None if length is None else timedelta(seconds=length) for name, length in lengths.items()},
        )

    @property
    def runs_from(self) -> datetime:
        """From when a falling clock counts its steps: the opening, and the time that the sale has stood still."""
        return self.opens_at + self.stood

    @property
    def sealed_until(self) -> datetime:
        """Until when plain sealed bids are handed in."""
        return self.closes_at + self.stood

    @property
    def outage_rule(self) -> OutageRule:
        """What was published about outages."""
        counts, notice, longest = (timedelta(seconds=one) for one in (self.outage_counts_seconds, self.outage_notice_seconds, self.outage_longest_seconds))  # fmt: skip
        return OutageRule(counts, notice, longest)

    @property
    def lowest(self) -> Money:
        """The least at which the goods could go: the start price, or the floor of a falling one."""
        return self.own.lowest(self.start)

    @property
    def deposit(self) -> Money:
        return Money(self.deposit_minor, self.currency)

    @property
    def standing(self) -> Money | None:
        return self.money(self.standing_minor)

    @property
    def sold(self) -> Money | None:
        return self.money(self.sold_minor)

    @property
    def settled(self) -> Money | None:
        """The price that was paid, less what went back to the buyer; None before it is paid, and where the sale was undone."""
        return self.money(self.settled_minor)

    @property
    def goods(self) -> Quantity:
        return Quantity(self.quantity, self.unit)

    @property
    def least_minor(self) -> int:
        """The lowest bid that counts now: the start price, then a step above the standing bid."""
        return self.start_minor if self.standing is None else self.increments.above(self.standing).minor


class Disposal(Base):
    """The seller's own file of an auction: which deal and lot it comes from, and the reserve that bidders must not see.

    `alone_minor`: up to which price one officer may strike a bargain in a negotiated sale; null: two always.
    """

    __tablename__ = "disposal"
    __access__ = Access(custodian=True)
    __table_args__ = (
        CheckConstraint("reserve_minor is null or reserve_minor > 0", name="reserve"),
        CheckConstraint("(reserve_minor is null) = (reserve_salt is null)", name="reserve_salted"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    warehouse_id: Mapped[UUID]
    supervisor_id: Mapped[UUID]
    authority: Mapped[str]
    reserve_minor: Mapped[int | None]
    reserve_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    alone_minor: Mapped[int | None]
    valuation_minor: Mapped[int]
    approval_id: Mapped[UUID]
