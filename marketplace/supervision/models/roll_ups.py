"""Roll-ups of readings: an hour or a day of one sensor in one row."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from tenants.database import Base
from tenants.policies import Access


class ReadingRollUp(Base):
    """What one sensor said of one subject from `start_at` on for `width_seconds`: an hour or a day, in UTC. Kept when the points themselves are dropped."""

    __tablename__ = "reading_roll_up"
    __access__ = Access(about="subject_id", read=VIEWERS)
    __table_args__ = (
        CheckConstraint("width_seconds in (3600, 86400)", "an_hour_or_a_day"),
        Index(None, "subject_id", "metric", "width_seconds", "start_at"),
        Index("ix_reading_roll_up_device", "tenant_id", "device_id", "metric", "width_seconds", "start_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    width_seconds: Mapped[int] = mapped_column(primary_key=True)
    start_at: Mapped[datetime] = mapped_column(primary_key=True)
    unit: Mapped[str]
    points: Mapped[int]
    least: Mapped[Decimal] = mapped_column(Numeric)
    greatest: Mapped[Decimal] = mapped_column(Numeric)
    total: Mapped[Decimal] = mapped_column(Numeric)
