"""Devices: who may speak for the goods, since when, and where each of them sits."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, LargeBinary, Numeric, UniqueConstraint, and_
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

VIEWERS = roles("owner", "bank", "warehouse", "supervisor", "auctioneer", "logistics")
OWN_WRITE = frozenset({"select", "insert", "update"})


class Device(Base):
    """A sensor with its own Ed25519 key, enrolled by the supervisor or the warehouse, never by the pledgor.

    A simple sensor has no key: the gateway above it (`gateway_id`) signs for it, and every message says so.
    `interval_seconds`: how often it is expected to send; three times that without a word is silence. `calibrated_until`: the last day on which its
    figures may verify a quantity (None: it needs no calibration, or never had one; see `is_calibrated`). `deviation`: the standard deviation of its
    figures in their own unit, from its data sheet: a weight has changed only beyond three of them. `next_key`: the key that two people agreed on and
    that becomes its own with the first message it signs. `firmware_expected`: the digest (or version) that the supervisor knows; another is an alarm.
    `x509`: its certificate (DER) where it has one, in force until `x509_until`.
    """

    __tablename__ = "device"
    # The gate itself looks up keys and tenants here, for a device that is at the door.
    __access__ = Access(custodian=True, verbs=OWN_WRITE)
    __table_args__ = (
        UniqueConstraint("tenant_id", "public_key"),
        CheckConstraint("octet_length(public_key) = 32", name="key_length"),
        CheckConstraint("(public_key is null) = (gateway_id is not null)", name="signed_by_one"),
        CheckConstraint("octet_length(next_key) = 32 and next_key <> public_key", name="next_key"),
        CheckConstraint("(x509 is null) = (x509_until is null)", name="x509_ends"),
        CheckConstraint("interval_seconds between 1 and 86400", name="interval"),
        CheckConstraint("(revoked_at is null) = (revoked_because is null)", name="revoked"),
        Index(None, "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    gateway_id: Mapped[UUID | None]
    next_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    x509: Mapped[bytes | None] = mapped_column(LargeBinary)
    x509_until: Mapped[datetime | None]
    firmware_expected: Mapped[str | None]
    broker_version: Mapped[int] = mapped_column(
        server_default="0"
    )  # of its password at the embedded broker; 0: no account
    kind: Mapped[str]
    name: Mapped[str]
    serial: Mapped[str]
    accuracy: Mapped[str]
    deviation: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    calibrated_until: Mapped[date | None]
    certificate: Mapped[str]
    interval_seconds: Mapped[int]
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]


class RetiredKey(Base):
    """A key under which a device spoke in [since, until): what it signed then is checked by it for ever. Never changed, never taken again."""

    __tablename__ = "retired_key"
    __access__ = Access(verbs=frozenset({"select", "insert"}))
    __table_args__ = (CheckConstraint("octet_length(public_key) = 32", name="key_length"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    device_id: Mapped[UUID]
    since: Mapped[datetime]
    until: Mapped[datetime]


class DeviceState(Base):
    """What is known of a device from its own messages: the end of its chain, its last word, and how far its alarm rules have folded.

    The row is locked while its messages are taken, so that one device's history has one writer at a time.
    """

    __tablename__ = "device_state"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    boot: Mapped[int | None]
    sequence: Mapped[int | None]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    folded_boot: Mapped[int | None]
    folded_sequence: Mapped[int | None]
    folded_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    heard_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime | None]
    skew_seconds: Mapped[int] = mapped_column(default=0)
    batches: Mapped[int] = mapped_column(default=0)
    samples: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    battery: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    firmware: Mapped[str | None]
    watched_until: Mapped[datetime | None]
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)


@dataclass(slots=True)
class StateInHand:
    """A row of `DeviceState`, locked, while a call takes the messages of hundreds of devices: plain figures, written back all at once."""

    tenant_id: UUID
    device_id: UUID
    boot: int | None
    sequence: int | None
    digest: bytes | None
    folded_boot: int | None
    folded_sequence: int | None
    folded_digest: bytes | None
    heard_at: datetime | None
    last_event_at: datetime | None
    skew_seconds: int
    batches: int
    samples: int
    missing: int
    battery: Decimal | None
    firmware: str | None
    watched_until: datetime | None
    rules: dict[str, Any]


AnyState = DeviceState | StateInHand


class Attachment(Base):
    """Where a device sat, from when to when: on a lot, at a bin, in a zone or (none of them) over a whole site. At most one place at a time (invariant 35).

    In a zone or over a site it hangs in a hall: what it says counts for all goods that lie there then (`is_hall`).

    `tare_kg`: what stands on a scale besides the goods. Lot viewers see which devices watch their lot.
    """

    __tablename__ = "attachment"
    __access__ = Access(about="lot_id", read=VIEWERS, counted=True)
    __table_args__ = (
        CheckConstraint("num_nonnulls(lot_id, bin_id, zone_id) <= 1", name="one_target"),
        CheckConstraint("lower_inc(during) and not upper_inc(during) and not isempty(during)", name="half_open"),
        CheckConstraint("lower(during) is not null", name="begins"),
        Index(None, "lot_id", postgresql_where="lot_id is not null"),
        Index(None, "tenant_id", "bin_id"),
        Index("ix_attachment_hall", "site_id", "zone_id", postgresql_where="lot_id is null and bin_id is null"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    lot_id: Mapped[UUID | None]
    bin_id: Mapped[UUID | None]
    zone_id: Mapped[UUID | None]
    site_id: Mapped[UUID]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE())
    tare_kg: Mapped[Decimal] = mapped_column(Numeric(18, 3), default=Decimal(0))
    attached_by: Mapped[str]

    @property
    def since(self) -> datetime:
        """The beginning, inside the interval."""
        assert self.during.lower is not None
        return self.during.lower

    @property
    def until(self) -> datetime | None:
        """The end, outside the interval; None while it lasts."""
        return self.during.upper

    @classmethod
    def is_of_hall(cls) -> ColumnElement[bool]:
        """The same of rows."""
        return and_(cls.lot_id.is_(None), cls.bin_id.is_(None))

    @property
    def is_hall(self) -> bool:
        """Whether it watches a zone or a whole site, and so whatever lies there."""
        return self.lot_id is None and self.bin_id is None

    def covers(self, at: datetime) -> bool:
        """Whether the device sat there then."""
        return self.since <= at and (self.until is None or at < self.until)


# The database itself refuses two places at once: half-open intervals of one device never overlap.
ADDITIONS.append(
    "alter table house.attachment add constraint attachment_one_place_at_a_time"
    " exclude using gist (tenant_id with =, device_id with =, during with &&)"
)
