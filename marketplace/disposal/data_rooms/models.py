"""The data room of a sale: papers that the seller lets bidders read, under a promise to keep them to themselves, and who opened which.

Papers and openings are the seller's rows. Bidders come to them by the gate alone, which looks at their promise and their deposit and writes the opening down
before it tells where the bytes are; so no bidder learns of another, and nothing is opened unseen.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "data_rooms.sql").read_text())
ADDED_ONCE = frozenset({"select", "insert"})


class DataRoom(Base):
    """That there is one, and the promise that opens it. Read by all who registered."""

    __tablename__ = "data_room"
    __access__ = Access(about="auction_id", read=roles("buyer"), verbs=ADDED_ONCE, custodian=True)
    __table_args__ = (
        CheckConstraint("terms_sha256 = encode(sha256(convert_to(terms, 'UTF8')), 'hex')", name="terms_hash"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    tenant_id: Mapped[UUID]
    terms: Mapped[str]
    terms_sha256: Mapped[str]
    opened_at: Mapped[datetime]


class DataRoomPass(Base):
    """A bidder's promise to keep what it reads to itself: by a named person, over the terms with this hash. Never changed."""

    __tablename__ = "data_room_pass"
    __access__ = Access(about="registration_id", read=roles("seller"), verbs=ADDED_ONCE, custodian=True)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID]
    organisation: Mapped[str]
    signed_by: Mapped[str]
    terms_sha256: Mapped[str]
    signed_at: Mapped[datetime]


class SalePaper(Base):
    """One version of a paper. `scope`: whom it is for. `withheld`: what was blacked out of it; such a copy steps aside for whoever may read the whole.

    `whole_id`: the paper of which it is the copy. `sha256`: of the bytes in the file store.
    """

    __tablename__ = "sale_paper"
    __access__ = Access(custodian=True)
    __table_args__ = (
        CheckConstraint("scope in ('REGISTERED', 'DEPOSITED')", name="scope"),
        CheckConstraint("size > 0 and version > 0 and sha256 ~ '^[0-9a-f]{64}$'", name="content"),
        CheckConstraint("(whole_id is null) = (withheld = '') and (whole_id is null or scope = 'REGISTERED')", name="redacted"),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    paper_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    version: Mapped[int]
    replaces: Mapped[UUID | None]
    scope: Mapped[str]
    whole_id: Mapped[UUID | None]
    withheld: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class PaperOpening(Base):
    """A bidder opened a paper: who, which version, when. Written by the gate, read by the seller."""

    __tablename__ = "paper_opening"
    __access__ = Access(verbs=frozenset({"select"}), custodian=True)
    __table_args__ = (Index(None, "auction_id", "paper_id"),)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    opening_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    paper_id: Mapped[UUID]
    bidder_id: Mapped[UUID]
    organisation: Mapped[str]
    opened_by: Mapped[str]
    sha256: Mapped[str]
    opened_at: Mapped[datetime]
