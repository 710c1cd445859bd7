"""Bids, written by the database's own function alone and never changed: the public book by paddle, and each bidder's own slip."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access

LOOKED_AT = frozenset({"select"})
COUNTED = ("ACCEPTED", "MATCHED", "OPENED")  # outcomes of bids that named a price and took the lead, or could have


class Bid(Base):
    """One bid in the order in which the auction's lock was reached, refused ones too.

    MATCHED: as much as stood, by a right of first refusal.
    `at` is the house's clock inside the lock; `ends_at` the end of bidding after this bid. `hash` = sha256(hash before || text of the bid), so that
    a removed or altered bid shows; the text is made by `gate.bid_text`. `origin` is LIMIT where the house bid for the owner of a limit. `limit_seal`
    binds the house to the limit that came with a bid; limit and salt are told with the hammer (`gate.open_limits`), and nothing else ever changes here.
    An envelope's seal binds its bidder: amount 0 when it is handed in, amount and salt in the line that opens it.
    An offer in a room of a negotiated sale is sealed like a limit; `origin` is SELLER for what the seller says to that paddle.
    """

    __tablename__ = "bid"
    __access__ = Access(own=False, everyone=True, verbs=LOOKED_AT, custodian=True)
    __table_args__ = (
        CheckConstraint(
            "outcome in ('ACCEPTED', 'MATCHED', 'RAISED', 'TOO_LOW', 'TOO_HIGH', 'LEADING', 'NOT_OPEN', 'CLOSED', 'SEALED', 'SEALED_ALREADY', 'OPENED', 'OPENED_ALREADY',"
            " 'SEAL_WRONG', 'NO_ENVELOPE', 'NOT_TAKER', 'OFFERED', 'WITHDRAWN', 'DECLINED')",
            name="outcome",
        ),
        CheckConstraint("origin in ('HAND', 'LIMIT', 'SELLER')", name="origin"),
        CheckConstraint(
            "limit_seal is null or outcome = 'OFFERED' or (origin = 'HAND' and outcome in ('ACCEPTED', 'MATCHED', 'RAISED', 'SEALED', 'OPENED', 'SEAL_WRONG'))",
            name="sealed",
        ),
        CheckConstraint("(limit_minor is null) = (limit_salt is null)", name="opened_whole"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    paddle: Mapped[int]
    amount_minor: Mapped[int]
    outcome: Mapped[str]
    origin: Mapped[str]
    limit_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    ends_at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    limit_minor: Mapped[int | None]
    limit_salt: Mapped[bytes | None] = mapped_column(LargeBinary)


class BidSlip(Base):
    """The bidder's own counterfoil: which of its people asked for what, and under which key, so that a bid sent twice is one bid.

    `limit_minor` is the most that the house may bid for its owner, known to nobody else while bidding is open; `stands` where the bid was taken.
    """

    __tablename__ = "bid_slip"
    __access__ = Access(verbs=LOOKED_AT, custodian=True)
    __table_args__ = (
        Index("bid_slip_limits", "auction_id", "tenant_id", "limit_minor", postgresql_where=text("stands and limit_minor is not null")),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    sequence: Mapped[int]
    amount_minor: Mapped[int]
    limit_minor: Mapped[int | None]
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    stands: Mapped[bool]
