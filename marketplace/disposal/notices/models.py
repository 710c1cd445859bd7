"""Notice of a sale: to whom it was given, and the proof that it reached them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles


class SaleNotice(Base):
    """One notice of one sale. The seller's; the debtor reads it too.

    Who takes part here has it in its workspace in the transaction that publishes the sale: the database writes it there, and the event `sequence` of the record
    `stream_id` proves it. To others it is served by hand (courier, registered mail), and `proof` says how. `reach_by`: else the sale is called off.
    """

    __tablename__ = "sale_notice"
    __access__ = Access(about="deal_id", read=roles("borrower"))
    __table_args__ = (
        CheckConstraint("capacity in ('DEBTOR', 'GUARANTOR', 'CLAIMANT', 'HOLDER')", name="capacity"),
        CheckConstraint("(reached_at is null) = (proof is null and sequence is null)", name="proven"),
        CheckConstraint("(sequence is null) = (stream_id is null)", name="recorded"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    capacity: Mapped[str]
    organisation: Mapped[str]
    given_at: Mapped[datetime]
    reach_by: Mapped[datetime]
    stream_id: Mapped[UUID | None]
    sequence: Mapped[int | None]
    reached_at: Mapped[datetime | None]
    proof: Mapped[str | None]


# Whoever a notice was for stands, and so does the proof once it is there.
ADDITIONS.append("""
create function house.sale_notice_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.reached_at is not null or (to_jsonb(new) - '{reached_at,proof}'::text[]) is distinct from (to_jsonb(old) - '{reached_at,proof}'::text[]) then
    raise exception 'a notice stands as it was given' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger sale_notice_stands before update on house.sale_notice for each row execute function house.sale_notice_stands();
""")
