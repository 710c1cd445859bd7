"""Grades of evidence as they were found: a row each time a lot's grade or its reasons change, never edited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access, roles


class EvidenceGrade(Base):
    """A lot's grade from a moment on, by a version of the table. `findings`: [{factor, grade, says, figure}], as the rule told them.

    Its guards and the bank that lends on it write it down; never the pledgor.
    """

    __tablename__ = "evidence_grade"
    __access__ = Access(
        about="lot_id",
        read=roles("*"),
        add=roles("supervisor", "warehouse", "bank"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (
        Index(None, "lot_id", "id"),
        CheckConstraint("grade in ('A', 'B', 'C', 'D', 'E')", name="grade"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    at: Mapped[datetime]
    grade: Mapped[str]
    version: Mapped[str]
    findings: Mapped[list[Any]] = mapped_column(JSONB)
