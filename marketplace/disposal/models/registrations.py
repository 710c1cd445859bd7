"""Who may bid: registrations, the deposits that are held for them, and the paddles that hide them.

A registration is a room of two, the bidder and the seller: nobody else can tell that it exists. The seller sees who registered and paid, but not which
paddle a bidder holds until bidding has ended; rivals never see more than paddles.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import SCHEMA, Base
from tenants.policies import Access, roles

ADDED_ONCE = frozenset({"select", "insert"})


class Registration(Base):
    """A firm's wish to bid in one auction. Made by the bidder, never changed."""

    __tablename__ = "registration"
    __access__ = Access(about="registration_id", read=roles("seller"), verbs=ADDED_ONCE, custodian=True)
    __table_args__ = (UniqueConstraint("auction_id", "tenant_id"),)

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    organisation: Mapped[str]
    deposit_code: Mapped[str]
    registered_at: Mapped[datetime]


class DepositMove(Base):
    """A deposit in, or its one way out: returned, applied to the price, or forfeited. Confirmed by the seller's bank, read by the bidder too.

    The key allows one move on each side, so that no deposit is returned twice; a trigger sees to it that what goes out came in (invariants 29, 30).
    `attempt`: a runner-up that is given a second chance pays its deposit again.
    """

    __tablename__ = "deposit_move"
    __access__ = Access(
        about="registration_id", read=roles("bidder", "seller"), add=roles("seller"), verbs=ADDED_ONCE, custodian=True
    )
    __table_args__ = (
        CheckConstraint("side in ('IN', 'OUT') and (side = 'IN') = (outcome = 'HELD')", name="side"),
        CheckConstraint("outcome in ('HELD', 'RETURNED', 'APPLIED', 'FORFEITED')", name="outcome"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        ForeignKeyConstraint(
            ["auction_id", "registration_id"],
            [f"{SCHEMA}.registration.auction_id", f"{SCHEMA}.registration.registration_id"],
        ),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, server_default="1")
    side: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    outcome: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reference: Mapped[str]
    at: Mapped[datetime]


class Paddle(Base):
    """The number under which a bidder bids: drawn at random by the database when the deposit is in, known to its holder alone."""

    __tablename__ = "paddle"
    __access__ = Access(verbs=frozenset({"select"}), custodian=True)
    __table_args__ = (UniqueConstraint("auction_id", "tenant_id"), CheckConstraint("number > 0", name="number"))

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
