"""Alarms: what was found wrong, where, how bad, and what people made of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from tenants.database import Base
from tenants.policies import Access, roles

GUARDS = roles("supervisor", "warehouse")


class Alarm(Base):
    """One thing found wrong at one originator, from its raising to its disposition (domain model, section 3).

    Two truths that move apart: whether it still holds (`cleared_at`) and whether a duty officer has taken note (`acknowledged_at`). `about_id` is the
    lot, site or device whose grants let others in. There is at most one active alarm for each originator and type; a repetition refreshes it.

    (`boot`, `sequence`): the place in the device's chain of the message that showed it; none where an alarm is about how messages arrive. Messages that
    come late may tell another story: then the alarm is superseded (`superseded_by`: the one that tells it rightly; none where nothing does) and never edited.
    """

    __tablename__ = "alarm"
    __access__ = Access(about="about_id", read=VIEWERS, change=GUARDS, counted=True)
    __table_args__ = (
        Index(
            "uq_alarm_active", "tenant_id", "originator_id", "type", unique=True, postgresql_where="cleared_at is null"
        ),
        Index(None, "about_id", "raised_at"),
        Index(None, "id"),
        Index("ix_alarm_open", "tenant_id", "raised_at", postgresql_where="closed_at is null"),
        CheckConstraint(
            "severity in ('CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE')", name="known_severity"
        ),
        CheckConstraint(
            "disposition in ('TRUE', 'FALSE', 'TEST', 'MAINTENANCE', 'SUPERSEDED')", name="known_disposition"
        ),
        # What stands for nothing any more is over; and only another alarm that stands in for it spares it a person's finding.
        CheckConstraint("superseded_at is null or cleared_at is not null", name="superseded_is_cleared"),
        CheckConstraint("disposition <> 'SUPERSEDED' or superseded_by is not null", name="superseded_by_one"),
        Index("ix_alarm_shown_by", "tenant_id", "device_id", "boot", "sequence", postgresql_where="boot is not null"),
        CheckConstraint("(closed_at is null) = (disposition is null)", name="closed"),
        CheckConstraint("closed_at is null or cleared_at is not null", name="closed_is_cleared"),
        # A CRITICAL alarm ends with a note and evidence, or not at all (invariant 37).
        CheckConstraint(
            "closed_at is null or severity <> 'CRITICAL' or (closing_note <> '' and jsonb_array_length(evidence) > 0)",
            name="critical_explained",
        ),
        CheckConstraint("shelved_until <= shelved_at + interval '8 hours'", name="shelved_briefly"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    originator_id: Mapped[UUID]
    about_id: Mapped[UUID]
    lot_id: Mapped[UUID | None]
    site_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    type: Mapped[str]
    severity: Mapped[str]  # its own, or CRITICAL where other kinds of sensor bear it out
    own_severity: Mapped[str]
    because: Mapped[str]
    facts: Mapped[dict[str, Any]]
    boot: Mapped[int | None]
    sequence: Mapped[int | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    unit: Mapped[str | None]
    raised_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    repeated_at: Mapped[datetime]
    repeats: Mapped[int] = mapped_column(default=0)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    seen_at: Mapped[datetime | None]  # by video, from the desk
    seen_by: Mapped[str | None]
    on_site_at: Mapped[datetime | None]  # when somebody stood before the goods
    on_site_by: Mapped[str | None]
    assigned_to: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[str | None]
    shelved_at: Mapped[datetime | None]
    shelved_until: Mapped[datetime | None]
    escalated: Mapped[int] = mapped_column(default=0)
    rungs: Mapped[int] = mapped_column(default=0)
    froze_lot: Mapped[bool] = mapped_column(default=False)
    disposition: Mapped[str | None]
    closing_note: Mapped[str] = mapped_column(default="")
    evidence: Mapped[list[str]] = mapped_column(default=list)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    contest_overdue_at: Mapped[datetime | None]  # when it was told that a contest waits beyond its time
    superseded_at: Mapped[datetime | None]
    superseded_by: Mapped[UUID | None]

    @property
    def status(self) -> str:
        """ACTIVE_UNACK, ACTIVE_ACK, CLEARED_UNACK, CLEARED_ACK, or CLOSED once it has its disposition."""
        if self.closed_at:
            return "CLOSED"
        return ("CLEARED" if self.cleared_at else "ACTIVE") + ("_ACK" if self.acknowledged_at else "_UNACK")

    @property
    def is_active(self) -> bool:
        """What it says still holds."""
        return self.cleared_at is None


class AlarmConcern(Base):
    """Goods that an alarm of a hall concerns: they lay where its device hangs at some moment while it held. Never taken back.

    One alarm of a zone or site has as many of these as lots lie there, of those that the device's firm keeps or supervises. Through its own lot alone a
    bank or an owner sees the alarm, and of the others nothing. `since`: from when on, in event time.
    """

    __tablename__ = "alarm_concern"
    __access__ = Access(about="lot_id", read=VIEWERS, add=GUARDS, verbs=frozenset({"select", "insert"}), counted=True)
    __table_args__ = (Index(None, "lot_id"), Index(None, "alarm_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    alarm_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class AlarmNote(Base):
    """A comment on an alarm, by anybody who may see it."""

    __tablename__ = "alarm_note"
    __access__ = Access(about="about_id", read=VIEWERS, add=VIEWERS, verbs=frozenset({"select", "insert"}))
    __table_args__ = (Index(None, "alarm_id", "at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    alarm_id: Mapped[UUID]
    about_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[str]
    organisation: Mapped[str]
    text: Mapped[str]


class ExpectedWork(Base):
    """Work that explains a finding before it is made: a release under way, a weighing, a maintenance window (four eyes, at most 4 hours).

    It suppresses alarms of its `types` about its lot or site while it lasts; the readings are kept.
    """

    __tablename__ = "expected_work"
    __access__ = Access(about="about_id", read=VIEWERS)
    __table_args__ = (
        CheckConstraint("kind in ('release', 'handling', 'maintenance')", name="known_kind"),
        CheckConstraint("upper(during) is not null and not isempty(during)", name="ends"),
        CheckConstraint(
            "kind <> 'maintenance' or upper(during) <= lower(during) + interval '4 hours'", name="maintained_briefly"
        ),
        Index(None, "about_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    about_id: Mapped[UUID]
    kind: Mapped[str]
    types: Mapped[list[str]]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE())
    because: Mapped[str]
    opened_by: Mapped[str]


class GateExit(Base):
    """Goods that went out through the gate, as whoever watches it saw them. Never changed."""

    __tablename__ = "gate_exit"
    __access__ = Access(about="lot_id", read=VIEWERS, add=GUARDS, verbs=frozenset({"select", "insert"}))
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"), Index(None, "lot_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    vehicle: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class ClimateLimit(Base):
    """The climate that a lot's goods ask for, as the supervisor set it: beyond `low` or `high` (None: no such limit) for so long is an alarm.

    Each setting is a row of its own: a reading is judged by the one in force when it was read.
    """

    __tablename__ = "climate_limit"
    __access__ = Access(about="lot_id", read=VIEWERS)
    __table_args__ = (
        CheckConstraint("metric in ('temperature', 'humidity')", name="known_metric"),
        CheckConstraint("num_nonnulls(low, high) >= 1", name="limits"),
        CheckConstraint("lasting_seconds between 0 and 86400", name="lasting"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    set_at: Mapped[datetime] = mapped_column(primary_key=True)
    low: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    high: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    lasting_seconds: Mapped[int]
    set_by: Mapped[str]


class IntakeCount(Base):
    """How many messages of a device met each fate on a day: stored, duplicate, late, conflict, refused by code."""

    __tablename__ = "intake_count"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[datetime] = mapped_column(primary_key=True)
    fate: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]
    last_at: Mapped[datetime]
