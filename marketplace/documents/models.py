"""Trade documents: what they are about, which version, their hash, what they say in figures, who has opened them; and the trades that they tell of.

The bytes rest in the file store.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class Document(Base):
    """One version of a paper, about one object (a lot, a deal, a site, a shipment). Only its being superseded ever changes.

    `sha256`: of the bytes kept. `received_sha256`: of the bytes as they came; it differs for pictures, which are drawn anew without their metadata.
    `audience`: the roles on the object that may read it, as events have them.
    """

    __tablename__ = "document"
    __access__ = Access(about="object_id", read=roles("*"), add=roles("*"), audience=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "replaces"], ["house.document.tenant_id", "house.document.id"]),
        CheckConstraint("size > 0 and version > 0", name="content"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$' and received_sha256 ~ '^[0-9a-f]{64}$'", name="hashes"),
        Index(None, "object_id"),
        Index(None, "id"),
        Index(
            "uq_document_replaced_once", "tenant_id", "replaces", unique=True, postgresql_where="replaces is not null"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    received_sha256: Mapped[str]
    version: Mapped[int]
    replaces: Mapped[UUID | None]
    superseded_at: Mapped[datetime | None]
    audience: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class DocumentOpening(Base):
    """Somebody opened a document: seen by the opener's firm, and by those whose business the object is. Never changed."""

    __tablename__ = "document_opening"
    __access__ = Access(
        about="object_id",
        read=roles("owner", "borrower", "warehouse", "supervisor", "bank"),
        add=roles("*"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (Index(None, "object_id", "document_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    object_id: Mapped[UUID]
    organisation: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]


class DocumentParticulars(Base):
    """What a paper says in figures, typed in or read from the file; the newest counts, the older stay. Never changed."""

    __tablename__ = "document_particulars"
    __access__ = Access(
        about="object_id", read=roles("*"), add=roles("*"), verbs=frozenset({"select", "insert"}), audience=True
    )
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["house.document.tenant_id", "house.document.id"]),
        Index(None, "document_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    object_id: Mapped[UUID]
    audience: Mapped[str]
    number: Mapped[str]
    dated: Mapped[date | None]
    seller: Mapped[str]
    seller_code: Mapped[str]
    buyer: Mapped[str]
    buyer_code: Mapped[str]
    currency: Mapped[str]
    order_number: Mapped[str]
    refers: Mapped[str]
    account: Mapped[str]
    due_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    payable_minor: Mapped[int | None]
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    source: Mapped[str]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]


TRADE_READERS = roles("owner", "bank", "core")


class Trade(Base):
    """One order of one seller, and how its four flows agree: the outcome of the last match, kept so that lists need not match anew.

    `score`: in [0, 1], to four places. `flags`: patterns of fraud found, by code.
    """

    __tablename__ = "trade"
    __access__ = Access(about="trade_id", read=TRADE_READERS)
    __table_args__ = (
        UniqueConstraint("tenant_id", "number", "seller"),
        Index(None, "trade_id"),
        CheckConstraint("state in ('MATCHED', 'OPEN', 'BROKEN')", name="state"),
        CheckConstraint("score >= 0 and score <= 1", name="score"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    seller: Mapped[str]
    seller_code: Mapped[str]
    buyer: Mapped[str]
    buyer_code: Mapped[str]
    currency: Mapped[str]
    ordered_on: Mapped[date | None]
    amount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default=text("'OPEN'"))
    score: Mapped[Decimal] = mapped_column(Numeric(5, 4), server_default=text("0"))
    breaks: Mapped[int] = mapped_column(server_default=text("0"))
    flags: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    lines: Mapped[int] = mapped_column(server_default=text("0"))
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        """What was agreed in all."""
        return Money(self.amount_minor, self.currency)


class TradeEntry(Base):
    """One line of one record of a trade; see `rules.entries.Entry` for what its columns mean. Only its being superseded ever changes."""

    __tablename__ = "trade_entry"
    __access__ = Access(about="trade_id", read=TRADE_READERS)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "trade_id"], ["house.trade.tenant_id", "house.trade.trade_id"]),
        CheckConstraint("lane in ('ORDER', 'GOODS', 'INVOICE', 'MONEY')", name="lane"),
        Index(None, "trade_id"),
        Index(None, "tenant_id", "lane", "dated"),
        Index("ix_trade_entry_number", "tenant_id", "number"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_id: Mapped[UUID]
    lane: Mapped[str]
    paper: Mapped[str]
    number: Mapped[str]
    line: Mapped[str] = mapped_column(server_default=text("''"))
    dated: Mapped[date | None]
    seller: Mapped[str] = mapped_column(server_default=text("''"))
    seller_code: Mapped[str] = mapped_column(server_default=text("''"))
    buyer: Mapped[str] = mapped_column(server_default=text("''"))
    buyer_code: Mapped[str] = mapped_column(server_default=text("''"))
    goods_code: Mapped[str] = mapped_column(server_default=text("''"))
    goods: Mapped[str] = mapped_column(server_default=text("''"))
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    unit: Mapped[str] = mapped_column(server_default=text("''"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(24, 8))
    amount_minor: Mapped[int | None]
    tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    payable_minor: Mapped[int | None]
    currency: Mapped[str]
    refers: Mapped[str] = mapped_column(server_default=text("''"))
    account: Mapped[str] = mapped_column(server_default=text("''"))
    due_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    document_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    shipment_id: Mapped[UUID | None]
    import_id: Mapped[UUID | None]
    made_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class TradeInRoom(Base):
    """A trade laid before the parties of a deal, while it lasts."""

    __tablename__ = "trade_in_room"
    __access__ = Access(
        about="room_id", read=roles("borrower", "bank", "core"), add=roles("borrower"), change=roles("borrower", "bank")
    )

    room_id: Mapped[UUID] = mapped_column(primary_key=True)
    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    laid_by: Mapped[str]
    laid_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TradeImport(Base):
    """A file of orders, deliveries, invoices or payments as it was read, kept from preview to import. The same file is imported once."""

    __tablename__ = "trade_import"
    __access__ = Access()
    __table_args__ = (
        Index("uq_trade_import_once", "tenant_id", "lane", "sha256", unique=True, postgresql_where="imported_at is not null"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lane: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    imported_at: Mapped[datetime | None]


ADDITIONS.append("""
create function house.document_stays() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.superseded_at is not null or (new.tenant_id, new.id, new.object_id, new.kind, new.name, new.media_type, new.size, new.sha256,
       new.received_sha256, new.version, new.replaces, new.audience, new.added_by, new.added_at) is distinct from
     (old.tenant_id, old.id, old.object_id, old.kind, old.name, old.media_type, old.size, old.sha256,
       old.received_sha256, old.version, old.replaces, old.audience, old.added_by, old.added_at) then
    raise exception 'a document does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger document_stays before update on house.document for each row execute function house.document_stays();
""")

ADDITIONS.append("""
create function house.trade_entry_stays() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.superseded_at is not null or to_jsonb(new) - 'superseded_at' is distinct from to_jsonb(old) - 'superseded_at' then
    raise exception 'a record of a trade does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger trade_entry_stays before update on house.trade_entry for each row execute function house.trade_entry_stays();
""")
