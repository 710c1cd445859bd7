"""What outages and orders did to sales, written by the database itself, and never changed."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access

ADDITIONS.append((Path(__file__).parent / "sql" / "outages.sql").read_text())


class OutageRuling(Base):
    """One standstill of one sale, published like its terms. `tenant_id` is the seller.

    `began_at`: the last sign of life, or the last line taken into the book after it; `back_at`: the first one again. `after_sequence`: how many lines the
    book had by then, so that anyone knows which bids came before.
    """

    __tablename__ = "outage_ruling"
    __access__ = Access(own=False, everyone=True, verbs=frozenset({"select"}), custodian=True)
    __table_args__ = (
        CheckConstraint("began_at < back_at and back_at < resumes_at and resumes_at < ends_at", name="times"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    began_at: Mapped[datetime]
    back_at: Mapped[datetime]
    resumes_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    after_sequence: Mapped[int]


class HaltOrder(Base):
    """An order by which one sale stands still until it is lifted: on which ground (COURT, FAULT), by whom, by which paper, and why. `tenant_id` is the seller.

    Published like the terms: whoever reckons the end again sees on what it rests. `through`: who carried it out here, the SELLER or the platform's OPERATOR, whose two
    officers agreed in `approval_id`; the same side lifts it. `ordered_at`: from when it stands. `ruling`: the number of the standstill that followed when it was
    lifted; null until then, and where nothing was lost, since bidding had not begun.
    """

    __tablename__ = "halt_order"
    __access__ = Access(own=False, everyone=True, verbs=frozenset({"select"}), custodian=True)
    __table_args__ = (
        CheckConstraint("ground in ('COURT', 'FAULT')", name="ground"),
        CheckConstraint("ordered_at <= lifted_at and (ruling is null or lifted_at is not null)", name="lifted"),
        CheckConstraint(
            "through in ('SELLER', 'OPERATOR') and (through = 'OPERATOR') = (approval_id is not null)", name="through"
        ),
        UniqueConstraint("auction_id", "approval_id"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    ground: Mapped[str]
    ordered_by: Mapped[str]
    paper: Mapped[str]
    because: Mapped[str]
    through: Mapped[str]
    approval_id: Mapped[UUID | None]
    ordered_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    ruling: Mapped[int | None]
