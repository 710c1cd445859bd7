"""Visits to the goods: times that are offered to look at them before the sale or to collect them after it, and who comes."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "visits.sql").read_text())


class VisitKind(StrEnum):
    """INSPECTION: before the sale, offered by the seller to bidders whose deposit is in. COLLECTION: after it, offered by the
    warehouse or the seller to the buyer whose release is ordered.
    """

    INSPECTION = "INSPECTION"
    COLLECTION = "COLLECTION"


class VisitSlot(Base):
    """A time at which so many firms may come. Public, like the notice of the sale; who comes is not."""

    __tablename__ = "visit_slot"
    __access__ = Access(everyone=True, verbs=frozenset({"select", "insert"}), custodian=True)
    __table_args__ = (
        CheckConstraint("kind in ('INSPECTION', 'COLLECTION')", name="kind"),
        CheckConstraint("starts_at < ends_at and places between 1 and 100", name="sense"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    slot_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    places: Mapped[int]
    note: Mapped[str]


class Visit(Base):
    """A firm's place at such a time. `object_id` is what lets those who receive it see it: the bidder's registration, or the lot that is collected.

    The database sets it, asks whether the firm may come, and counts the places.
    """

    __tablename__ = "visit"
    __access__ = Access(
        about="object_id", read=roles("seller", "bank", "warehouse"), change=roles("seller", "warehouse"), custodian=True
    )  # fmt: skip
    __table_args__ = (
        ForeignKeyConstraint(["auction_id", "slot_id"], [f"{SCHEMA}.visit_slot.auction_id", f"{SCHEMA}.visit_slot.slot_id"]),
        Index("uq_visit_once", "auction_id", "slot_id", "tenant_id", unique=True, postgresql_where="cancelled_at is null"),
        CheckConstraint("(attended is null) = (noted_at is null)", name="noted"),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    slot_id: Mapped[UUID]
    object_id: Mapped[UUID]
    organisation: Mapped[str]
    visitor: Mapped[str]
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    attended: Mapped[bool | None]
    noted_at: Mapped[datetime | None]
