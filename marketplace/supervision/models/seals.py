"""Seals over readings: what binds the house to each message that it took, without the message itself. Added, never changed, and kept when readings are let go."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from marketplace.supervision.models.readings import APPEND_ONLY
from tenants.database import Base
from tenants.policies import ADDITIONS, Access


class ReadingSeal(Base):
    """One seal in the chain that a firm keeps of what its devices say of one lot (or of themselves, where they watch none). See `rules.seals` for its hashes."""

    __tablename__ = "reading_seal"
    __access__ = Access(about="subject_id", read=VIEWERS, verbs=APPEND_ONLY)
    __table_args__ = (
        CheckConstraint("number > 0 and batches > 0 and first_at <= last_at", name="covers_something"),
        CheckConstraint(
            "octet_length(root) = 32 and octet_length(previous) = 32 and octet_length(head) = 32", name="hashes"
        ),
        UniqueConstraint("tenant_id", "subject_id", "previous"),
        Index(None, "subject_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed_at: Mapped[datetime]
    batches: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    head: Mapped[bytes] = mapped_column(LargeBinary)


class SealedBatch(Base):
    """A message's word on a subject, in the one seal that covers it: the primary key leaves it no second. `place`: from 0, in the seal's tree.

    `let_go_at`: when the word itself was let go at the end of its retention, by the gate (`sql/letting_go.sql`).
    """

    __tablename__ = "sealed_batch"
    __access__ = Access(about="subject_id", read=VIEWERS, verbs=APPEND_ONLY, custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "subject_id", "number"],
            ["house.reading_seal.tenant_id", "house.reading_seal.subject_id", "house.reading_seal.number"],
        ),
        UniqueConstraint("tenant_id", "subject_id", "number", "place"),
        CheckConstraint("octet_length(digest) = 32 and octet_length(series) = 32", name="hashes"),
        Index("ix_sealed_batch_kept", "tenant_id", "last_at", postgresql_where="let_go_at is null"),
        Index("ix_sealed_batch_gone", "subject_id", "last_at", postgresql_where="let_go_at is not null"),
        Index(
            "ix_sealed_batch_gone_device", "tenant_id", "device_id", "last_at", postgresql_where="let_go_at is not null"
        ),
        CheckConstraint("place >= 0 and first_at <= last_at", name="lies_somewhere"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    place: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    series: Mapped[bytes] = mapped_column(LargeBinary)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    let_go_at: Mapped[datetime | None]


ADDITIONS.append((Path(__file__).parent.parent / "sql" / "letting_go.sql").read_text())
ADDITIONS.append((Path(__file__).parent.parent / "sql" / "halls.sql").read_text())
