"""The borrowing base certificate: the borrower's signature under goods and figures, and what the supervisor says about the goods. Never changed.

In two parts, because they have two circles of readers: the supervisor sees lots and quantities and no amount.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access, roles


class BaseCertificate(Base):
    """The goods part: what is pledged, what of it counts, and what does not and why. `digest`: SHA-256 over goods and figures as they were signed."""

    __tablename__ = "base_certificate"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "supervisor"),
        add=roles("borrower"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (UniqueConstraint("deal_id", "number"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[int]
    as_of: Mapped[date]
    valuation_id: Mapped[UUID]
    goods: Mapped[list[Any]] = mapped_column(JSONB)
    digest: Mapped[str]
    signed_by: Mapped[str]
    signed_at: Mapped[datetime]


class BaseFigures(Base):
    """The money part: the lines of the statement as they were signed."""

    __tablename__ = "base_figures"
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("borrower"), verbs=frozenset({"select", "insert"})
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    currency: Mapped[str]


class BaseConfirmation(Base):
    """What a supervisor of the goods says to a certificate: it stands by the goods part, or objects with its reason. One word each."""

    __tablename__ = "base_confirmation"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "supervisor"),
        add=roles("supervisor"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (CheckConstraint("agrees or because <> ''", name="reason"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    agrees: Mapped[bool]
    because: Mapped[str]
    said_by: Mapped[str]
    said_at: Mapped[datetime]
