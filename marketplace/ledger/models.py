"""The book's rows: postings and their entries, written once and balanced by the database itself."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

WRITTEN_ONCE = frozenset({"select", "insert"})


class Posting(Base):
    """One business transaction of a deal. `key` names its cause, so that the same cause is never booked twice.

    `narrative` is an English sentence with `%(name)s` places, `facts` what fills them.
    """

    __tablename__ = "posting"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        UniqueConstraint("deal_id", "key"),
        Index(None, "deal_id", "posted_at"),
        CheckConstraint("entry_count >= 2", name="entries"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str]
    narrative: Mapped[str]
    facts: Mapped[dict[str, Any]]
    value_date: Mapped[date]
    posted_at: Mapped[datetime]
    posted_by: Mapped[UUID]
    entry_count: Mapped[int]


class Entry(Base):
    """One line of a posting: a debit above zero or a credit below."""

    __tablename__ = "ledger_entry"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "posting_id"], ["house.posting.deal_id", "house.posting.id"]),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(None, "deal_id", "account"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    account: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]

    @property
    def amount(self) -> Money:
        """Signed: debit above zero."""
        return Money(self.amount_minor, self.currency)


# The database balances the book: at the end of each transaction every posting touched has the lines that it announced, and they add up to
# nothing in each currency. Nothing is ever changed or removed, whoever asks.
ADDITIONS.append("""
create function house.posting_balances() returns trigger language plpgsql set search_path = '' as $$
declare wanted bigint; present bigint; crooked text; posting uuid;
begin
  posting := case when tg_table_name = 'posting' then (to_jsonb(new) ->> 'id')::uuid else (to_jsonb(new) ->> 'posting_id')::uuid end;
  select p.entry_count into wanted from house.posting p where p.deal_id = new.deal_id and p.id = posting;
  select count(*) into present from house.ledger_entry e where e.deal_id = new.deal_id and e.posting_id = posting;
  if wanted is distinct from present then
    raise exception 'posting % announced % lines and has %', posting, wanted, present using errcode = '23514', constraint = 'posting_complete';
  end if;
  select e.currency into crooked from house.ledger_entry e where e.deal_id = new.deal_id and e.posting_id = posting
   group by e.currency having sum(e.amount_minor) <> 0 limit 1;
  if crooked is not null then
    raise exception 'posting % does not balance in %', posting, crooked using errcode = '23514', constraint = 'posting_balanced';
  end if;
  return null;
end $$;
create constraint trigger posting_balances after insert on house.posting deferrable initially deferred for each row execute function house.posting_balances();
create constraint trigger entry_balances after insert on house.ledger_entry deferrable initially deferred for each row execute function house.posting_balances();
create function house.book_is_final() returns trigger language plpgsql set search_path = '' as $$
begin raise exception 'the book is never changed: post a reversal' using errcode = '42501'; end $$;
create trigger posting_is_final before update or delete or truncate on house.posting for each statement execute function house.book_is_final();
create trigger entry_is_final before update or delete or truncate on house.ledger_entry for each statement execute function house.book_is_final();
""")
