"""Warnings of the blind index, as each bank keeps its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.documents import blind_constraints
from tenants.database import Base
from tenants.policies import ADDITIONS, Access

ADDITIONS.extend(blind_constraints.STATEMENTS)


class DuplicateWarning(Base):
    """A bank was warned that the same paper or goods stand behind another firm's deal as well. Whose is not known, here or anywhere it can look."""

    __tablename__ = "duplicate_warning"
    __access__ = Access(verbs=frozenset({"select", "insert"}))
    __table_args__ = (UniqueConstraint("tenant_id", "deal_id", "lot_id", "kind"), Index(None, "tenant_id", "lot_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    kind: Mapped[str]
    seen_at: Mapped[datetime]
