"""The catalogue: what the market may see of lots that are for sale, and the searches that firms save."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.catalogue.distance import Spot, spot_of
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access

ADDITIONS.append((Path(__file__).parent / "sql" / "search.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "words.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "browse.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "common.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "alerts.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "wishes.sql").read_text())
ADDITIONS.append((Path(__file__).parent / "sql" / "index_checks.sql").read_text())


ALL_VERBS = frozenset({"select", "insert", "update", "delete"})


class Listing(Base):
    """One published offer: a projection made for the market, never the lot itself, and of a sale never a word of the borrower.

    Of kind AUCTION: `tenant_id` is the seller, `id` the auction's. Of kind STOCK: the owner that would borrow, and its offer's; the prices are then what it wants.
    `open_to` is `*`, or the kind of organisation that may read it beside its owner. `passport` is the redacted file of the goods: identity, evidence, inspections, the conditions they were
    kept in; `sealed` is what proves it (see `passports`); `latitude` and `longitude` are those of the warehouse, `received_at` when the goods came into it. `terms` are its search tokens, made by the house (`rules.tokens`) and put here by the PostgreSQL index, `length` how many they are (the database measures it). `version` counts its changes. Prices in minor units.
    """

    __tablename__ = "listing"
    __access__ = Access(by_kind=True, custodian=True)
    __table_args__ = (
        Index(None, "id"),
        Index("ix_listing_terms", "terms", postgresql_using="gin"),
        *(
            Index(
                f"ix_listing_one_in_{share}",
                "terms",
                postgresql_using="gin",
                postgresql_where=text(f"(uuid_hash(id) & {share - 1}) = 0"),
            )
            for share in (8, 32, 128, 512)  # those of `rules.counting`
        ),
        *(Index(None, "kind", name) for name in ("length", "category", "grade", "place")),
        Index(None, "kind", "status", "closes_at"),
        Index(None, "kind", "status", "price_minor"),
        Index(None, "kind", "status", "published_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    open_to: Mapped[str] = mapped_column(server_default="*")
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
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    received_at: Mapped[datetime | None]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    published_at: Mapped[datetime]
    passport: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    version: Mapped[int] = mapped_column(default=0)
    terms: Mapped[Any] = mapped_column(TSVECTOR, deferred=True, server_default="")
    length: Mapped[int] = mapped_column(deferred=True, server_default="0")

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def start(self) -> Money:
        return Money(self.start_minor, self.currency)

    @property
    def goods(self) -> Quantity:
        return Quantity(self.quantity, self.unit)

    @property
    def spot(self) -> Spot | None:
        """Where the warehouse stands."""
        return spot_of(self.latitude, self.longitude)


class SavedSearch(Base):
    """A search that a firm wants to run again, and a wish: when goods are put up that it finds, the firm is told, once for each.

    `alert`: AT_ONCE, DAILY (all of a day in one notice), or OFF.
    """

    __tablename__ = "saved_search"
    __access__ = Access(verbs=ALL_VERBS, custodian=True)
    __table_args__ = (CheckConstraint("alert in ('AT_ONCE', 'DAILY', 'OFF')", name="alert"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    alert: Mapped[str] = mapped_column(server_default="AT_ONCE")
    created_at: Mapped[datetime]
    person_id: Mapped[UUID]


class SearchMatch(Base):
    """An offer that a saved search found when it was put up. The key has each told once."""

    __tablename__ = "search_match"
    __access__ = Access(verbs=ALL_VERBS, custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "search_id"], [f"{SCHEMA}.saved_search.tenant_id", f"{SCHEMA}.saved_search.id"]),
        Index("ix_search_match_untold", "tenant_id", postgresql_where="told_at is null"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    search_id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(primary_key=True)
    matched_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class WatchedOffer(Base):
    """An offer that a firm keeps an eye on: it is told before the close, and when the goods are put up again. `told_end`: the end that it was told of last."""

    __tablename__ = "watched_offer"
    __access__ = Access(verbs=frozenset({"select", "insert", "update", "delete"}), custodian=True)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    watched_at: Mapped[datetime]
    told_end: Mapped[datetime | None]
