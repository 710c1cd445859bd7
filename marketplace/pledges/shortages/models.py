"""A shortage at a site: goods of one description that cannot be told apart, fewer than their holders claim; and each claimant's lines of the table.

Written by the gate alone (`sql/`). Who claims sees its own lines and the totals, never who else claims or how much; the supervisor sees all.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

READ_ONLY = frozenset({"select"})
PARTS = ("alike", "open", "decide", "put_back", "leave")  # each stands on those before
ADDITIONS.append("".join((Path(__file__).parent / "sql" / f"{part}.sql").read_text() for part in PARTS))


class Shortage(Base):
    """So much was found of goods of which so much is claimed; `tenant_id` is the supervisor that decides. Quantities in base units of `unit`.

    `since`: the start of the look-back; what left after it counts as received. `digest`: over the whole table as it was confirmed, or stands since goods were
    found; `found_later`: what of the found turned up after the table was confirmed.
    """

    __tablename__ = "shortage"
    __access__ = Access(about="id", read=roles("*"), verbs=READ_ONLY, custodian=True)
    __table_args__ = (
        Index(None, "id"),
        CheckConstraint("status in ('OPEN', 'CONFIRMED', 'LIFTED')", name="status"),
        CheckConstraint("found_units >= 0 and claimed_units >= 0", name="figures"),
        CheckConstraint("found_later_units between 0 and found_units", name="found_later"),
        CheckConstraint("(status = 'OPEN') = (decided_at is null)", name="decided"),
        CheckConstraint("(status = 'CONFIRMED') = (digest is not null)", name="digest"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    site_id: Mapped[UUID]
    site_name: Mapped[str]
    warehouse_id: Mapped[UUID]
    product_name: Mapped[str]
    grade: Mapped[str]
    unit: Mapped[str]
    bulk_id: Mapped[UUID | None]
    status: Mapped[str]
    found_units: Mapped[int]
    found_later_units: Mapped[int] = mapped_column(server_default="0")
    claimed_units: Mapped[int]
    claimants: Mapped[int]
    reported_by_id: Mapped[UUID]
    because: Mapped[str]
    evidence: Mapped[list[Any]] = mapped_column(JSONB)
    since: Mapped[datetime]
    opened_at: Mapped[datetime]
    objections_until: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    digest: Mapped[str | None]

    @property
    def found(self) -> Quantity:
        """What the count found."""
        return Quantity.from_base_units(self.found_units, self.unit)

    @property
    def found_later(self) -> Quantity:
        """What of it turned up after the table was confirmed."""
        return Quantity.from_base_units(self.found_later_units, self.unit)

    @property
    def claimed(self) -> Quantity:
        """What its owners claim together."""
        return Quantity.from_base_units(self.claimed_units, self.unit)

    @property
    def missing(self) -> Quantity:
        """What of that was not found."""
        return Quantity.from_base_units(self.claimed_units - self.found_units, self.unit)


class ShortageLot(Base):
    """A lot that the shortage stopped. `froze`: whether it froze the lot, or found it frozen or sold; `kept_units`: what of it is left by the table, none where nobody
    claims of it; `lost_units`: what was written off it for that and is not back.
    """

    __tablename__ = "shortage_lot"
    __access__ = Access(
        about="shortage_id", read=roles("supervisor", "warehouse", "keeper"), verbs=READ_ONLY, custodian=True
    )
    __table_args__ = (Index(None, "shortage_id"), Index(None, "lot_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    shortage_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_number: Mapped[str]
    supervisor_id: Mapped[UUID]
    froze: Mapped[bool]
    kept_units: Mapped[int | None]
    lost_units: Mapped[int | None]


class ShortageLine(Base):
    """One line of one claimant (`tenant_id`): an owner's goods in a lot, goods under a receipt that it holds, goods that it bought and paid for, or a pledge of
    a bank's.

    `title_id`: the owner in whose share it lies. `left_units`: of all but an owner's own, what may still leave of it once the table is confirmed.
    """

    __tablename__ = "shortage_line"
    __access__ = Access(about="shortage_id", read=roles("supervisor"), verbs=READ_ONLY, custodian=True)
    __table_args__ = (
        Index(None, "shortage_id"),
        Index(None, "deal_id", "lot_id", postgresql_where="deal_id is not null"),
        Index(None, "sale_id", postgresql_where="sale_id is not null"),
        CheckConstraint("kind in ('TITLE', 'RECEIPT', 'SALE', 'PLEDGE') and (kind = 'PLEDGE') = (deal_id is not null)", name="kind"),
        CheckConstraint("claimed_units >= 0 and taken_units >= 0", name="claims"),
        CheckConstraint("share_units between 0 and claimed_units", name="share"),
        CheckConstraint("left_units >= 0", name="left"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    shortage_id: Mapped[UUID]
    kind: Mapped[str]
    title_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    deal_id: Mapped[UUID | None]
    receipt_id: Mapped[UUID | None]
    sale_id: Mapped[UUID | None]
    rank: Mapped[int]
    claimed_units: Mapped[int]
    taken_units: Mapped[int]
    share_units: Mapped[int | None]
    left_units: Mapped[int | None]


class ShortageObjection(Base):
    """A claimant says that a line of its own is wrong: how much it claims instead, and what it had. Seen by the supervisor and nobody else."""

    __tablename__ = "shortage_objection"
    __access__ = Access(about="id", read=roles("supervisor"), change=roles("supervisor"), custodian=True)
    __table_args__ = (
        Index(None, "id"),
        Index(None, "shortage_id"),
        CheckConstraint("status in ('OPEN', 'UPHELD', 'REJECTED')", name="status"),
        CheckConstraint("(status = 'OPEN') = (answered_at is null)", name="answered"),
        CheckConstraint("claimed_units >= 0 and taken_units >= 0", name="claims"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    shortage_id: Mapped[UUID]
    line_id: Mapped[UUID]
    lot_number: Mapped[str]
    claimed_units: Mapped[int]
    taken_units: Mapped[int]
    because: Mapped[str]
    papers: Mapped[list[Any]] = mapped_column(JSONB)
    status: Mapped[str]
    answer: Mapped[str]
    objected_by: Mapped[str]
    objected_at: Mapped[datetime]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
