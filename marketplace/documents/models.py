"""Trade documents: what they are about, which version, their hash; and who has opened them. The bytes rest in the file store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

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
