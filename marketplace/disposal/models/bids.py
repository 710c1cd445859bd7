"""Bids, written by the database's own function alone and never changed: the public book by paddle, and each bidder's own slip."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access

LOOKED_AT = frozenset({"select"})


class Bid(Base):
    """One bid in the order in which the auction's lock was reached, refused ones too.

    `at` is the house's clock inside the lock; `ends_at` the end of bidding after this bid. `hash` = sha256(hash before || text of the bid), so that
    a removed or altered bid shows; the text is made by `gate.bid_text`.
    """

    __tablename__ = "bid"
    __access__ = Access(own=False, everyone=True, verbs=LOOKED_AT, custodian=True)
    __table_args__ = (
        CheckConstraint(
            "outcome in ('ACCEPTED', 'TOO_LOW', 'TOO_HIGH', 'LEADING', 'NOT_OPEN', 'CLOSED')", name="outcome"
        ),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    paddle: Mapped[int]
    amount_minor: Mapped[int]
    outcome: Mapped[str]
    at: Mapped[datetime]
    ends_at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class BidSlip(Base):
    """The bidder's own counterfoil: which of its people bid, and under which key, so that a bid sent twice is one bid."""

    __tablename__ = "bid_slip"
    __access__ = Access(verbs=LOOKED_AT, custodian=True)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    sequence: Mapped[int]
    amount_minor: Mapped[int]
