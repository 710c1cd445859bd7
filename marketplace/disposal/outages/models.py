"""What outages did to sales, written by the database itself when the house is back, and never changed."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint
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
