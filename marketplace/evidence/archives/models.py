"""Archives with which a firm may leave: its own rows, since each holds what that firm may see and no other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access


class FirmArchive(Base):
    """One file with everything that its firm owns or takes part in. The bytes rest in the file store under their hash until `keep_until`, then they are gone.

    `size` in bytes; `files`: how many are in it; `taken`: how often it, or a part of it, was taken away.
    """

    __tablename__ = "firm_archive"
    __access__ = Access()
    __table_args__ = (
        CheckConstraint("status in ('ASKED', 'READY', 'GONE')", name="status"),
        CheckConstraint("(status = 'ASKED') = (sha256 is null)", name="made"),
        CheckConstraint("(sha256 is null) = (keep_until is null)", name="kept"),
        CheckConstraint("size > 0 and files > 0", name="content"),
        Index("uq_firm_archive_asked", "tenant_id", unique=True, postgresql_where="status = 'ASKED'"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    asked_by: Mapped[str]
    agreed_by: Mapped[str]
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    keep_until: Mapped[datetime | None]
    files: Mapped[int | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    taken: Mapped[int] = mapped_column(server_default="0")
