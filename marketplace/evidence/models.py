"""Evidence bundles that a firm asked for: its own rows, since each holds what that firm may see and no other."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access


class EvidenceBundle(Base):
    """One file with a deal's evidence as its firm may see it. The bytes rest in the file store under their hash.

    `because`: why it could not be made, as a sentence. `size` in bytes; `files`: how many are in it.
    """

    __tablename__ = "evidence_bundle"
    __access__ = Access()
    __table_args__ = (
        CheckConstraint("status in ('ASKED', 'READY', 'REFUSED')", name="status"),
        CheckConstraint("(status = 'READY') = (sha256 is not null)", name="ready"),
        CheckConstraint("size > 0 and files > 0", name="content"),
        Index(None, "tenant_id", "deal_id"),
        Index("uq_evidence_bundle_asked", "tenant_id", "deal_id", unique=True, postgresql_where="status = 'ASKED'"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    deal_number: Mapped[str]
    status: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    files: Mapped[int | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    because: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    taken: Mapped[int] = mapped_column(server_default="0")
