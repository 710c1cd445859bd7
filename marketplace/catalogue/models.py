"""The catalogue: what the market may see of lots that are for sale, and the searches that firms save."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access

ADDITIONS.append((Path(__file__).parent / "sql" / "search.sql").read_text())


class Listing(Base):
    """One published offer: a projection made for the market, never the lot itself, and never a word of the borrower.

    `tenant_id` is the seller, `id` the auction's. `passport` is the redacted file of the goods: identity, evidence, inspections, the conditions they were
    kept in. `terms` are its search tokens, made by the house (`rules.tokens`) and put here by the PostgreSQL index. `version` counts its changes. Prices in minor units.
    """

    __tablename__ = "listing"
    __access__ = Access(everyone=True, custodian=True)
    __table_args__ = (
        Index(None, "id"),
        Index("ix_listing_terms", "terms", postgresql_using="gin"),
        Index(None, "status", "closes_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    number: Mapped[str]
    title: Mapped[str]
    product_name: Mapped[str]
    category: Mapped[str]
    grade: Mapped[str]
    place: Mapped[str]
    regime: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    currency: Mapped[str]
    start_minor: Mapped[int]
    price_minor: Mapped[int]
    deposit_minor: Mapped[int]
    evidence: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    published_at: Mapped[datetime]
    passport: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=0)
    terms: Mapped[Any] = mapped_column(TSVECTOR, deferred=True, server_default="")

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def start(self) -> Money:
        return Money(self.start_minor, self.currency)

    @property
    def goods(self) -> Quantity:
        return Quantity(self.quantity, self.unit)


class SavedSearch(Base):
    """A search that a firm wants to run again."""

    __tablename__ = "saved_search"
    __access__ = Access(verbs=frozenset({"select", "insert", "update", "delete"}))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    person_id: Mapped[UUID]
