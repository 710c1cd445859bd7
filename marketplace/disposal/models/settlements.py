"""After the hammer: who pays what by when, how the proceeds are shared out, and how the goods change hands."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import SCHEMA, Base
from tenants.policies import Access, roles

ADDED_ONCE = frozenset({"select", "insert"})


class Settlement(Base):
    """What the winner owes the seller: price and premium less the deposit applied, by a deadline. Between the seller and this one bidder."""

    __tablename__ = "settlement"
    __access__ = Access(about="registration_id", read=roles("bidder", "seller"), add=roles("seller"), counted=True)
    __table_args__ = (
        CheckConstraint(
            "price_minor + premium_minor = deposit_minor + balance_minor and premium_minor >= 0", name="balance"
        ),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("status in ('DUE', 'PAID', 'DEFAULTED', 'RESCINDED')", name="status"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    buyer_id: Mapped[UUID]
    buyer: Mapped[str]
    collection_code: Mapped[str]
    paddle: Mapped[int]
    status: Mapped[str]
    currency: Mapped[str]
    price_minor: Mapped[int]
    premium_minor: Mapped[int] = mapped_column(server_default="0")
    deposit_minor: Mapped[int]
    balance_minor: Mapped[int]
    hammered_at: Mapped[datetime]
    pay_by: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    payment_reference: Mapped[str | None]

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def premium(self) -> Money:
        """The buyer's commission on top of the price."""
        return Money(self.premium_minor, self.currency)

    @property
    def balance(self) -> Money:
        return Money(self.balance_minor, self.currency)

    @property
    def deposit(self) -> Money:
        return Money(self.deposit_minor, self.currency)


class Distribution(Base):
    """The proceeds of one sale, or the value at which goods were taken over, approved by four eyes. Read by the parties of the deal.

    `auction_id` is that of the seller's file: the sale, or the appropriation. `part`: 1, and 2 once what a dispute held of the price is free; the second
    states the whole again. `held_minor`: what of the price was still held then, so that the deficiency is provisional; nothing in the last part.
    """

    __tablename__ = "distribution"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), verbs=ADDED_ONCE)
    __table_args__ = (
        CheckConstraint("part in (1, 2) and held_minor >= 0 and (part = 1 or held_minor = 0)", name="part"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.disposal.auction_id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    approval_id: Mapped[UUID]
    currency: Mapped[str]
    receipts_minor: Mapped[int]
    deficiency_minor: Mapped[int]
    held_minor: Mapped[int] = mapped_column(server_default="0")
    distributed_at: Mapped[datetime]

    @property
    def held(self) -> Money:
        return Money(self.held_minor, self.currency)

    @property
    def is_last(self) -> bool:
        """Whether all is shared out that ever will be."""
        return not self.held_minor


class WaterfallLine(Base):
    """One rank of the distribution: what was claimed and what was paid, and to whom it goes (invariants 13, 14).

    `before_minor`: what of it the first part had paid already, where this is the second.
    """

    __tablename__ = "waterfall_line"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), verbs=ADDED_ONCE)
    __table_args__ = (
        CheckConstraint("paid_minor >= 0 and claimed_minor >= paid_minor", name="paid"),
        CheckConstraint("before_minor between 0 and paid_minor", name="before"),
        ForeignKeyConstraint(
            ["auction_id", "part"], [f"{SCHEMA}.distribution.auction_id", f"{SCHEMA}.distribution.part"]
        ),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    rank: Mapped[str]
    label: Mapped[str]
    currency: Mapped[str]
    claimed_minor: Mapped[int]
    paid_minor: Mapped[int]
    before_minor: Mapped[int] = mapped_column(server_default="0")

    @property
    def claimed(self) -> Money:
        return Money(self.claimed_minor, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_minor, self.currency)

    @property
    def before(self) -> Money:
        return Money(self.before_minor, self.currency)

    @property
    def unpaid(self) -> Money:
        return self.claimed - self.paid


class Handover(Base):
    """The order to hand goods to their buyer (放货): given when they are paid for, executed by the warehouse, which finds it by the lot.

    `attempt`: of the settlement; 0 for goods that were taken over at their value, which nobody bid for. HELD while a dispute is open, RETURNING once
    the purchase was undone. `handed_qty`: how much was handed over, where a shortage left less than was sold.
    """

    __tablename__ = "handover"
    __access__ = Access(
        about="lot_id",
        read=roles("bank", "warehouse"),
        add=roles("bank"),
        change=roles("warehouse"),
        custodian=True,
    )
    __table_args__ = (
        CheckConstraint("status in ('ORDERED', 'HELD', 'DONE', 'CANCELLED', 'RETURNING', 'RETURNED')", name="status"),
        CheckConstraint("(returned_at is not null) = (status = 'RETURNED')", name="returned"),
        CheckConstraint("handed_qty > 0 and handed_qty < quantity", name="handed"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.disposal.auction_id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    buyer_id: Mapped[UUID]
    buyer: Mapped[str]
    title: Mapped[str]
    collection_code: Mapped[str]
    status: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    handed_qty: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    ordered_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    collector: Mapped[str | None]
    returned_at: Mapped[datetime | None]

    @property
    def goods(self) -> Quantity:
        return Quantity(self.quantity, self.unit)

    @property
    def handed(self) -> Quantity:
        """How much of them the buyer has, once it has them."""
        return Quantity(self.quantity if self.handed_qty is None else self.handed_qty, self.unit)
