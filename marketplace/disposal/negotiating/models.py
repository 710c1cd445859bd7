"""Offers in the rooms of a negotiated sale, and the pledgor's word on a floor below the valuation."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.rules.negotiating import OfferState, Proposal, Side
from marketplace.money import Money
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "talks.sql").read_text())


class NegotiatedOffer(Base):
    """An offer or counter-offer in the room of one buyer and the seller. Written by the gate alone, with its sealed line in the public book.

    The room is the buyer's registration: nobody else can tell what is in it. `turn` counts the offers of a room; `sequence` is the line of the book, whose
    seal `salt` and amount open. `tenant_id` is its maker.
    """

    __tablename__ = "negotiated_offer"
    __access__ = Access(own=False, about="registration_id", read=roles("bidder", "seller"), verbs=frozenset({"select"}), custodian=True)  # fmt: skip
    __table_args__ = (
        CheckConstraint("side in ('BUYER', 'SELLER')", name="side"),
        CheckConstraint("status in ('OPEN', 'IMPROVED', 'COUNTERED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'ACCEPTED')", name="status"),
        CheckConstraint("amount_minor > 0 and made_at < expires_at", name="terms"),
        CheckConstraint("(ended_at is null) = (status = 'OPEN')", name="ended"),
        CheckConstraint("status <> 'WITHDRAWN' or not firm", name="firm"),
        CheckConstraint("status <> 'ACCEPTED' or ended_at < expires_at", name="accepted_in_time"),
        ForeignKeyConstraint(
            ["auction_id", "registration_id"],
            [f"{SCHEMA}.registration.auction_id", f"{SCHEMA}.registration.registration_id"],
        ),
        Index("uq_negotiated_offer_open", "auction_id", "registration_id", unique=True, postgresql_where="status = 'OPEN'"),
        Index("uq_negotiated_offer_accepted", "auction_id", unique=True, postgresql_where="status = 'ACCEPTED'"),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    side: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    firm: Mapped[bool]
    delivery: Mapped[str]
    words: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    sequence: Mapped[int]
    salt: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def proposal(self) -> Proposal:
        """As the rules take it."""
        return Proposal(Side(self.side), self.amount, self.firm, self.made_at, self.expires_at, OfferState(self.status))


class FloorConsent(Base):
    """Whether the pledgor agrees that its goods may go below their valuation, down to the published floor. Between the seller and the pledgor, answered once."""

    __tablename__ = "floor_consent"
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), change=roles("borrower"), custodian=True
    )
    __table_args__ = (
        CheckConstraint("0 < floor_minor and floor_minor < valuation_minor", name="below_the_valuation"),
        CheckConstraint(
            "(agreed is null) = (answered_at is null) and (agreed is null) = (answered_by is null)",
            name="answered_whole",
        ),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    title: Mapped[str]
    currency: Mapped[str]
    floor_minor: Mapped[int]
    valuation_minor: Mapped[int]
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    agreed: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]

    @property
    def floor(self) -> Money:
        return Money(self.floor_minor, self.currency)

    @property
    def valuation(self) -> Money:
        return Money(self.valuation_minor, self.currency)
