"""A default as two officers declared it, and what the borrower and who stands behind the loan say against it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

HEARD = roles("borrower", "bank", "core")


class DeclaredDefault(Base):
    """A declared default: its event and reason never change. `object_until`: the first moment at which it is too late to object. `id` is the approval's.

    `withdrawn_at`: when the bank took it back. One at most stands on a deal, by constraint.
    """

    __tablename__ = "declared_default"
    __access__ = Access(about="deal_id", read=HEARD, add=roles("bank"), change=roles("bank"))
    __table_args__ = (
        Index("uq_declared_default_standing", "deal_id", unique=True, postgresql_where="withdrawn_at is null"),
        CheckConstraint("object_until > declared_at", name="object_until"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    event: Mapped[str]
    because: Mapped[str]
    declared_at: Mapped[datetime]
    object_until: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class DefaultObjection(Base):
    """A party contests a declared default, once, with a ground, a reason and papers from the deal's room; two officers of the bank answer. `tenant_id` objects."""

    __tablename__ = "default_objection"
    __access__ = Access(about="deal_id", read=HEARD, add=roles("borrower", "core"), change=roles("bank"))
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "default_id"], ["house.declared_default.deal_id", "house.declared_default.id"]),
        UniqueConstraint("deal_id", "default_id", "tenant_id"),
        CheckConstraint("ground in ('EVENT', 'PAID', 'DEBT')", name="ground"),
        CheckConstraint("because <> ''", name="because"),
        CheckConstraint("outcome in ('UPHELD', 'REJECTED')", name="outcome"),
        CheckConstraint("(outcome is null) = (answered_at is null) and (outcome is null) = (answer is null)", name="answered"),
    )  # fmt: skip

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    default_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    ground: Mapped[str]
    because: Mapped[str]
    documents: Mapped[list[str]] = mapped_column(JSONB)
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    outcome: Mapped[str | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


# It is raised now, in time, against a default that stands, and says nothing of the answer; from then on it is the bank's, once.
ADDITIONS.append("""
create function house.default_is_contested() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    if old.outcome is not null or gate.tenant() = old.tenant_id then
      raise exception 'an objection is answered once, by the bank' using errcode = '42501';
    end if;
  elsif new.raised_at not between gate.now() - interval '1 hour' and gate.now() or coalesce(new.outcome, new.answer) is not null then
    raise exception 'an objection is raised now, and not yet answered' using errcode = '42501';
  elsif not exists (select from house.declared_default d where d.deal_id = new.deal_id and d.id = new.default_id and d.withdrawn_at is null and new.raised_at < d.object_until) then
    raise exception 'a default is contested in time, while it stands' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger default_objection_is_raised before insert or update on house.default_objection for each row
  execute function house.default_is_contested();
create trigger default_objection_is_settled before update on house.default_objection for each row
  execute function house.only_these_change('outcome', 'answer', 'answered_at');
create trigger declared_default_is_settled before update on house.declared_default for each row
  execute function house.only_these_change('withdrawn_at');
""")
