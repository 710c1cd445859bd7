"""Surprise counts: the order, its challenges, the captures that answered them, and the phones that signed."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import Access, roles

AMOUNT = Numeric(18, 3)
DEGREES = Numeric(9, 6)


class Stocktake(Base):
    """A surprise count of the goods at one site: ordered by supervisor or bank (`tenant_id`), walked by somebody who is there.

    `population` is what the sample was drawn from, `seed` what it was drawn by: with both, anybody draws it again. `statement`: what it came to.
    """

    __tablename__ = "stocktake"
    __access__ = Access(about="id", read=roles("orderer", "walker"))
    __table_args__ = (
        Index(None, "id"),
        CheckConstraint("status in ('ORDERED', 'CLOSED', 'WITHDRAWN')", name="status"),
        CheckConstraint("(status = 'CLOSED') = (statement is not null)", name="stated"),
        CheckConstraint("octet_length(seed) = 32", name="seed"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    site_id: Mapped[UUID]
    site_name: Mapped[str]
    walker_id: Mapped[UUID]
    status: Mapped[str]
    confidence: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    tolerable: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    population: Mapped[list[Any]] = mapped_column(JSONB)
    weight: Mapped[int]
    whole: Mapped[bool]
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    statement: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class Challenge(Base):
    """One lot of the sample: what the book says, and, once opened, which cards from which side until when. The walker opens and answers it."""

    __tablename__ = "stocktake_challenge"
    __access__ = Access(about="stocktake_id", read=roles("orderer", "walker"), change=roles("walker"))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "stocktake_id"], ["house.stocktake.tenant_id", "house.stocktake.id"]),
        UniqueConstraint("tenant_id", "stocktake_id", "lot_id"),
        Index(None, "id"),
        Index(None, "stocktake_id"),
        CheckConstraint("(opened_at is null) = (expires_at is null)", name="opened"),
        CheckConstraint("(outcome is null) = (answered_at is null)", name="answered"),
        CheckConstraint("outcome in ('SHOWN', 'SHORT', 'MISSED')", name="outcome"),
        CheckConstraint("book_qty > 0 and found_qty >= 0 and draws >= 0 and attempts >= 0", name="figures"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    stocktake_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    product_name: Mapped[str]
    bin_code: Mapped[str | None]
    path: Mapped[str]
    place: Mapped[int]
    draws: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    grams: Mapped[int | None]
    book_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    cards: Mapped[list[int] | None] = mapped_column(JSONB(none_as_null=True))
    view: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int]
    answered_at: Mapped[datetime | None]
    found_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    outcome: Mapped[str | None]

    @property
    def book(self) -> Quantity:
        """What should be there."""
        return Quantity(self.book_qty, self.unit)

    @property
    def found(self) -> Quantity | None:
        """What was shown, once answered."""
        return None if self.found_qty is None else Quantity(self.found_qty, self.unit)


class Capture(Base):
    """One signed picture of a lot, accepted or not; evidence about the lot for all its parties. Never changed.

    `statement` is the text that the phone signed, to the letter; `previous` chains it to the one before by the same key.
    """

    __tablename__ = "capture"
    __access__ = Access(
        about="lot_id",
        read=roles("*"),
        add=roles("warehouse", "owner", "supervisor"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (
        Index(None, "lot_id"),
        Index(None, "challenge_id"),
        UniqueConstraint("tenant_id", "phone_id", "sequence"),
        UniqueConstraint("tenant_id", "statement_sha256"),
        CheckConstraint("accepted = (grade is not null)", name="graded"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    stocktake_id: Mapped[UUID]
    challenge_id: Mapped[UUID]
    document_id: Mapped[UUID]
    phone_id: Mapped[UUID]
    fingerprint: Mapped[str]
    sequence: Mapped[int]
    statement: Mapped[str]
    statement_sha256: Mapped[str]
    photo_sha256: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    counted: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    latitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    longitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    accepted: Mapped[bool]
    grade: Mapped[str | None]
    faults: Mapped[list[str]] = mapped_column(JSONB)
    doubts: Mapped[list[str]] = mapped_column(JSONB)
    taken_by: Mapped[str]
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]


class Phone(Base):
    """A browser on a phone whose key signs captures: made there, never leaves it. `head`: the hash of its last statement, `sent` their number."""

    __tablename__ = "phone"
    __access__ = Access()
    __table_args__ = (UniqueConstraint("tenant_id", "public_key"), CheckConstraint("sent >= 0", name="sent"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    person_name: Mapped[str]
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[str]
    head: Mapped[str]
    sent: Mapped[int]
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
