"""Readings: the signed batches as evidence, and what they say, spread over the lots that they watch.

One row for each signed batch, never one for each reading (performance.md, section 2): the body verbatim, its place in the device's chain, and for each
lot and metric one row of points with its summary. A late batch adds rows; it never changes any.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Numeric, Table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from tenants import policies
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access

APPEND_ONLY = frozenset({"select", "insert"})
LONGEST_ROW = timedelta(hours=24)
FIRST_MONTH, LAST_MONTH = date(2026, 1, 1), date(2030, 12, 1)


class BatchPlace(Base):
    """A place in a device's chain, taken once and for ever: (boot, sequence) -> the digest of the body that took it.

    It outlives the body when that is dropped at the end of its retention, so a replay is known as one even then. `folded`: the alarm rules have
    taken it in (a batch ahead of a gap waits for the missing one until patience ends); `after`: what they remembered then, so that one which comes
    later still is folded where it belongs. `sealed`: it lies in a seal (see `SealedBatch`).
    """

    __tablename__ = "batch_place"
    __access__ = Access()
    __table_args__ = (
        Index(
            "ix_batch_place_unfolded", "tenant_id", "device_id", "boot", "sequence", postgresql_where="folded is false"
        ),
        Index(
            "ix_batch_place_unsealed", "tenant_id", "device_id", "boot", "sequence", postgresql_where="sealed is false"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    standing: Mapped[str]
    missing: Mapped[int | None]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    samples: Mapped[int]
    folded: Mapped[bool]
    sealed: Mapped[bool]
    after: Mapped[dict[str, Any] | None]


class ReadingBatch(Base):
    """A signed body exactly as received: the evidence. Partitioned by the month of its arrival, so that retention drops a table and deletes no row."""

    __tablename__ = "reading_batch"
    __access__ = Access(verbs=APPEND_ONLY, custodian=True)  # the gate lets go of them when their retention ends
    __table_args__ = ({"postgresql_partition_by": "range (received_at)"},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    content_type: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ReadingSeries(Base):
    """What one batch says of one metric of one subject within a day: points in event time, with their summary. Partitioned by the month of its first point.

    No row spans more than a day, so whoever looks for a span of time finds all that touches it from a day before its start on, and in few partitions.
    `subject_id` is the lot that the device watched at that time; the device itself where it watched none. Point i lies `offsets[i]` milliseconds after
    `first_at`. States (a door is open) are 1 and 0. `trusted`: the device's calibration was in force, so the figures may verify a quantity.
    """

    __tablename__ = "reading_series"
    __access__ = Access(about="subject_id", read=VIEWERS, verbs=APPEND_ONLY, custodian=True)
    __table_args__ = (
        CheckConstraint("last_at - first_at between interval '0' and interval '24 hours'", "within_a_day"),
        Index(None, "subject_id", "metric", "first_at"),
        Index("ix_reading_series_device", "tenant_id", "device_id", "first_at"),
        {"postgresql_partition_by": "range (first_at)"},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    first_at: Mapped[datetime] = mapped_column(primary_key=True)
    unit: Mapped[str]
    last_at: Mapped[datetime]
    points: Mapped[int]
    least: Mapped[Decimal] = mapped_column(Numeric)
    greatest: Mapped[Decimal] = mapped_column(Numeric)
    total: Mapped[Decimal] = mapped_column(Numeric)
    final: Mapped[Decimal] = mapped_column(Numeric)
    offsets: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    values: Mapped[list[Decimal]] = mapped_column(ARRAY(Numeric))
    late: Mapped[bool]
    trusted: Mapped[bool]


class LatestReading(Base):
    """The newest value of one sensor on one subject, by event time, with what a viewer of the lot must know of the device behind it."""

    __tablename__ = "latest_reading"
    __access__ = Access(about="subject_id", read=VIEWERS)
    __table_args__ = (Index(None, "subject_id"), Index(None, "tenant_id", "device_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric)
    unit: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    device_name: Mapped[str]
    device_kind: Mapped[str]
    interval_seconds: Mapped[int]
    calibrated_until: Mapped[date | None]
    trusted: Mapped[bool]
    ended_at: Mapped[datetime | None]


def _months() -> list[tuple[str, date, date]]:
    found, month = [], FIRST_MONTH
    while month <= LAST_MONTH:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        found.append((f"{month:%Y_%m}", month, following))
        month = following
    return found


def _partitions(model: type[Base]) -> list[str]:
    """A table for each month and one for any other time, each under row security of its own."""
    name, table = model.__tablename__, model.__table__
    assert isinstance(table, Table)
    table.info["access"] = vars(model)["__access__"]
    made = [f"create table {SCHEMA}.{name}_other partition of {SCHEMA}.{name} default"]
    for month, start, end in _months():
        span = f"from ('{start}Z') to ('{end}Z')"
        made.append(f"create table {SCHEMA}.{name}_{month} partition of {SCHEMA}.{name} for values {span}")
    for part in ("other", *(month for month, _start, _end in _months())):
        made.extend(policies.statements(table, named=f"{name}_{part}"))
    return made


ADDITIONS.extend([*_partitions(ReadingBatch), *_partitions(ReadingSeries)])
ADDITIONS.append((Path(__file__).parent.parent / "sql" / "partitions.sql").read_text())
