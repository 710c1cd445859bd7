"""Routes with their checkpoints, rounds, and what phones said at checkpoints. A route is the room into which the banks look whose goods lie at its site."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.patrols.rules.windows import Window
from tenants.database import Base
from tenants.policies import Access, roles

BANK = roles("bank")
METRES = Numeric(9, 2)
DEGREES = Numeric(9, 6)


class PatrolRoute(Base):
    """Checkpoints that are walked in so many `minutes`, once in each window of every day. Never changed: another route takes its place.

    `seed` draws the next round and is shown to nobody before; `head`: hash of what a phone signed last on this route, which the draw mixes in.
    """

    __tablename__ = "patrol_route"
    __access__ = Access(about="id", read=BANK)
    __table_args__ = (
        Index(None, "id"),
        CheckConstraint("octet_length(seed) = 32", name="seed"),
        CheckConstraint("minutes between 5 and 240", name="minutes"),
        CheckConstraint("num_nonnulls(ended_at, ended_by, ended_because) in (0, 3)", name="ended"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    site_id: Mapped[UUID]
    site_name: Mapped[str]
    minutes: Mapped[int]
    windows: Mapped[list[Any]] = mapped_column(JSONB)
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    head: Mapped[str]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]

    @property
    def spans(self) -> list[Window]:
        """Its windows as the rules take them."""
        return [Window(time.fromisoformat(one["start"]), one["minutes"]) for one in self.windows]


class Checkpoint(Base):
    """A place on a route: metres from the site's north-west corner, what its printed label holds, and the number of its radio tag where it has one."""

    __tablename__ = "patrol_checkpoint"
    __access__ = Access(about="route_id", read=BANK, verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "route_id"], ["house.patrol_route.tenant_id", "house.patrol_route.id"]),
        UniqueConstraint("tenant_id", "route_id", "place"),
        Index(None, "route_id"),
        CheckConstraint("x >= 0 and y >= 0", name="place"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    route_id: Mapped[UUID]
    place: Mapped[int]
    name: Mapped[str]
    x: Mapped[Decimal] = mapped_column(METRES)
    y: Mapped[Decimal] = mapped_column(METRES)
    label: Mapped[str]
    tag: Mapped[str]


class Patrol(Base):
    """One round. Its minute was drawn from [drawn_from, drawn_until] by `seed` and `mixed`; with these anybody draws again. `missing`: names, when time ran out.

    A window through which the house stood still is a round too, LAPSED, with no draw; `windows` says how many such it stands for.
    """

    __tablename__ = "patrol"
    __access__ = Access(about="route_id", read=BANK)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "route_id"], ["house.patrol_route.tenant_id", "house.patrol_route.id"]),
        # A window is drawn once: nobody draws again until it suits.
        UniqueConstraint("tenant_id", "route_id", "window_at"),
        Index(None, "id"),
        Index(None, "route_id", "called_at"),
        CheckConstraint("status in ('SCHEDULED', 'CALLED', 'WALKED', 'LATE', 'MISSED', 'LAPSED', 'WITHDRAWN')", name="status"),
        CheckConstraint("(status = 'LAPSED') = (starts_at is null)", name="drawn"),
        CheckConstraint("num_nonnulls(starts_at, drawn_from, drawn_until, seed) in (0, 4)", name="draw"),
        CheckConstraint("starts_at between drawn_from and drawn_until", name="minute"),
        CheckConstraint("(called_at is null) = (status in ('SCHEDULED', 'LAPSED', 'WITHDRAWN'))", name="called"),
        CheckConstraint("(called_at is null) = (due_at is null) and called_at >= starts_at and due_at > called_at", name="due"),
        CheckConstraint("windows > 0", name="windows"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    route_id: Mapped[UUID]
    number: Mapped[str]
    status: Mapped[str]
    window_at: Mapped[datetime]
    windows: Mapped[int] = mapped_column(default=1)
    drawn_from: Mapped[datetime | None]
    drawn_until: Mapped[datetime | None]
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    mixed: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    missing: Mapped[list[str]] = mapped_column(JSONB, default=list)
    ended_at: Mapped[datetime | None]


class PatrolScan(Base):
    """What a phone said at a checkpoint, accepted or not. Never changed. `statement` is the text that it signed, to the letter."""

    __tablename__ = "patrol_scan"
    __access__ = Access(about="route_id", read=BANK, verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "patrol_id"], ["house.patrol.tenant_id", "house.patrol.id"]),
        UniqueConstraint("tenant_id", "statement_sha256"),
        Index(None, "patrol_id"),
        Index(None, "route_id"),
        CheckConstraint("accepted = (jsonb_array_length(faults) = 0)", name="accepted"),
        CheckConstraint("not accepted or checkpoint_id is not null", name="somewhere"),
        CheckConstraint("(checkpoint_id is null) = (carrier is null) and carrier in ('QR', 'RFID')", name="carrier"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    route_id: Mapped[UUID]
    patrol_id: Mapped[UUID]
    checkpoint_id: Mapped[UUID | None]
    carrier: Mapped[str | None]
    phone_id: Mapped[UUID]
    fingerprint: Mapped[str]
    statement: Mapped[str]
    statement_sha256: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    latitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    longitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    accepted: Mapped[bool]
    faults: Mapped[list[str]] = mapped_column(JSONB)
    doubts: Mapped[list[str]] = mapped_column(JSONB)
    taken_by: Mapped[str]
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]
