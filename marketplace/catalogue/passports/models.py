"""Sealed passports: with each edition the fields that the market does not see, kept so that their owner can show them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access, roles


class SealedPassport(Base):
    """One edition of an offer's passport, all fields with their salts at their places. The seller's row, and the goods' owner's to read.

    `fields`: a list of name, value, salt in hex, and whether it is open. `signature`: the house's, Ed25519 in hex. See `rules.disclosure` for the hashes.
    """

    __tablename__ = "sealed_passport"
    __access__ = Access(about="lot_id", read=roles("owner"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        CheckConstraint("edition > 0", name="edition"),
        CheckConstraint("octet_length(root) = 32", name="root"),
        Index(None, "listing_id"),
        Index(None, "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    number: Mapped[str]
    sealed_at: Mapped[datetime]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str]
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
