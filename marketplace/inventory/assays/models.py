"""Assays of verified goods: what a laboratory found later supersedes what was certified before, and both stay on record."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class Assay(Base):
    """A newer certificate about a verified lot, as two people of the supervisor saw it: its moisture, its day of expiry, and what counted until then (`was_`)."""

    __tablename__ = "assay"
    __access__ = Access(about="lot_id", read=roles("*"), add=roles("supervisor"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        CheckConstraint("moisture >= 0 and moisture < 1", name="moisture"),
        CheckConstraint("certificate <> ''", name="certificate"),
        Index(None, "tenant_id", "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    approval_id: Mapped[UUID]
    certificate: Mapped[str]
    certified_on: Mapped[date]
    moisture: Mapped[Decimal | None] = mapped_column(Numeric(9, 8))
    was_moisture: Mapped[Decimal | None] = mapped_column(Numeric(9, 8))
    expires_on: Mapped[date | None]
    was_expires_on: Mapped[date | None]
    because: Mapped[str]
    assayed_by: Mapped[str]
    assayed_at: Mapped[datetime]


# The database takes an assay only behind the supervisor's approved proposal; `lot_guard` lets a verified lot say nothing but what its newest assay says.
ADDITIONS.append("""
create function house.assay_hands() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from house.approval a where a.tenant_id = gate.tenant() and a.id = new.approval_id and a.act = 'approve_assay' and a.subject_id = new.lot_id
                 and a.decision = 'approved') then
    raise exception 'an assay is entered by two people' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger assay_hands before insert on house.assay for each row execute function house.assay_hands();
""")
