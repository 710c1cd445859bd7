"""Alarm rules as the supervisor set them: each change a version of its own, never overwritten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access


class AlarmRuleVersion(Base):
    """The figures of one alarm type in one scope from `from_at` on: for goods of an HS code (empty: any), at a site (None: any).

    `figures` None: withdrawn. Two people made it, so it names both. What judged a reading is found by the reading's own time.
    """

    __tablename__ = "alarm_rule_version"
    __access__ = Access(verbs=frozenset({"select", "insert"}))
    __table_args__ = (Index(None, "tenant_id", "type", "from_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    hs_code: Mapped[str]
    site_id: Mapped[UUID | None]
    from_at: Mapped[datetime]
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    because: Mapped[str]
    set_by: Mapped[str]
    approved_by: Mapped[str]
