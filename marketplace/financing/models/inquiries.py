"""An inquiry: one request put to several banks at once, each in a deal's room of its own. The firm's own rows: no bank learns who else was asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models import deals  # noqa: F401 (its triggers come first)
from tenants.database import Base
from tenants.policies import ADDITIONS, Access

ONCE = frozenset({"select", "insert"})


class Inquiry(Base):
    """What was asked of several banks, and which of their deals was agreed: one at most, once."""

    __tablename__ = "inquiry"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    accepted_deal_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class InquiryDeal(Base):
    """One bank's deal within an inquiry. A deal is of one inquiry."""

    __tablename__ = "inquiry_deal"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "inquiry_id"], ["house.inquiry.tenant_id", "house.inquiry.id"]),
        Index("uq_inquiry_deal", "tenant_id", "deal_id", unique=True),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    inquiry_id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(primary_key=True)


# One offer of an inquiry is accepted, once, whatever the application does: the inquiry names its deal first, and names it for good.
ADDITIONS.append("""
create function house.inquiry_is_agreed_once() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.tenant_id, new.id, new.asked_at) is distinct from (old.tenant_id, old.id, old.asked_at)
     or (old.accepted_deal_id is not null and new.accepted_deal_id is distinct from old.accepted_deal_id) then
    raise exception 'an inquiry is agreed once' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger inquiry_is_agreed_once before update on house.inquiry for each row execute function house.inquiry_is_agreed_once();
create function house.one_offer_of_an_inquiry() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.status = 'ACCEPTED' and old.status <> 'ACCEPTED' and exists (
       select from house.inquiry_deal d join house.inquiry i on i.tenant_id = d.tenant_id and i.id = d.inquiry_id
        where d.deal_id = new.deal_id and i.accepted_deal_id is distinct from new.deal_id) then
    raise exception 'another offer of this inquiry is the accepted one' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger one_offer_of_an_inquiry before update on house.offer for each row execute function house.one_offer_of_an_inquiry();
""")
