"""The desk: rosters, shifts, what officers confirm each hour, and handovers. A roster is the room that its banks look into."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.rules.duty import DutyShift
from tenants.database import Base
from tenants.policies import Access, roles

BANK = roles("bank")


class Roster(Base):
    """A plan for [starts_at, ends_at): in every minute of it two officers or more are on duty."""

    __tablename__ = "duty_roster"
    __access__ = Access(about="id", read=BANK)
    __table_args__ = (Index(None, "id"), CheckConstraint("starts_at < ends_at", name="forwards"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]


class Shift(Base):
    """One officer's watch, its end not included. One that a later plan replaced keeps its row with `replaced_at` and counts no more."""

    __tablename__ = "duty_shift"
    __access__ = Access(about="roster_id", read=BANK)
    __table_args__ = (
        Index(None, "tenant_id", "ends_at"),
        Index(None, "roster_id", "starts_at"),
        CheckConstraint("starts_at < ends_at and ends_at <= starts_at + interval '12 hours'", name="length"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    roster_id: Mapped[UUID]
    officer_id: Mapped[UUID]
    officer: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]

    @property
    def planned(self) -> DutyShift:
        """As the rules take it."""
        return DutyShift(str(self.officer_id), self.starts_at, self.ends_at)


class LivenessCheck(Base):
    """What was heard of an officer in one hour of a shift: confirmed in time, or missed and perhaps answered later. `rungs`: how far it was told up."""

    __tablename__ = "liveness_check"
    __access__ = Access(about="roster_id", read=BANK)
    __table_args__ = (
        CheckConstraint("num_nonnulls(confirmed_at, missed_at) = 1", name="heard_or_not"),
        CheckConstraint("answered_at is null or missed_at is not null", name="answered"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    shift_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot_at: Mapped[datetime] = mapped_column(primary_key=True)
    roster_id: Mapped[UUID]
    confirmed_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    rungs: Mapped[int] = mapped_column(default=0)


class Handover(Base):
    """What one officer left to another: open alarms and a note under one digest, signed by both. `alarms`: [{id, number, severity, type, status}]."""

    __tablename__ = "duty_handover"
    __access__ = Access(about="roster_id", read=BANK)
    __table_args__ = (
        UniqueConstraint("tenant_id", "shift_id", "taker_id"),
        CheckConstraint("giver_id <> taker_id", name="two_people"),
        CheckConstraint("(taken_at is null) = (taken_by is null)", name="taken"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    roster_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    giver_id: Mapped[UUID]
    giver: Mapped[str]
    taker_id: Mapped[UUID]
    taker: Mapped[str]
    note: Mapped[str]
    alarms: Mapped[list[Any]] = mapped_column(JSONB)
    digest: Mapped[str]
    given_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None]


class Drill(Base):
    """A test alarm: the desk was rung as for an alarm of this severity and answered in its time, or missed. `script`: what was to be supposed."""

    __tablename__ = "duty_drill"
    __access__ = Access(about="roster_id", read=BANK)
    __table_args__ = (
        Index(None, "tenant_id", "rung_at"),
        Index(None, "roster_id"),
        CheckConstraint("severity in ('CRITICAL', 'MAJOR', 'MINOR')", name="severity"),
        CheckConstraint("num_nonnulls(answered_at, missed_at) <= 1", name="one_end"),
        CheckConstraint("(answered_at is null) = (answered_by is null)", name="answered"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    roster_id: Mapped[UUID]
    number: Mapped[str]
    severity: Mapped[str]
    script: Mapped[str]
    rung_by: Mapped[str]
    rung_by_id: Mapped[UUID]
    rung_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    missed_at: Mapped[datetime | None]
