"""Frames that cameras took, and the scenes that keepers accepted."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from tenants.database import Base
from tenants.policies import Access


class Frame(Base):
    """One picture of one camera, under its place in the camera's chain: the same frame again is the same row. Its bytes lie outside, under `sha256`.

    `subject_id` is the lot that the camera watched when it was taken, or the camera itself: whoever may read the readings of that moment may know of the
    frame. `cause`: why the camera saw nothing (DARK, COVERED, DEFOCUSED, TURNED), else null; `change` as a share of the picture. `scene_id`: what it was
    judged by; `masked_sha256`: the copy in which nobody can be recognised. `dropped_at`: when the picture was let go at the end of its retention; the row, with hash and figures, stays.
    """

    __tablename__ = "frame"
    __access__ = Access(about="subject_id", read=VIEWERS)
    __table_args__ = (
        UniqueConstraint("tenant_id", "device_id", "boot", "sequence"),
        Index(None, "id"),
        Index(None, "subject_id", "taken_at"),
        Index(None, "tenant_id", "device_id", "taken_at"),
        Index("ix_frame_kept", "tenant_id", "received_at", postgresql_where="dropped_at is null"),
        CheckConstraint("cause in ('DARK', 'COVERED', 'DEFOCUSED', 'TURNED')", name="cause"),
        CheckConstraint("change between 0 and 1", name="share"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    device_name: Mapped[str]
    subject_id: Mapped[UUID]
    boot: Mapped[int]
    sequence: Mapped[int]
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]
    sha256: Mapped[str]
    masked_sha256: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    statement_digest: Mapped[bytes] = mapped_column(LargeBinary)
    scene_id: Mapped[UUID | None]
    cause: Mapped[str | None]
    change: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    seen: Mapped[list[str]] = mapped_column(JSONB)
    missing: Mapped[list[str]] = mapped_column(JSONB)
    dropped_at: Mapped[datetime | None]


class FrameOpening(Base):
    """Somebody asked to see a picture as it was taken, for an alarm that was open (None: a camera that was being set up). Never changed."""

    __tablename__ = "frame_opening"
    __access__ = Access(about="subject_id", read=VIEWERS, verbs=frozenset({"select", "insert"}))
    __table_args__ = (Index(None, "frame_id", "opened_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    frame_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    alarm_id: Mapped[UUID | None]
    person_id: Mapped[UUID]
    opened_by: Mapped[str]
    organisation: Mapped[str]
    opened_at: Mapped[datetime]


class Scene(Base):
    """How a camera's view should look, by a frame that a keeper accepted, and the marks that it should see there, each with what it stands for.

    In force from `accepted_at` until the next one. Never changed: a frame is judged for ever by the scene of its own time.
    """

    __tablename__ = "camera_scene"
    __access__ = Access(verbs=frozenset({"select", "insert"}))
    __table_args__ = (Index(None, "tenant_id", "device_id", "accepted_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    frame_id: Mapped[UUID]
    sha256: Mapped[str]
    marks: Mapped[dict[str, Any]] = mapped_column(JSONB)
    accepted_by: Mapped[str]
    accepted_at: Mapped[datetime]
